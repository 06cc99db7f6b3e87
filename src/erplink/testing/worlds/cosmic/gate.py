"""Who is calling: tokens of both generations, and digests; wrong secrets are counted, and lock in the end."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import Response

from erplink.testing.worlds.cosmic import replies
from erplink.testing.worlds.cosmic.settings import CosmicWorld
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site

_APP = "the application"
_MINUTE = timedelta(minutes=1)


@frozen
class Sent:
    """A request with its whole body, and what the body says."""

    request: Request
    body: bytes
    told: Mapping[str, Any]


@define
class Gate:
    """Lets clients in, and counts them."""

    site: Site
    world: CosmicWorld
    _asked: deque[datetime] = field(init=False, factory=deque)
    _nonces: set[str] = field(init=False, factory=set)
    _wrong: int = field(init=False, default=0)
    _locked_until: datetime | None = field(init=False, default=None)

    def admit(self, sent: Sent) -> None:
        """Let a call pass. Raises :class:`Refusal` for one that does not prove whose it is."""
        headers = sent.request.headers
        self._check_identity(headers)
        if "signature" in headers:
            if self._has_signed(sent):
                return
            self.site.logins["refused"] += 1
        elif self.site.sessions.of(self._token(headers)) not in {None, _APP}:
            return
        message = "未经授权的访问"
        raise Refusal("no_session", message)

    def token(self, sent: Sent, refused: str = "") -> Response:
        """``getToken``. ``refused`` is what it is refused with, whatever it says."""
        self._check_identity(sent.request.headers)
        if self._too_often():
            return replies.failed("429", "API被限流，请降频请求")
        told = {name: str(value) for name, value in sent.told.items()}
        if told.get("nonce") in self._nonces:
            return replies.failed("603", f"本次参数nonce:{told['nonce']}已经调用过了，不需要重复调用。")
        self._nonces.add(told.get("nonce", ""))
        wrong = self._malformed(told) or self._wrong_application(told, self._account(sent))
        if wrong is None and (refused or told["username"] != self.world.credentials.username):
            wrong = "603", refused or "代理用户为空或userName不在代理用户中"
        if wrong is None:
            return replies.done(self._accepted())
        self.site.logins["refused"] += 1
        return replies.failed(*wrong)

    def app_token(self, sent: Sent, refused: str = "") -> Response:
        """``getAppToken.do``, the first step of the older login."""
        known, told = self.world.credentials, sent.told
        secret = str(told.get("appSecuret") or told.get("appSecret") or "")
        right = _same(secret, known.client_secret) and told.get("appId") == known.client_id
        if refused or not right or told.get("accountId") != known.account_id or told.get("tenantid") != known.tenant_id:
            self.site.logins["refused"] += 1
            return replies.old_style("error", {"error_code": "401"}, refused or "appId或appSecret错误")
        life = int(self.site.sessions.life.total_seconds() * 1000)
        token = self.site.sessions.open(_APP)
        return replies.old_style("success", {"app_token": token, "error_code": "0", "expire_time": life})

    def user_token(self, sent: Sent, refused: str = "") -> Response:
        """``login.do``, the second step."""
        known, told = self.world.credentials, sent.told
        right = self.site.sessions.of(str(told.get("apptoken"))) == _APP and told.get("user") == known.username
        if refused or not right:
            self.site.logins["refused"] += 1
            return replies.old_style("error", {"error_code": "401"}, refused or "apptoken无效或用户不存在")
        accepted = self._accepted()
        return replies.old_style("success", {"access_token": accepted["access_token"], "error_code": "0"})

    def _accepted(self) -> dict[str, object]:
        self._wrong = 0
        self.site.logins["accepted"] += 1
        life = str(int(self.site.sessions.life.total_seconds() * 1000))
        return {
            "access_token": self.site.sessions.open(self.world.credentials.username),
            "token_type": "Bearer",
            "refresh_token": self.site.sessions.open(_APP),
            "scope": "api",
            "expires_in": life,
            "id_token": self.site.sessions.open(_APP),
            "id_token_expires_in": life,
            "language": "zh_CN",
        }

    def _malformed(self, told: Mapping[str, str]) -> tuple[str, str] | None:
        for name in ("client_id", "client_secret", "username", "nonce", "timestamp"):
            if not told.get(name):
                return "603", f"{name}为空"
        if not self._is_near(told["timestamp"], self.world.token_window):
            return "603", "timestamp与服务器时间相差超过5分钟"
        return None

    def _wrong_application(self, told: Mapping[str, str], account: str) -> tuple[str, str] | None:
        known, locked = self.world.credentials, self._locked()
        if locked:
            return "401", locked
        if (told["client_id"], account) != (known.client_id, known.account_id):
            return "401", f"第三方应用client_id：{told['client_id']}在系统中不存在或未启用"
        return None if _same(told["client_secret"], known.client_secret) else ("401", self._wrong_again())

    def _too_often(self) -> bool:
        now = self.site.books.clock()
        while self._asked and now - self._asked[0] >= _MINUTE:
            self._asked.popleft()
        if len(self._asked) >= self.world.tokens_per_minute:
            return True
        self._asked.append(now)
        return False

    def _wrong_again(self) -> str:
        self._wrong += 1
        if self._wrong >= self.world.tries:
            self._wrong = 0
            self._locked_until = self.site.books.clock() + timedelta(seconds=self.world.locked_seconds)
            return self._locked()
        return f"第三方应用密钥验证失败, 第 {self._wrong} 次"

    def _locked(self) -> str:
        now = self.site.books.clock()
        if self._locked_until is None or now >= self._locked_until:
            return ""
        seconds = max(1, round((self._locked_until - now).total_seconds()))
        return f"访问错误已连续{self.world.tries}次，该账号登录已锁定，请在{seconds}秒后再试"

    def _account(self, sent: Sent) -> str:
        return str(sent.told.get("accountId") or sent.request.headers.get("accountid", ""))

    def _check_identity(self, headers: Mapping[str, str]) -> None:
        if self.world.identity and headers.get("x-acgw-identity") != self.world.identity:
            message = "网关拒绝访问"
            raise Refusal("forbidden", message)

    def _token(self, headers: Mapping[str, str]) -> str:
        plain = headers.get("accesstoken", "")
        return headers.get("access_token", plain) if self.world.underscores else plain

    def _has_signed(self, sent: Sent) -> bool:
        """Whether a call carries a genuine digest, near to the clock, that was not seen before."""
        known, headers = self.world.credentials, sent.request.headers
        nonce, timestamp = headers.get("signaturenonce", ""), headers.get("timestamp", "")
        who = (headers.get("appid"), headers.get("user"), headers.get("accountid"))
        if who != (known.client_id, known.username, known.account_id) or not nonce or nonce in self._nonces:
            return False
        text = sent.body + f"{timestamp}{nonce}".encode()
        right = hmac.new(known.digest_key.encode(), text, hashlib.sha256).hexdigest()
        if not (_same(headers["signature"], right) and self._is_near(timestamp, self.world.digest_window)):
            return False
        self._nonces.add(nonce)
        return True

    def _is_near(self, timestamp: str, window: float) -> bool:
        """Wall time of the server, or ISO with a Z."""
        try:
            moment = datetime.fromisoformat(timestamp)
        except ValueError:
            return False
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.site.books.zone)
        return abs((self.site.books.clock() - moment.astimezone(UTC)).total_seconds()) <= window


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
