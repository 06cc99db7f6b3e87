"""Who is calling: keys and passwords on every call, signatures, tokens by OAuth2, and sessions after a login call."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

import msgspec
from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import Response

from erplink.testing.worlds.rest.replies import Replies
from erplink.testing.worlds.rest.settings import Auth, RestWorld
from erplink.testing.worlds.rest.signing import Signed
from erplink.testing.worlds.shop.mishaps import LOST
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site

COOKIE = "ERPSESSION"
API_KEY, API_KEY_QUERY = "x-api-key", "api_key"
_WRONG = "用户名或密码错误"


@frozen
class Sent:
    """A request with its whole body."""

    request: Request
    body: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        return self.request.headers

    @property
    def path(self) -> str:
        """As it was sent, without the query."""
        raw: bytes = self.request.scope["raw_path"]
        return raw.decode("latin-1")


@define
class Gate:
    """Lets clients in, and counts them."""

    site: Site
    world: RestWorld
    replies: Replies
    _nonces: set[str] = field(init=False, factory=set)

    def admit(self, sent: Sent) -> None:
        """Let a call pass. Raises :class:`Refusal` for one that does not prove whose it is."""
        check = _CHECKS.get(self.world.auth)
        if check is not None and not check(self, sent):
            self.site.logins["refused"] += 1
            message = "身份验证失败"
            raise Refusal("no_session", message)
        if check is None and self.world.auth != "none" and not self._has_session(sent):
            raise Refusal("no_session", LOST)

    def _has_session(self, sent: Sent) -> bool:
        """A session slides with its use; the token of an OAuth server ends when it said so."""
        live = self.site.sessions
        check = live.use if self.world.auth in {"login", "cookie"} else live.of
        return check(_token(self.world.auth, sent)) is not None

    def login(self, sent: Sent, refused: str = "") -> Response:
        """A login call: a token in the reply, or a cookie. ``refused`` is what it is refused with, whatever it says."""
        told = _fields(sent)
        known = self.world.credentials
        right = _same(told.get("username", ""), known.username) and _same(told.get("password", ""), known.password)
        if refused or not right:
            return self._refused(refused or _WRONG)
        token = self._accepted(known.username)
        if self.world.auth == "cookie":
            reply = self.replies.done({"user": known.username})
            reply.set_cookie(COOKIE, token, httponly=True)
            return reply
        life = int(self.site.sessions.life.total_seconds())
        return self.replies.done({"token": token, "user": known.username, "expires": life})

    def token(self, sent: Sent, refused: str = "") -> Response:
        """The token endpoint of OAuth 2 (RFC 6749)."""
        told = _form(sent)
        grant = {"oauth2_client": "client_credentials", "oauth2_password": "password"}[self.world.auth]
        if told.get("grant_type") != grant:
            return _oauth_error("unsupported_grant_type", f"grant_type 应为 {grant}")
        client, in_header = _client(sent, told)
        known = self.world.credentials
        if not (_same(client[0], known.client_id) and _same(client[1], known.client_secret)):
            self.site.logins["refused"] += 1
            return _oauth_error("invalid_client", "客户端身份验证失败", 401 if in_header else 400)
        user = (told.get("username", ""), told.get("password", ""))
        right = grant != "password" or (_same(user[0], known.username) and _same(user[1], known.password))
        if refused or not right:
            self.site.logins["refused"] += 1
            return _oauth_error("invalid_grant", refused or _WRONG)
        life = int(self.site.sessions.life.total_seconds())
        body = {"access_token": self._accepted(client[0]), "token_type": "Bearer", "expires_in": life}
        return _plain(body, 200)

    def logout(self, sent: Sent) -> Response:
        """End the session of the call."""
        return self.replies.done({"closed": self.site.sessions.close(_token(self.world.auth, sent))})

    def has_signed(self, sent: Sent) -> bool:
        """Whether a call carries a genuine signature, near to the clock, that was not seen before."""
        known, headers = self.world.credentials, sent.headers
        nonce, timestamp = headers.get("x-nonce", ""), headers.get("x-timestamp", "")
        if headers.get("x-app-key") != known.app_key or not timestamp.isdigit() or not nonce or nonce in self._nonces:
            return False
        moment = int(timestamp) / (1000 if len(timestamp) > len("9999999999") else 1)
        if abs(self.site.books.clock().timestamp() - moment) > self.world.signature_window:
            return False
        url = sent.request.url
        signed = Signed(sent.request.method, sent.path, url.query, timestamp, nonce, sent.body)
        if not _same(headers.get("x-signature", ""), signed.signature(known.app_secret)):
            return False
        self._nonces.add(nonce)
        return True

    def _accepted(self, username: str) -> str:
        self.site.logins["accepted"] += 1
        return self.site.sessions.open(username)

    def _refused(self, message: str) -> Response:
        self.site.logins["refused"] += 1
        return self.replies.error(message, 401, 40100, "login_refused")


def _token(auth: Auth, sent: Sent) -> str:
    if auth == "cookie":
        return sent.request.cookies.get(COOKIE, "")
    scheme, _, token = sent.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _has_basic(gate: Gate, sent: Sent) -> bool:
    known = gate.world.credentials
    return _basic(sent) == (known.username, known.password)


def _has_bearer(gate: Gate, sent: Sent) -> bool:
    return _same(_token("bearer", sent), gate.world.credentials.token)


def _has_key(gate: Gate, sent: Sent) -> bool:
    return _same(sent.headers.get(API_KEY, ""), gate.world.credentials.api_key)


def _has_key_in_query(gate: Gate, sent: Sent) -> bool:
    return _same(sent.request.query_params.get(API_KEY_QUERY, ""), gate.world.credentials.api_key)


_CHECKS: Mapping[Auth, Callable[[Gate, Sent], bool]] = {
    "basic": _has_basic,
    "bearer": _has_bearer,
    "api_key_header": _has_key,
    "api_key_query": _has_key_in_query,
    "hmac": Gate.has_signed,
}
"""How a call proves itself where nobody logs in."""


def _basic(sent: Sent) -> tuple[str, str] | None:
    scheme, _, text = sent.headers.get("authorization", "").partition(" ")
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if scheme.lower() == "basic" else None


def _client(sent: Sent, told: Mapping[str, str]) -> tuple[tuple[str, str], bool]:
    """Who asks for a token, and whether they said so in a header."""
    in_header = _basic(sent)
    if in_header is not None:
        return in_header, True
    return (told.get("client_id", ""), told.get("client_secret", "")), False


def _form(sent: Sent) -> Mapping[str, str]:
    return {name: values[-1] for name, values in parse_qs(sent.body.decode("utf-8", "replace")).items()}


def _fields(sent: Sent) -> Mapping[str, str]:
    """What a login sends, as JSON or as a form."""
    if "json" not in sent.headers.get("content-type", ""):
        return _form(sent)
    try:
        told = msgspec.json.decode(sent.body)
    except msgspec.DecodeError:
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _oauth_error(error: str, description: str, status: int = 400) -> Response:
    headers = {"www-authenticate": 'Basic realm="oauth"'} if status == 401 else {}
    return _plain({"error": error, "error_description": description}, status, headers)


def _plain(body: object, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(body), status, {"cache-control": "no-store", **(headers or {})}, "application/json"
    )


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
