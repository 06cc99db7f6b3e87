"""A manifest's way to log in, sign and judge, as the pipeline of calls wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from attrs import evolve, field, frozen

from erplink.errors import ErplinkError, LoginRefused, RetryError
from erplink.manifest.asking import Ask
from erplink.manifest.filters import Moment, as_text
from erplink.manifest.judging import Judge, Judgement
from erplink.manifest.templates import Context
from erplink.manifest.tongue import Tongue
from erplink.mapping.paths import MISSING
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import Ticket, Verdict
from erplink.wire.http import judge_http

_WHERE_TO_LOOK = (
    "check [auth] of the manifest and its secrets; it is not tried again, so that the account is not locked"
)


@frozen
class Door:
    """How one gets in: the login, where its reply has the session, what every call carries."""

    login: Ask | None
    tickets: Mapping[str, Callable[[Any], Any]]
    cookies: bool
    sign: Ask


@frozen
class ManifestDialect:
    """Holds no session: tickets come and go. ``moment`` writes an instant as the system does.

    ``salt`` keeps the nonces of several clients apart.
    """

    base: str
    door: Door
    tongue: Tongue
    judging: Judge
    context: Context = field(repr=False)
    moment: Callable[[datetime], Moment]
    seal: Callable[[Call, str, datetime], Call] | None = field(default=None, repr=False)
    salt: str = ""
    _serial: count[int] = field(factory=count, repr=False)
    _memo: list[tuple[Reply, Any]] = field(factory=list, repr=False)

    def login(self, now: datetime) -> Call | None:
        """The call that logs in, if there is one."""
        if self.door.login is None:
            return None
        filled = self.door.login.filled({**self.context, **self._present(now)})
        return self.tongue.call("login", filled, safe=True)

    def ticket(self, reply: Reply) -> Ticket:
        """The session in the reply to a login. Raises ``LoginRefused``, or ``RetryError`` when it could not be said."""
        call = Call("login", self.base)
        found = self.judging.judge(call, reply, lambda: self.tongue.tree(reply))
        if found.error is not None:
            raise self._refusal(call, reply, found)
        tree = self.tongue.tree(reply)
        values = {name: find(tree) for name, find in self.door.tickets.items()}
        missing = [name for name, value in values.items() if value is MISSING or value in (None, "")]
        if missing:
            what = f"the reply to the login has no {missing[0]}"
            raise LoginRefused(what, where=call.where, next_step=_WHERE_TO_LOOK)
        cookies = "; ".join(f"{name}={value}" for name, value in reply.cookies.items())
        if self.door.cookies and not cookies:
            raise LoginRefused("the login set no cookie", where=call.where, next_step=_WHERE_TO_LOOK)
        headers = {"cookie": cookies} if self.door.cookies else {}
        return Ticket(headers, {f"ticket.{name}": str(value) for name, value in values.items()})

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        """The call with everything that authorises it."""
        parts = urlsplit(call.url)
        known = {
            **self.context,
            **ticket.values,
            **self._present(now),
            "method": call.method,
            "path": parts.path,
            "query": _canonical(parts.query),
        }
        call = self._told(call, ticket)
        filled = self.door.sign.filled({**known, "body": call.body})
        url = _with_query(call.url, filled.get("query") or {})
        more = {name.lower(): as_text(value) for name, value in filled.get("headers", {}).items()}
        signed = evolve(call, url=url, headers={**call.headers, **more, **ticket.headers})
        return signed if self.seal is None else self.seal(signed, str(known["nonce"]), now)

    def call(self, ask: Ask, names: Context, link: str = "") -> Call:
        """The call of a request, or to a link. What it names of the session is put in when it is signed."""
        later = {f"ticket.{name}": _later(f"ticket.{name}") for name in self.door.tickets}
        filled = ask.filled({**self.context, **later, **names})
        if link:
            filled |= {"path": link, "query": {}}
        return self.tongue.call(ask.operation, filled, safe=ask.safe)

    def _told(self, call: Call, ticket: Ticket) -> Call:
        """The call with what was left open of the session until it was known."""
        body, url, headers = call.body, call.url, dict(call.headers)
        for name, value in ticket.values.items():
            mark = _later(name)
            body = body.replace(mark.encode(), self.tongue.escaped(value))
            url = url.replace(mark, quote(value, safe=""))
            headers = {header: text.replace(mark, value) for header, text in headers.items()}
        return evolve(call, body=body, url=url, headers=headers) if ticket.values else call

    def judge(self, call: Call, reply: Reply) -> Verdict:
        """What the reply means."""
        found = self.judging.judge(call, reply, lambda: self.read(reply))
        if found.meaning == "session_lost" and self.door.login is not None:
            return Verdict(session_lost=True)
        return Verdict(error=found.error)

    def is_end(self, call: Call, reply: Reply) -> bool:
        """Whether the reply says that there are no more pages."""
        return self.judging.judge(call, reply, lambda: self.read(reply)).meaning == "end"

    def read(self, reply: Reply) -> Any:
        """The body of a reply as a tree; parsed once where judging and reading both want it."""
        for known, tree in self._memo[-1:]:
            if known is reply:
                return tree
        tree = self.tongue.tree(reply)
        self._memo[:] = [(reply, tree)]
        return tree

    def _present(self, now: datetime) -> dict[str, Any]:
        millis = int(now.timestamp() * 1000)
        return {"now": self.moment(now), "nonce": f"{self.salt}{millis}{next(self._serial) % 1_000_000:06d}"}

    def _refusal(self, call: Call, reply: Reply, found: Judgement) -> ErplinkError:
        """What a login is refused with. A wrong password often is a 400 or an error inside a 200."""
        error = found.error
        if isinstance(error, RetryError):
            error.sent = "no"
            return error
        by_http = judge_http(call, reply)
        if found.meaning in {"not_found", "config"} and by_http is not None and not isinstance(by_http, LoginRefused):
            return by_http
        said = error.what if error is not None else "the login is refused"
        return LoginRefused(said, where=call.where, next_step=_WHERE_TO_LOOK)


def _later(name: str) -> str:
    """What stands for a part of the session until it is known; nothing that anybody would write."""
    return f"erplink-{name.replace('.', '-')}-5b0e4c7f"


def _canonical(query: str) -> str:
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


def _with_query(url: str, more: Mapping[str, Any]) -> str:
    if not more:
        return url
    parts = urlsplit(url)
    added = urlencode({name: as_text(value) for name, value in more.items()}, quote_via=quote)
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))
