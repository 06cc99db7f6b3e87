"""The one way a call is made: session → rate → send → verdict → retry.

A call that is not ``safe`` is repeated only when it had no effect for sure: ``sent="no"``, or a session that was lost.
Systems check the session before they execute anything, so a lost session counts as not sent; a dialect that knows
better says so with an error beside ``session_lost``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from attrs import frozen
from tenacity import AsyncRetrying, RetryCallState

from erplink.errors import LoginRefused, RetryError, Unreachable
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import Dialect, Ticket, Verdict
from erplink.wire.fence import is_too_late
from erplink.wire.io import Io, SendFailed
from erplink.wire.retry import Calling, may_repeat
from erplink.wire.session import Session


@frozen
class _Answer:
    """What came back, and what it means."""

    reply: Reply
    verdict: Verdict


class Wire:
    """A connection that logs in, keeps to the limit, judges and repeats.

    One per set of credentials; shared by threads under a synchronous ``Io`` and by tasks under an asynchronous one.
    """

    def __init__(self, io: Io, dialect: Dialect, calling: Calling = Calling()) -> None:  # noqa: B008 - frozen value
        self._io = io
        self._dialect = dialect
        self._calling = calling
        self._session: Session[_Answer] = Session(io)
        self._due: datetime | None = None
        self._queue = io.lock()
        self._heard: tuple[str, datetime] | None = None
        self._retrying = AsyncRetrying(
            sleep=io.sleep, retry=self._again, wait=self._pause, stop=self._enough, reraise=True
        )

    async def call(self, call: Call) -> Reply:
        """The reply to a call, once it is an answer.

        Raises:
            ErplinkError: whatever the dialect makes of the reply; ``Unreachable`` when none came;
                ``LoginRefused`` when the credentials are or were refused.
        """
        reply: Reply = await self._retrying(self._once, call, self._io.now())
        return reply

    def server_now(self) -> datetime:
        """The server's present instant by the ``Date`` of its last reply, never ahead of the server's own clock.

        Behind by the age of that reply's header at most (a second, and the time the reply took). Aware, UTC.
        Without a reply so far it is this machine's clock.
        """
        return self._io.now() + self.skew()

    def skew(self) -> timedelta:
        """How far the server's clock is ahead of this machine's; zero while unknown."""
        if self._heard is None:
            return timedelta(0)
        text, received = self._heard
        try:
            return parsedate_to_datetime(text) - received
        except (ValueError, TypeError):
            return timedelta(0)

    async def _once(self, call: Call, _begun: datetime) -> Reply:
        for _ in range(self._calling.renewals + 1):
            ticket, answer = await self._visit(call)
            verdict = answer.verdict
            if verdict.session_lost:
                await self._session.replace(ticket, None)
                if verdict.error is not None and not may_repeat(call, verdict.error):
                    raise verdict.error
                continue
            if verdict.ticket is not None:
                await self._session.replace(ticket, verdict.ticket)
            if verdict.error is None:
                return answer.reply
            if isinstance(verdict.error, LoginRefused):
                self._session.refuse(verdict.error)
            raise verdict.error
        raise LoginRefused(
            "the session is refused again right after a login",
            where=call.where,
            next_step="check that the application is enabled, the user is on its list and this address is allowed",
        )

    async def _visit(self, call: Call) -> tuple[Ticket, _Answer]:
        ticket, answer = self._session.current(), None
        if ticket is None:
            ticket, answer = await self._session.open(lambda: self._open(call))
        return ticket, answer or await self._exchange(call, ticket)

    async def _open(self, call: Call) -> tuple[Ticket, _Answer | None]:
        """Log in; where every call is signed, the first call goes alone and is itself the proof of the credentials."""
        login = self._dialect.login(self._io.now())
        if login is None:
            ticket = Ticket()
            answer = await self._exchange(call, ticket)
            if isinstance(answer.verdict.error, LoginRefused | RetryError) and not answer.verdict.session_lost:
                raise answer.verdict.error
            return ticket, answer
        await self._keep_pace()
        async with self._io.span("erp.login", operation=login.operation) as span:
            try:
                reply = await self._send(login)
                span.note(status=reply.status)
                return self._dialect.ticket(reply), None
            except RetryError as failure:
                failure.sent = "no"
                raise

    async def _exchange(self, call: Call, ticket: Ticket) -> _Answer:
        await self._keep_pace()
        async with self._io.span("erp.call", operation=call.operation) as span:
            reply = await self._send(self._dialect.sign(call, ticket, self._io.now()))
            verdict = self._dialect.judge(call, reply)
            span.note(status=reply.status, bytes=len(reply.body), verdict=_name(verdict))
        return _Answer(reply, verdict)

    async def _send(self, call: Call) -> Reply:
        if is_too_late(self._io.now()):
            raise Unreachable(
                "the time to send this ran out",
                where=call.where,
                next_step="nothing was sent; it is done again by whoever has the time",
                sent="no",
            )
        try:
            reply = await self._io.send(call)
        except SendFailed as failed:
            raise Unreachable(
                failed.what,
                where=call.where,
                next_step="check the address, the network and the server, then run again",
                sent=failed.sent,
            ) from failed
        date = reply.headers.get("date")
        if date is not None:
            self._heard = (date, self._io.now())
        return reply

    async def _keep_pace(self) -> None:
        rate = self._calling.rate
        if rate is None:
            return
        async with self._queue:
            delay, self._due = rate.reserve(self._due, self._io.now())
        if delay > 0:
            await self._io.sleep(delay)

    def _again(self, state: RetryCallState) -> bool:
        error = _error(state)
        return error is not None and may_repeat(state.args[0], error)

    def _pause(self, state: RetryCallState) -> float:
        return self._calling.pause(state.attempt_number, _error(state), self._io.random())

    def _enough(self, state: RetryCallState) -> bool:
        if state.attempt_number >= self._calling.attempts or is_too_late(self._io.now()):
            return True
        begun: datetime = state.args[1]
        return (self._io.now() - begun).total_seconds() + state.upcoming_sleep > self._calling.deadline


def _error(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()


def _name(verdict: Verdict) -> str:
    if verdict.session_lost:
        return "session lost"
    return "ok" if verdict.error is None else type(verdict.error).__name__
