"""How K/3 Cloud logs in and signs: by a signature on every call, or by one of the methods of AuthService."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import msgspec
from attrs import evolve, field, frozen

from erplink.erp.kingdee import signing, verdict
from erplink.erp.kingdee.login import WAYS
from erplink.erp.kingdee.settings import NEEDS, Kingdee
from erplink.errors import LoginRefused, RetryError, ServerFault
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import Ticket, Verdict
from erplink.wire.http import excerpt, judge_http
from erplink.wire.redact import redact

AUTH = "Kingdee.BOS.WebApi.ServicesStub.AuthService."
FORMS = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
SUFFIX = ".common.kdsvc"
_JSON: Mapping[str, str] = {"content-type": "application/json; charset=utf-8", "accept": "application/json"}
_PROOF: Mapping[str, Any] = {
    "FormId": "BD_Customer",
    "FieldKeys": "FCUSTID",
    "FilterString": "FCUSTID=0",
    "TopRowCount": 0,
    "StartRow": 0,
    "Limit": 1,
}
_SUCCESS = 1
_PASSING_REFUSALS = 2
_AUTHORISED = frozenset({"sign", "sign_sha1", "secret"})
_LOGIN_RESULTS: Mapping[int, str] = {
    0: "user or password is wrong",
    -1: "the login failed",
    -2: "the password policy advises a change of the password",
    -3: "the password has expired and must be changed",
    -4: "the login came back with a warning",
    -5: "the login wants a dialogue",
    -6: "the user is not bound to the cloud",
    -7: "the user is not activated",
}


class _Trust:
    """Whether a refused signature may pass: never before the credentials were accepted once, then a few times.

    The ERP says the same of wrong credentials and of a session it lost; some sites go on refusing for a while.
    """

    def __init__(self) -> None:
        self._refusals_left = 0

    def prove(self) -> None:
        """The credentials were accepted just now."""
        self._refusals_left = _PASSING_REFUSALS

    def may_be_passing(self) -> bool:
        """Count one refusal. Called by one login at a time."""
        self._refusals_left -= 1
        return self._refusals_left >= 0


@frozen
class KingdeeDialect:
    """Login, signature and verdict of one data centre. Holds no session: tickets come and go."""

    settings: Kingdee
    _key: str = field(repr=False)
    _identity: Mapping[str, str] = field(repr=False)
    _serial: count[int] = field(factory=count, repr=False)
    _trust: _Trust = field(factory=_Trust, repr=False)

    @classmethod
    def of(cls, settings: Kingdee) -> KingdeeDialect:
        """The dialect with everything that does not change from call to call worked out."""
        if settings.mode != "header":
            return cls(settings, "", {})
        identity = signing.identity_headers(
            acct_id=settings.acct_id,
            username=settings.username,
            app_id=settings.app_id,
            app_secret=settings.app_secret,
            lcid=settings.lcid,
            org_num=settings.org_num or "0",
        )
        return cls(settings, signing.client_secret(settings.app_id, settings.sec_pwd), identity)

    def login(self, now: datetime) -> Call:
        """The login call. In header mode a signed query that finds nothing: it proves the secret once for everybody."""
        settings = self.settings
        if settings.mode == "header":
            return self.sign(request(settings, FORMS, "ExecuteBillQuery", {"data": _PROOF}, safe=True), Ticket(), now)
        way = WAYS[settings.mode]
        return request(settings, AUTH, way.method, way.body(settings, now))

    def ticket(self, reply: Reply) -> Ticket:
        """The session of a login reply. A cookie alone proves nothing: an expired password sets cookies too."""
        if self.settings.mode == "header":
            return self._proven(request(self.settings, FORMS, "ExecuteBillQuery", {}), reply)
        call = request(self.settings, AUTH, WAYS[self.settings.mode].method, {})
        error = judge_http(call, reply)
        if error is not None:
            raise error
        answer = _answer(call, reply)
        if answer.get("LoginResultType") != _SUCCESS or answer.get("IsSuccessByAPI") is False:
            raise self._refusal(call, answer)
        return _session(reply, str(answer.get("KDSVCSessionId") or ""))

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        """The call with the session, and in header mode with both signatures."""
        if self.settings.mode != "header":
            return evolve(call, headers={**call.headers, **ticket.headers})
        seconds = now.timestamp()
        signed = signing.request_headers(
            path=urlsplit(call.url).path,
            key=self._key,
            nonce=f"{int(seconds * 1000)}{next(self._serial) % 1_000_000:06d}",
            timestamp=str(int(seconds)),
        )
        return evolve(call, headers={**call.headers, **self._identity, **signed, **ticket.headers})

    def judge(self, call: Call, reply: Reply) -> Verdict:
        """What the reply means; in header mode the session it hands out is remembered."""
        found = verdict.judge(call, reply)
        if self.settings.mode != "header" or not reply.cookies or found.session_lost or found.error is not None:
            return found
        return Verdict(ticket=_session(reply, ""))

    def _proven(self, call: Call, reply: Reply) -> Ticket:
        """The session a signed query opened. Whether the form may be read does not matter here."""
        found = verdict.judge(call, reply)
        if found.session_lost and self._trust.may_be_passing():
            step = "it is tried again after a pause"
            raise ServerFault("a new session is refused", where=call.where, next_step=step, sent="no")
        if found.session_lost:
            raise LoginRefused(
                "the signature is refused",
                where=call.where,
                next_step=(
                    f"check app_secret, app_id, username and acct_id (data centre {self.settings.acct_id}); under "
                    "第三方系统登录授权 the application must be enabled, the user on its list, this address allowed"
                ),
            )
        if found.error is not None and (isinstance(found.error, LoginRefused | RetryError) or judge_http(call, reply)):
            raise found.error
        self._trust.prove()
        return _session(reply, "")

    def _refusal(self, call: Call, answer: Mapping[str, Any]) -> LoginRefused:
        settings = self.settings
        kind = answer.get("LoginResultType")
        said = redact(str(answer.get("Message") or ""), (settings.password, settings.app_secret, settings.passport))
        known = _LOGIN_RESULTS.get(kind, "the login failed") if isinstance(kind, int) else "the login failed"
        given = ", ".join(name for name in NEEDS[settings.mode] if name != "acct_id")
        authorised = ", and 第三方系统登录授权" if settings.mode in _AUTHORISED else ""
        return LoginRefused(
            f"{known}: {said}" if said else known,
            where=call.where,
            next_step=(
                f"check acct_id (data centre {settings.acct_id}), {given}{authorised}"
                "; it is not tried again, so that the account is not locked"
            ),
        )


def request(settings: Kingdee, service: str, method: str, body: object, *, safe: bool = False) -> Call:
    """One call of a service method; the body is JSON."""
    url = f"{settings.base}{service}{method}{SUFFIX}"
    return Call(method, url, _encoder.encode(body), _JSON, safe=safe)


_encoder = msgspec.json.Encoder(decimal_format="number")


def _answer(call: Call, reply: Reply) -> Mapping[str, Any]:
    try:
        answer = reply.json()
    except msgspec.DecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise ServerFault(
            f"the login was answered with something else: {excerpt(reply)}",
            where=call.where,
            next_step="check that url is the /k3cloud/ address of a K/3 Cloud",
            sent="no",
        )
    return answer


def _session(reply: Reply, session_id: str) -> Ticket:
    cookies = {name.lower(): (name, value) for name, value in reply.cookies.items() if value}
    session = session_id or cookies.get("kdservice-sessionid", ("", ""))[1]
    named = dict(cookies.values())
    if session:
        named.setdefault("kdservice-sessionid", session)
    headers = {"kdservice-sessionid": session} if session else {}
    if named:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in named.items())
    return Ticket(headers)
