"""How a 苍穹 is logged in to and what every call carries: a token, the older two tokens, or a digest of each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from erplink.erp.kingdee.cosmic.refusal import STEP, refusal
from erplink.erp.kingdee.cosmic.settings import Cosmic
from erplink.erp.kingdee.cosmic.signing import digest
from erplink.erp.kingdee.cosmic.verdict import error_of, lost
from erplink.erp.kingdee.platform.speech import Speech
from erplink.errors import ConfigInvalid, LoginRefused
from erplink.manifest.asking import Ask
from erplink.manifest.filters import Moment
from erplink.manifest.json import JsonTongue
from erplink.manifest.templates import Context
from erplink.mapping.codecs import wall
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import FINE, Stage, Ticket, Verdict
from erplink.wire.http import excerpt


@frozen
class CosmicDialect:
    """Holds no session. By the vendor's guides 218694224487485696 and 489812471545485056.

    A token is renewed by asking for another one: refreshToken is no longer supported since V7.0.8.
    """

    settings: Cosmic
    speech: Speech

    @property
    def tongue(self) -> JsonTongue:
        """JSON."""
        return self.speech.tongue

    @property
    def moment(self) -> Callable[[datetime], Moment]:
        """Wall time of the server."""
        return self.speech.moment

    def call(self, ask: Ask, names: Context, link: str = "") -> Call:
        """The call of a request. Nothing here links to a next page."""
        del link
        return self.speech.call(ask, names)

    def read(self, reply: Reply) -> Any:
        """The body as JSON."""
        return self.speech.read(reply)

    def is_end(self, call: Call, reply: Reply) -> bool:
        """Never by itself: a page behind the last one has its rows, and they are none."""
        del call, reply
        return False

    def login(self, now: datetime) -> Call | None:
        """The first call of a login; None where every call is signed."""
        self.speech.said(now)
        match self.settings.login:
            case "token":
                return self._token_call(now)
            case "app_token":
                return self._app_token_call()
            case "digest":
                return None

    def ticket(self, reply: Reply) -> Ticket | Stage:
        """The session in the reply to a login, or the call that comes next."""
        if self.settings.login == "app_token":
            app_token = self._found(reply, "app_token")
            return Stage(lambda _: self._user_call(app_token), self._ticket)
        refused = refusal(self._a_login, reply, self.read(reply))
        if isinstance(refused, LoginRefused) and self.speech.was_out_of_time(reply):
            # Its timestamp went by a clock of ours that is wrong: once more by the server's, which is known now.
            return Stage(self._token_call, self._ticket)
        return self._ticket(reply)

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        """The call with everything that authorises it. Raises ``ConfigInvalid`` for what a digest is not known of."""
        if self.settings.login == "digest":
            return evolve(call, headers={**call.headers, **self._identity(), **self._digested(call, now)})
        return evolve(call, headers={**call.headers, **self._identity(), **ticket.headers})

    def judge(self, call: Call, reply: Reply) -> Verdict:
        """What the reply means."""
        tree = self.read(reply)
        if lost(reply, tree) and (self.settings.login != "digest" or self.speech.was_out_of_time(reply)):
            return Verdict(session_lost=True)
        error = error_of(call, reply, tree)
        return FINE if error is None else Verdict(error)

    def _token_call(self, now: datetime) -> Call:
        known = self.settings
        body = {
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "username": known.username,
            "accountId": known.account_id,
            "language": known.language,
            "nonce": self._nonce(now),
            "timestamp": wall(now, known.tz),
        }
        return self._login_call("kapi/oauth2/getToken", body)

    def _app_token_call(self) -> Call:
        known = self.settings
        body = {
            "appId": known.client_id,
            "appSecuret": known.client_secret,
            "tenantid": known.tenant_id,
            "accountId": known.account_id,
            "language": known.language,
        }
        return self._login_call("api/getAppToken.do", body)

    def _user_call(self, app_token: str) -> Call:
        known = self.settings
        body = {
            "user": known.username,
            "usertype": known.user_type,
            "apptoken": app_token,
            "tenantid": known.tenant_id,
            "accountId": known.account_id,
            "language": known.language,
        }
        return self._login_call("api/login.do", body)

    def _login_call(self, path: str, body: Mapping[str, Any]) -> Call:
        request = {"method": "POST", "path": path, "body": body, "headers": self._identity()}
        return self.tongue.call("login", request, safe=True)

    def _ticket(self, reply: Reply) -> Ticket:
        return Ticket({self.settings.token_header: self._found(reply, "access_token")})

    def _found(self, reply: Reply, name: str) -> str:
        """A token in the reply to a login."""
        refused = refusal(self._a_login, reply, self.read(reply))
        if refused is not None:
            raise refused
        data = self.read(reply).get("data")
        token = data.get(name) if isinstance(data, dict) else None
        if not token:
            what = f"the reply to the login has no {name}: {excerpt(reply)}"
            raise LoginRefused(what, where=self._a_login.where, next_step=STEP)
        return str(token)

    def _digested(self, call: Call, now: datetime) -> Mapping[str, str]:
        if call.method != "POST":
            step = "use POST, or another login"
            raise ConfigInvalid("a digest is made of a POST here", where=call.where, next_step=step)
        self.speech.said(now)
        known, nonce, timestamp = self.settings, self._nonce(now), wall(now, self.settings.tz)
        return {
            "appid": known.client_id,
            "accountid": known.account_id,
            "user": known.username,
            "usertype": known.user_type,
            "timestamp": timestamp,
            "signaturenonce": nonce,
            "signature": digest(call.body.decode(), timestamp, nonce, known.client_secret),
        }

    def _identity(self) -> Mapping[str, str]:
        return {"x-acgw-identity": self.settings.identity} if self.settings.identity else {}

    def _nonce(self, now: datetime) -> str:
        return f"{self.speech.salt}{int(now.timestamp() * 1000)}{next(self.speech.serial):06d}"

    @property
    def _a_login(self) -> Call:
        return Call("login", self.settings.base)
