"""JSON over HTTP: a filled request → a call, a reply → a tree with exact decimals."""

from __future__ import annotations

import codecs
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import msgspec
from attrs import frozen

from erplink.errors import ConfigInvalid
from erplink.manifest.filters import as_text, plain
from erplink.manifest.hosts import Hosts
from erplink.wire.call import Call, Reply

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
_BY_QUERY = frozenset({"GET", "HEAD"})
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_LINE = re.compile(r"[\r\n\0]")


@frozen
class JsonTongue:
    """``headers`` go with every call; ``timeout`` is seconds per wait.

    ``reads`` tells by method and path which calls of the escape hatch only read, and so may be repeated.
    """

    hosts: Hosts
    headers: Mapping[str, str]
    timeout: float | None = None
    reads: Callable[[str, str], bool] = lambda method, _: method in _BY_QUERY

    @property
    def is_ready(self) -> bool:
        """Always: there is nothing to read first."""
        return True

    async def prepare(self, fetch: Callable[[str], Awaitable[bytes]]) -> None:
        """Nothing is needed."""

    def escaped(self, text: str) -> bytes:
        """A text as it stands inside JSON."""
        return msgspec.json.encode(text)[1:-1]

    def call(self, operation: str, request: Mapping[str, Any], *, safe: bool) -> Call:
        """A filled request as a call."""
        url = self._url(str(request.get("path") or ""), request.get("query") or {})
        body, kind = _body(request)
        headers = {
            "accept": "application/json",
            **kind,
            **{name.lower(): value for name, value in self.headers.items()},
        }
        headers |= {name.lower(): as_text(value) for name, value in (request.get("headers") or {}).items()}
        for name, value in headers.items():
            if _LINE.search(value):
                raise ConfigInvalid(f"the header {name} would hold a line break", where=operation)
        method = str(request.get("method") or "GET")
        return Call(operation, url, body, headers, method, safe=safe, timeout=self.timeout)

    def raw(self, operation: str, payload: Mapping[str, Any]) -> Call:
        """``GET /orders`` with the payload as query, ``POST /orders`` with it as JSON body."""
        method, _, path = operation.strip().partition(" ")
        if method.upper() not in _METHODS or not path.strip():
            step = "write it like 'GET /orders'"
            raise ConfigInvalid(f"{operation!r} is no operation", where="raw", next_step=step)
        method, path = method.upper(), path.strip()
        request = {"method": method, "path": path, "query" if method in _BY_QUERY else "body": dict(payload)}
        return self.call(f"raw {method}", request, safe=self.reads(method, path))

    def tree(self, reply: Reply) -> Any:
        """The body as JSON, in whatever charset it names; None when it is none."""
        named = _CHARSET.search(reply.headers.get("content-type", ""))
        body = reply.body.removeprefix(codecs.BOM_UTF8)
        try:
            if named is not None and named[1].lower().replace("_", "-") not in {"utf-8", "utf8", "us-ascii"}:
                body = body.decode(named[1]).encode()
            return _decoder.decode(body)
        except (msgspec.DecodeError, LookupError, UnicodeError, RecursionError):
            return None

    def _url(self, path: str, query: Mapping[str, Any]) -> str:
        url = self.hosts.resolve(path if "://" in path else path.lstrip("/"))
        pairs = list(_pairs(query))
        if not pairs:
            return url
        parts = urlsplit(url)
        added = urlencode(pairs, quote_via=quote)
        return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _pairs(query: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        for each in value if isinstance(value, list) else [value]:
            yield name, as_text(each)


def _body(request: Mapping[str, Any]) -> tuple[bytes, Mapping[str, str]]:
    if request.get("form") is not None:
        pairs = [(name, as_text(value)) for name, value in request["form"].items()]
        return urlencode(pairs).encode(), {"content-type": "application/x-www-form-urlencoded"}
    if request.get("text") is not None:
        return as_text(request["text"]).encode(), {"content-type": "text/plain; charset=utf-8"}
    if "body" in request:
        return _encoder.encode(plain(request["body"])), {"content-type": "application/json"}
    return b"", {}


_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
