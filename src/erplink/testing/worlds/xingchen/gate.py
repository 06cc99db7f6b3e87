"""Who is calling: signatures on every call, an authorisation whose secret changes, a token made of it, and limits."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote

from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import Response

from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.xingchen import replies
from erplink.testing.worlds.xingchen.settings import XingchenWorld

_MINUTE = timedelta(minutes=1)


@frozen
class Sent:
    """A request with its whole body, and its query as it was read."""

    request: Request
    body: bytes
    query: Mapping[str, str]

    @classmethod
    def of(cls, request: Request, body: bytes) -> Sent:
        """With the query parsed."""
        return cls(request, body, dict(parse_qsl(request.url.query, keep_blank_values=True)))


@define
class Gate:
    """Lets clients in, and counts them."""

    site: Site
    world: XingchenWorld
    _begun: datetime = field(init=False)
    _nonces: set[str] = field(init=False, factory=set)
    _calls: deque[datetime] = field(init=False, factory=deque)
    _tokens: deque[datetime] = field(init=False, factory=deque)

    def __attrs_post_init__(self) -> None:
        self._begun = self.site.books.clock()

    @property
    def app_secret(self) -> str:
        """The secret of the authorisation as it is now."""
        days = int((self.site.books.clock() - self._begun).total_seconds() // self.world.rotated_every)
        known = self.world.credentials.app_secret
        return known if days <= 0 else f"{known}-{days}"

    def check(self, sent: Sent, *, login: bool) -> Response | None:
        """What a call is answered with before anybody looks at what it wants: limits, times and signatures."""
        if not login and _too_many(self._calls, self.site.books.clock(), self.world.calls_per_minute):
            return Response(status_code=429)
        headers = sent.request.headers
        if not self._is_near(headers.get("x-api-timestamp", "")):
            return replies.failed(replies.OUT_OF_TIME, "timestamp expired", replies.GATEWAY)
        if self._has_signed(sent):
            return None
        self.site.logins["refused"] += 1
        return replies.failed(401, "签名校验失败", 401)

    def admit(self, sent: Sent) -> Response | None:
        """Let a business call pass, or what it is answered with instead. Raises :class:`Refusal`."""
        headers = sent.request.headers
        if headers.get("x-gw-router-addr") != self.world.credentials.domain:
            return replies.failed(replies.NO_ROUTE, "X-GW-Router-Addr error", replies.GATEWAY)
        if self.site.sessions.of(headers.get("app-token", "")) is None:
            message = "app-token校验失败"
            raise Refusal("no_session", message)
        return None

    def authorise(self, sent: Sent, refused: str = "") -> Response:
        """``push_app_authorize``: what the company gave the application."""
        known = self.world.credentials
        if refused or sent.query.get("outerInstanceId") != known.outer_instance_id:
            self.site.logins["refused"] += 1
            return replies.failed(1030002001, refused or "实例未授权")
        row = {
            "appKey": known.app_key,
            "appSecret": self.app_secret,
            "domain": known.domain,
            "outerInstanceId": known.outer_instance_id,
            "status": 1,
        }
        self.site.sessions.handed_out.append(self.app_secret)
        return replies.done([row])

    def token(self, sent: Sent, refused: str = "") -> Response:
        """``kingdee_auth_token``: a token for a day."""
        if _too_many(self._tokens, self.site.books.clock(), self.world.tokens_per_minute):
            return Response(status_code=429)
        known = self.world.credentials
        right = _base64_of_hex(self.app_secret, known.app_key)
        signature = sent.query.get("app_signature", "")
        if refused or sent.query.get("app_key") != known.app_key or not hmac.compare_digest(signature, right):
            self.site.logins["refused"] += 1
            return replies.failed(replies.ROTATED, refused or "授权密钥校验失败")
        self.site.logins["accepted"] += 1
        token = self.site.sessions.open(known.app_key)
        return replies.done({"app-token": token, "access_token": token, "expires": 86_400_000})

    def _has_signed(self, sent: Sent) -> bool:
        headers, known = sent.request.headers, self.world.credentials
        nonce, timestamp = headers.get("x-api-nonce", ""), headers.get("x-api-timestamp", "")
        named = headers.get("x-api-signheaders", "")
        if headers.get("x-api-clientid") != known.client_id or headers.get("x-api-auth-version") != "2.0":
            return False
        if named.lower() != "x-api-timestamp,x-api-nonce" or not nonce.isdigit() or nonce in self._nonces:
            return False
        query = "&".join(
            f"{quote(name, safe='')}={quote(quote(value, safe=''), safe='')}"
            for name, value in sorted(parse_qsl(sent.request.url.query, keep_blank_values=True))
        )
        path = quote(sent.request.url.path, safe="")
        text = f"{sent.request.method}\n{path}\n{query}\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"
        if not hmac.compare_digest(headers.get("x-api-signature", ""), _base64_of_hex(known.client_secret, text)):
            return False
        self._nonces.add(nonce)
        return True

    def _is_near(self, timestamp: str) -> bool:
        if not timestamp.isdigit():
            return False
        return abs(self.site.books.clock().timestamp() - int(timestamp) / 1000) <= self.world.window


def _too_many(seen: deque[datetime], now: datetime, allowed: int) -> bool:
    while seen and abs(now - seen[0]) >= _MINUTE:
        seen.popleft()
    if len(seen) >= allowed:
        return True
    seen.append(now)
    return False


def _base64_of_hex(key: str, text: str) -> str:
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(digest.encode()).decode()
