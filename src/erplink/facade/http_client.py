"""What both Ios share of httpx: one TLS context per process, no cookies, no redirects, errors in our words."""

from __future__ import annotations

import ssl
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from threading import Lock

import httpx
from attrs import frozen

from erplink.errors import ConfigInvalid, ErplinkError, ProtocolBroken, Sent
from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from erplink.wire.redact import redact, redact_url

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.LocalProtocolError)
_CONNECT_SECONDS = 10.0
_building = Lock()


@frozen
class ClientSettings:
    """How an HTTP client is made. ``timeout`` in seconds holds for each wait: connect, send, read, and a free slot.

    Connections follow the number of callers; as many as ``parallel`` are kept open between calls.
    """

    timeout: float = 60.0
    parallel: int = 1

    def timeouts(self, seconds: float | None = None) -> httpx.Timeout:
        """Time-outs with a read time-out always."""
        seconds = self.timeout if seconds is None else seconds
        return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))

    def limits(self) -> httpx.Limits:
        """No upper bound: whoever waits would wait for a slot and not for the server."""
        return httpx.Limits(max_connections=None, max_keepalive_connections=max(self.parallel, 4))


def tls() -> ssl.SSLContext:
    """The TLS context of this process: building one costs more than a call does."""
    with _building:
        return _tls()


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def no_cookies() -> CookieJar:
    """A jar that keeps nothing: the dialect decides which cookies go along."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def reply_of(response: httpx.Response) -> Reply:
    """Our own value of a response that was read whole."""
    headers = dict(response.headers.items())
    cookies = {}
    if headers.pop("set-cookie", None) is not None:
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name.strip()] = value.strip()
    return Reply(response.status_code, response.content, headers, cookies)


def failure(call: Call, error: Exception) -> Exception:
    """Our error for what httpx raised: ``SendFailed``, ``ConfigInvalid`` for the address, ``ProtocolBroken``."""
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | UnicodeError):
        return _bad_address(call, error)
    if isinstance(error, RuntimeError):
        return ProtocolBroken("the connection is closed", where=call.operation, next_step="connect again")
    certificate = _certificate_error(error)
    if certificate is not None:
        return ConfigInvalid(
            f"the server's certificate is not accepted: {certificate.verify_message}",
            where=call.where,
            next_step="check the host name, or give the company's root certificate in SSL_CERT_FILE",
        )
    sent: Sent = "no" if isinstance(error, _NEVER_LEFT) else "maybe"
    return SendFailed(_sentence(error), sent)


def _bad_address(call: Call, error: Exception) -> ErplinkError:
    return ConfigInvalid(
        f"the address {redact_url(call.url)!r} cannot be called: {redact(str(error))}",
        where=call.operation,
        next_step="give a whole address such as https://erp.example.com/k3cloud/",
    )


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _sentence(error: Exception) -> str:
    words = redact(str(error)).strip()
    kinds: dict[type[Exception], str] = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.ConnectError: "no connection",
        httpx.PoolTimeout: "no free connection in time",
        httpx.ReadTimeout: "no whole reply in time",
        httpx.WriteTimeout: "the call could not be sent in time",
        httpx.RemoteProtocolError: "the reply broke off",
        httpx.ReadError: "the connection broke while reading",
        httpx.WriteError: "the connection broke while sending",
    }
    what = kinds.get(type(error), type(error).__name__)
    return f"{what}: {words}" if words else what
