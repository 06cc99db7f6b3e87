"""The one way a call is made: session → turn → send → verdict → retry.

A call that is not ``safe`` is repeated only when it had no effect for sure: ``sent="no"``, or a session that was lost.
Systems check the session before they execute anything, so a lost session counts as not sent; a dialect that knows
better says so with an error beside ``session_lost``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from attrs import evolve, frozen
from tenacity import AsyncRetrying, RetryCallState, wait_none

from erplink.errors import ErplinkError, LoginRefused, ProtocolBroken, RetryError, Unreachable
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import Dialect, Stage, Ticket, Verdict
from erplink.wire.fence import is_too_late
from erplink.wire.http import beginning
from erplink.wire.io import Io, SendFailed, Span
from erplink.wire.pace import Pacing, own_pace
from erplink.wire.retry import Calling, Effort, may_repeat, pause_before_next
from erplink.wire.session import Session
from erplink.wire.traffic import Traffic

_DIFFERS = timedelta(seconds=30)
"""From here on a clock differs, and a reply was not merely slow."""


@frozen
class _Answer:
    """What came back, and what it means."""

    reply: Reply
    verdict: Verdict


class Wire:
    """A connection that logs in, keeps to the limits, judges and repeats.

    One per set of credentials; shared by threads under a synchronous ``Io`` and by tasks under an asynchronous one.
    ``renewals`` is how often one call may find its session lost and log in again. ``backend`` names what a limit that
    ``pacing`` shares is for.
    """

    def __init__(
        self,
        io: Io,
        dialect: Dialect,
        calling: Calling = Calling(),  # noqa: B008 - frozen value
        *,
        renewals: int = 1,
        backend: str = "",
        pacing: Pacing = own_pace,
    ) -> None:
        self._io = io
        self._dialect = dialect
        self._calling = calling
        self._renewals = renewals
        self._session: Session[_Answer] = Session(io)
        self._traffic = Traffic(io, calling, pacing(io, backend, calling.rate))
        self._heard: tuple[str, datetime] | None = None

    async def call(self, call: Call) -> Reply:
        """The reply to a call, once it is an answer.

        Raises:
            Paused: it would have to wait longer than it may.
            ErplinkError: whatever the dialect makes of the reply; ``Unreachable`` when none came, or when the server
                failed so often that it is left alone; ``LoginRefused`` when the credentials are or were refused.
        """
        begun = self._io.now()

        async def before_next(state: RetryCallState) -> None:
            error = _error(state)
            if isinstance(error, RetryError):
                await self.pause(call, error, Effort(begun, state.attempt_number))

        attempts = AsyncRetrying(
            retry=lambda state: may_repeat(call, _error(state)),
            before_sleep=before_next,
            wait=wait_none(),
            sleep=_at_once,
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                return await self._once(call, Effort(begun, attempt.retry_state.attempt_number))
        raise ProtocolBroken("a call ended without a reply and without an error", where=call.where)

    async def pause(self, call: Call, error: RetryError, effort: Effort) -> None:
        """Wait before a call is made again. For adapters that look whether it had an effect, and then repeat it.

        Raises ``error`` when that was enough: attempts, deadline, the budget of all callers, the last moment to send,
        or the server is left alone; ``Paused`` when the other side asks for more patience than we have.
        """
        if is_too_late(self._io.now()) or self._traffic.is_open(call):
            raise error
        seconds = pause_before_next(self._calling, call, error, effort, self._io.now(), self._io.random())
        await self._traffic.afford(error)
        await self._io.sleep(seconds)

    async def farewell(self, call: Call) -> None:
        """Send a last call of the session there is, if there is one, and forget it. Whatever comes of it is ignored."""
        ticket = self._session.held
        if ticket is None:
            return
        await self._session.replace(ticket, None)
        try:
            await self._io.send(self._dialect.sign(call, ticket, self._io.now()))
        except (SendFailed, ErplinkError):
            return

    @property
    def has_heard(self) -> bool:
        """Whether a reply has told the server's time."""
        return self._heard is not None

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

    async def _once(self, call: Call, effort: Effort) -> Reply:
        for _ in range(self._renewals + 1):
            ticket, answer = await self._visit(call, effort)
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

    async def _visit(self, call: Call, effort: Effort) -> tuple[Ticket, _Answer]:
        ticket, answer = self._session.current(), None
        if ticket is None:
            ticket, answer = await self._session.open(lambda: self._open(call, effort))
        return ticket, answer or await self._exchange(call, effort, ticket)

    async def _open(self, call: Call, effort: Effort) -> tuple[Ticket, _Answer | None]:
        """Log in; where every call is signed, the first call goes alone and is itself the proof of the credentials."""
        login = self._dialect.login(self.server_now())
        if login is None:
            ticket = Ticket()
            answer = await self._exchange(call, effort, ticket)
            if isinstance(answer.verdict.error, LoginRefused | RetryError) and not answer.verdict.session_lost:
                raise answer.verdict.error
            return ticket, answer
        try:
            # It shares the circuit of the call it is for.
            return await self._log_in(evolve(login, safe=call.safe), effort), None
        except RetryError as failure:
            failure.sent = "no"
            raise

    async def _log_in(self, login: Call, effort: Effort) -> Ticket:
        found = await self._stage(login, self._dialect.ticket, effort)
        while isinstance(found, Stage):
            further = evolve(found.call(self.server_now()), safe=login.safe)
            found = await self._stage(further, found.ticket, effort)
        return found

    async def _stage(self, login: Call, read: Callable[[Reply], Ticket | Stage], effort: Effort) -> Ticket | Stage:
        """One call of a login."""
        async with self._turn("erp.login", login, effort) as span:
            reply = await self._send(login, login)
            span.note(status=reply.status)
            try:
                found = read(reply)
            except ErplinkError as error:
                await self._traffic.heard(login, reply, _with_reply(error, reply))
                raise
            await self._traffic.heard(login, reply, None)
        return found

    async def _exchange(self, call: Call, effort: Effort, ticket: Ticket) -> _Answer:
        """Ask, and once more where the refusal came by our clock: the reply tells the server's own."""
        skew = self.skew()
        answer = await self._asked(call, effort, ticket)
        if not isinstance(answer.verdict.error, LoginRefused) or abs(self.skew() - skew) < _DIFFERS:
            return answer
        now = self.server_now()
        if self._dialect.sign(call, ticket, now) == self._dialect.sign(call, ticket, now - _DIFFERS):
            return answer
        return await self._asked(call, effort, ticket)

    async def _asked(self, call: Call, effort: Effort, ticket: Ticket) -> _Answer:
        async with self._turn("erp.call", call, effort) as span:
            reply = await self._send(call, self._dialect.sign(call, ticket, self.server_now()))
            verdict = self._dialect.judge(call, reply)
            await self._traffic.heard(call, reply, verdict.error and _with_reply(verdict.error, reply))
            span.note(status=reply.status, bytes=len(reply.body), verdict=_name(verdict), **self._traffic.facts(call))
        return _Answer(reply, verdict)

    async def _send(self, call: Call, signed: Call) -> Reply:
        if is_too_late(self._io.now()):
            raise Unreachable(
                "the time to send this ran out",
                where=call.where,
                next_step="nothing was sent; it is done again by whoever has the time",
                sent="no",
            )
        try:
            reply = await self._io.send(signed)
        except SendFailed as failed:
            await self._traffic.lost(call)
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

    @asynccontextmanager
    async def _turn(self, name: str, call: Call, effort: Effort) -> AsyncIterator[Span]:
        """One call under way, observed from the moment its turn has come."""
        async with self._traffic.turn(call, effort.begun) as waited:
            known = {"operation": call.operation, "attempt": effort.attempts, "waited": round(waited, 3)}
            async with self._io.span(name, **known) as span:
                yield span


def _error(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()


async def _at_once(seconds: float) -> None:
    """The pause has been made already, with what else belongs to it."""


def _with_reply(error: ErplinkError, reply: Reply) -> ErplinkError:
    error.reply = beginning(reply)
    return error


def _name(verdict: Verdict) -> str:
    if verdict.session_lost:
        return "session lost"
    return "ok" if verdict.error is None else type(verdict.error).__name__
