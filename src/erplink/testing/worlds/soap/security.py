"""Who is calling: WS-Security UsernameTokens, HTTP Basic, and sessions after a Login."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime

from attrs import define, field
from starlette.requests import Request

from erplink.testing.worlds.shop.mishaps import LOST
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.soap.envelopes import Sent
from erplink.testing.worlds.soap.pen import Element
from erplink.testing.worlds.soap.reading import local
from erplink.testing.worlds.soap.settings import SoapWorld

COOKIE = "SHOPSESSION"
SECURITY, SESSION = "Security", "SessionId"
WRONG = "用户名或密码错误"


@define
class Gate:
    """Lets clients in, and counts them."""

    site: Site
    world: SoapWorld
    _nonces: set[str] = field(init=False, factory=set)

    @property
    def understood(self) -> frozenset[str]:
        """The headers it reads."""
        return frozenset({SECURITY} if self.world.auth in {"text", "digest"} else {SESSION})

    def admit(self, sent: Sent, request: Request) -> None:
        """Let a call pass. Raises :class:`Refusal` for one that does not prove whose it is."""
        match self.world.auth:
            case "none":
                return
            case "cookie":
                if self.site.sessions.use(session_of(sent, request)) is None:
                    raise Refusal("no_session", LOST)
                return
            case "basic":
                is_right = self._has_basic(request)
            case _:
                is_right = self._has_token(sent.header(SECURITY))
        if not is_right:
            self.site.logins["refused"] += 1
            raise Refusal("no_session", WRONG)

    def login(self, username: str, password: str, refused: str) -> str:
        """The token of a new session. Raises :class:`Refusal`; with what is in ``refused``, if it is not empty."""
        known = self.world.credentials
        if refused or not (_same(username, known.username) and _same(password, known.password)):
            self.site.logins["refused"] += 1
            raise Refusal("login_refused", refused or WRONG)
        self.site.logins["accepted"] += 1
        return self.site.sessions.open(username)

    def _has_basic(self, request: Request) -> bool:
        known = self.world.credentials
        wanted = base64.b64encode(f"{known.username}:{known.password}".encode()).decode()
        return _same(request.headers.get("authorization", ""), f"Basic {wanted}")

    def _has_token(self, security: Element | None) -> bool:
        """Whether there is a UsernameToken (OASIS UsernameToken Profile 1.0) with the right password or digest."""
        if security is None:
            return False
        found = {local(one): one for one in security.iter()}
        told = {name: (one.text or "").strip() for name, one in found.items()}
        known = self.world.credentials
        if told.get("Username") != known.username or "Password" not in found:
            return False
        kind = str(found["Password"].get("Type", "")).rpartition("#")[2]
        if self.world.auth == "text":
            return kind in {"", "PasswordText"} and _same(told["Password"], known.password)
        return kind == "PasswordDigest" and self._is_fresh(told) and _same(told["Password"], self._digest(told))

    def _is_fresh(self, told: dict[str, str]) -> bool:
        """Whether a digest was made just now, and its nonce was not seen before."""
        nonce = told.get("Nonce", "")
        try:
            created = datetime.fromisoformat(told.get("Created", ""))
        except ValueError:
            return False
        created = created if created.tzinfo is not None else created.replace(tzinfo=UTC)
        age = abs((self.site.books.clock() - created).total_seconds())
        if not nonce or nonce in self._nonces or age > self.world.token_window:
            return False
        self._nonces.add(nonce)
        return True

    def _digest(self, told: dict[str, str]) -> str:
        try:
            nonce = base64.b64decode(told["Nonce"], validate=True)
        except binascii.Error:
            return ""
        secret = self.world.credentials.password.encode()
        made = hashlib.sha1(nonce + told["Created"].encode() + secret)  # noqa: S324 - as the profile says
        return base64.b64encode(made.digest()).decode()


def session_of(sent: Sent, request: Request) -> str:
    """The session of a call, in its cookie or its header."""
    header = sent.header(SESSION)
    return request.cookies.get(COOKIE, "") or ("" if header is None else (header.text or "").strip())


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
