"""How 云星辰 is logged in to: an authorisation, a token made of it, and a signature on every call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from attrs import evolve, field, frozen

from erplink.erp.kingdee.platform.speech import Speech
from erplink.erp.kingdee.xingchen.settings import Xingchen
from erplink.erp.kingdee.xingchen.signing import encoded, request_headers, signature, sorted_pairs
from erplink.erp.kingdee.xingchen.verdict import ROTATED, STEP, code_of, error_of, lost
from erplink.errors import ConfigInvalid, ErplinkError, LoginRefused, RetryError
from erplink.manifest.asking import Ask
from erplink.manifest.filters import Moment
from erplink.manifest.json import JsonTongue
from erplink.manifest.templates import Context
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import FINE, Stage, Ticket, Verdict
from erplink.wire.http import excerpt

_AUTHORISE = "jdyconnector/app_management/push_app_authorize"
_TOKEN = "jdyconnector/app_management/kingdee_auth_token"  # noqa: S105 - the address of one


@frozen
class Authorisation:
    """What a company gave the application: a key, a secret that changes every day, and where the company lies."""

    key: str
    secret: str = field(repr=False)
    domain: str


@frozen
class XingchenDialect:
    """``authorised`` is the authorisation in use, if there is one yet; the only thing it remembers."""

    settings: Xingchen
    speech: Speech
    authorised: list[Authorisation] = field(factory=list, repr=False)

    @property
    def tongue(self) -> JsonTongue:
        """JSON."""
        return self.speech.tongue

    @property
    def moment(self) -> Callable[[datetime], Moment]:
        """Milliseconds, where a request does not say otherwise."""
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
        """For a token where there is an authorisation; else for one."""
        return self._first_call(now)

    def ticket(self, reply: Reply) -> Ticket | Stage:
        """The session in the reply to a login, or the call that comes next."""
        if isinstance(self._refusal(reply), LoginRefused) and self.speech.was_out_of_time(reply):
            # Its signature went by a clock of ours that is wrong: once more by the server's, which is known now.
            return Stage(self._first_call, self._found)
        return self._found(reply)

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        """The call with its query in order, its signature, and the token."""
        self.speech.said(now)
        parts, known = urlsplit(call.url), self.settings
        pairs = sorted_pairs(parts.query)
        signed = request_headers(
            client_id=known.client_id,
            secret=known.client_secret,
            method=call.method,
            path=parts.path,
            pairs=pairs,
            nonce=self._nonce(now),
            timestamp=str(_millis(now)),
        )
        url = urlunsplit(parts._replace(query=encoded(pairs)))
        return evolve(call, url=url, headers={**call.headers, **signed, **ticket.headers})

    def judge(self, call: Call, reply: Reply) -> Verdict:
        """What the reply means."""
        tree = self.read(reply)
        if lost(reply, tree):
            return Verdict(session_lost=True)
        error = error_of(call, reply, tree)
        return FINE if error is None else Verdict(error)

    def _first_call(self, now: datetime) -> Call:
        return self._token_call(now) if self.authorised else self._authorise_call(now)

    def _authorise_call(self, now: datetime) -> Call:
        request = {
            "method": "POST",
            "path": _AUTHORISE,
            "query": {"outerInstanceId": self.settings.outer_instance_id},
            "body": {},
        }
        return self.sign(self.tongue.call("login", request, safe=True), Ticket(), now)

    def _token_call(self, now: datetime) -> Call:
        (known,) = self.authorised
        query = {"app_key": known.key, "app_signature": signature(known.key, known.secret)}
        return self.sign(self.tongue.call("login", {"path": _TOKEN, "query": query}, safe=True), Ticket(), now)

    def _found(self, reply: Reply) -> Ticket | Stage:
        """What a reply to a login has brought; an authorisation that is out of date is asked for anew."""
        if not self.authorised:
            return self._authorise(reply)
        if code_of(self.read(reply)) == ROTATED and self.settings.outer_instance_id:
            self.authorised.clear()
            return Stage(self._authorise_call, self._authorise)
        return self._ticket(reply)

    def _authorise(self, reply: Reply) -> Stage:
        rows = self._data(reply)
        told = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
        names = ("appKey", "appSecret", "domain")
        if not all(told.get(name) for name in names):
            step = "check outer_instance_id, and that the company authorised the application and has not withdrawn it"
            raise LoginRefused("the company gave no authorisation", where=self._a_login.where, next_step=step)
        self.authorised[:] = [Authorisation(*(str(told[name]) for name in names))]
        return Stage(self._token_call, self._ticket)

    def _ticket(self, reply: Reply) -> Ticket:
        data = self._data(reply)
        token = data.get("app-token") if isinstance(data, dict) else None
        if not token:
            what = f"the reply to the login has no app-token: {excerpt(reply)}"
            raise LoginRefused(what, where=self._a_login.where, next_step=STEP)
        return Ticket({"app-token": str(token), "x-gw-router-addr": self.authorised[0].domain})

    def _data(self, reply: Reply) -> Any:
        refused = self._refusal(reply)
        if refused is not None:
            raise refused
        return self.read(reply).get("data")

    def _refusal(self, reply: Reply) -> ErplinkError | None:
        """What a login is refused with: what passes by itself may be tried again, a wrong secret may not."""
        error = error_of(self._a_login, reply, self.read(reply))
        if isinstance(error, RetryError):
            error.sent = "no"
            return error
        if error is None or isinstance(error, ConfigInvalid | LoginRefused):
            return error
        return LoginRefused(error.what, where=error.where, next_step=STEP)

    def _nonce(self, now: datetime) -> str:
        """A positive whole number of 18 digits, which fits everywhere."""
        return f"{self.speech.salt}{_millis(now) % 10**8:08d}{next(self.speech.serial) % 10**5:05d}"

    @property
    def _a_login(self) -> Call:
        return Call("login", self.settings.base)


def _millis(now: datetime) -> int:
    return int(now.timestamp() * 1000)
