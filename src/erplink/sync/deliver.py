"""Work off a queue: claim under a lease, handle, settle; what ends badly is kept as a dead letter.

Each message is handled at least once. ``Claimed.maybe`` tells a handler that an earlier attempt may have had its
effect, so that it looks before it acts. Nothing is begun under a lease that has run out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from attrs import evolve, field, frozen

from erplink.errors import (
    ErplinkError,
    FixError,
    NotKnownYet,
    Paused,
    RetryError,
    Sent,
    SkipError,
    StopError,
    Unreachable,
)
from erplink.store import dead, queue
from erplink.store.database import Connection
from erplink.store.queue import Ask, Box, Claimed, Settled
from erplink.sync.letters import letter_of
from erplink.sync.progress import Progress, Stage
from erplink.sync.run import Run
from erplink.wire.fence import sent_before
from erplink.wire.io import Io

_BREATH = 1.0
"""Seconds between two looks at messages that are due and that somebody else has."""

_MARGIN = 5
"""Nothing is sent in the last fifth of a lease: a call takes its time, and the clocks of workers differ."""

Handler = Callable[[Claimed], Awaitable[object]]
"""Does what a message asks for: returns when it is done, raises an error of ``erplink.errors`` when it is not.

What it returns is kept as ``Ended.result``, for the aftermath to book in the transaction that settles the message.
"""


@frozen
class Patience:
    """How often and how long a message is tried.

    A message is held for ``lease``, tried ``attempts`` times with pauses drawn from ``[0, base * 2**n)`` and never
    above ``cap``, and is a dead letter after that; unless the last attempt reached nobody, for then it waits. One
    delivery waits at most ``wait`` in all for messages that are due again soon; later ones are left to the next one.
    """

    lease: timedelta = timedelta(minutes=10)
    attempts: int = 12
    base: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(hours=1)
    wait: timedelta = timedelta(seconds=30)
    batch: int = 64

    def pause(self, attempt: int, error: Exception, chance: float) -> timedelta:
        """How long to leave a message alone after that many attempts; what the other side asked for is a floor."""
        jitter: timedelta = chance * min(self.cap, self.base * 2 ** min(attempt - 1, 30))
        floor = error.retry_after if isinstance(error, RetryError) else None
        return jitter if floor is None else timedelta(seconds=floor) + jitter


class Aftermath(Protocol):
    """What else happens in the transaction that settles a batch."""

    def __call__(
        self, connection: Connection, space: str, ours: Sequence[Ended], late: Sequence[Ended], now: datetime
    ) -> None:
        """``ours`` were settled by us; ``late`` ended after their lease, when somebody else may have had them."""
        ...


def nothing_more(
    connection: Connection, space: str, ours: Sequence[Ended], late: Sequence[Ended], now: datetime
) -> None:
    """The aftermath of those who want none."""


@frozen
class Lane:
    """Which messages of a box are worked off, by whom, how: ``operations`` empty means all of the system's.

    A message that is refused becomes a dead letter, unless its operation is in ``made_good``: then it is ``refused``,
    and the aftermath makes it good. ``mapping`` is the version that dead letters name,
    ``settles_in`` how long what a dead worker sent may still take effect: its messages are left alone until then.
    """

    box: Box
    system: str
    operations: tuple[str, ...]
    handle: Handler = field(repr=False)
    parallel: int = 1
    patience: Patience = field(factory=Patience)
    mapping: str = ""
    settles_in: timedelta = timedelta(0)
    made_good: frozenset[str] = frozenset()
    aftermath: Aftermath = nothing_more


@frozen
class Ended:
    """How one attempt ended: what is noted of it, the error, if it was one, and what the handler returned."""

    settled: Settled
    error: Exception | None = None
    result: object = None

    @property
    def claimed(self) -> Claimed:
        """What was attempted."""
        return self.settled.claimed


@frozen
class Delivered:
    """How the messages of one delivery ended. ``later`` wait for another attempt, ``parked`` for something unknown."""

    done: int = 0
    refused: int = 0
    dead: int = 0
    later: int = 0
    parked: int = 0
    paused_until: datetime | None = None

    def and_then(self, ended: Sequence[Ended]) -> Delivered:
        """The sum with another batch; ``later`` counts the batch alone, for its messages may come again."""
        count = [end.settled.state for end in ended].count
        return evolve(
            self,
            done=self.done + count("done"),
            refused=self.refused + count("refused"),
            dead=self.dead + count("dead"),
            parked=self.parked + count("parked"),
        )


async def deliver(io: Io, run: Run, lane: Lane) -> Delivered:
    """Work off what is due, and wait a little for what is due again soon.

    Raises ``StopError`` or ``FixError`` when a person must act first; the message waits, and comes again.
    """
    latest, total = run.clock() + lane.patience.wait, Delivered()
    await _free(io, run, lane)
    while True:
        total = await _drain(io, run, lane, total)
        left = await io.transact(run.store, queue.outlook, lane.box, run.space, lane.system, lane.operations)
        due, total = left.next_due, evolve(total, later=left.waiting)
        now = run.clock()
        if due is None or max(due, now) > latest or total.paused_until is not None:
            return total
        # What is due and was not handed out is in somebody's hands, or waits for one that is.
        await io.sleep(max((due - now).total_seconds(), _BREATH))
        if run.clock() < due:
            return total


async def _free(io: Io, run: Run, lane: Lane) -> None:
    """Take from the dead what they hold, once nothing that they sent can still arrive."""
    leases = await io.transact(run.store, queue.holders, lane.box, run.space, run.clock(), lane.system)
    orphaned = [lease for lease in leases if run.gone(lease.rpartition("-")[0])]
    if orphaned:
        await io.transact(run.store, queue.lapse, lane.box, run.space, orphaned, run.clock() + lane.settles_in)


async def _drain(io: Io, run: Run, lane: Lane, total: Delivered) -> Delivered:
    while True:
        now = run.clock()
        lease = f"{run.worker}-{io.random():.17f}"
        ask = Ask(lane.system, lane.operations, lane.patience.batch, lease, now, now + lane.patience.lease)
        claimed = await io.transact(run.store, queue.claim, lane.box, run.space, ask)
        if not claimed:
            return total
        async with io.span("batch", box=lane.box, system=lane.system) as span:
            jobs = [partial(_attempt, io, run, lane, each, ask.until) for each in claimed]
            ended = await io.gather(lane.parallel, jobs)
            ours = await io.transact(run.store, _settle, run.space, lane, ended, run.clock())
            span.note(ended=Counter(end.settled.state for end in ours))
        total = total.and_then(ours)
        stage: Stage = "push" if lane.box == "outbox" else "inbox"
        run.tell(Progress(stage, claimed[0].message.operation, total.done + total.refused + total.dead))
        for end in ended:
            if isinstance(end.error, Paused):
                return evolve(total, paused_until=end.error.until)
            if isinstance(end.error, StopError | FixError):
                raise end.error


async def _attempt(io: Io, run: Run, lane: Lane, claimed: Claimed, until: datetime) -> Ended:
    if run.clock() >= until:
        return _unmade(claimed)
    try:
        async with io.span("deliver", system=lane.system, operation=claimed.message.operation) as span:
            span.note(attempt=claimed.attempts, maybe=claimed.maybe)
            with sent_before(until - lane.patience.lease / _MARGIN):
                result = await lane.handle(claimed)
    except Exception as error:  # noqa: BLE001 - a defect in one message must not hold up the others
        made_good = claimed.message.operation in lane.made_good
        return judge(claimed, error, lane.patience, run.clock(), io.random(), made_good=made_good)
    return Ended(Settled(claimed, "done"), result=result)


def judge(
    claimed: Claimed, error: Exception, patience: Patience, now: datetime, chance: float, *, made_good: bool = False
) -> Ended:
    """What becomes of a message after an error. Pure. ``made_good``: a refusal has its own remedy, no dead letter.

    What may have been done stays ``maybe`` until an attempt ends well: an error before a look proves nothing.
    """
    words, sent = str(error), _sent(claimed, error)
    if isinstance(error, NotKnownYet):
        return Ended(Settled(claimed, "parked", words, sent, waits_for=error.waits_for), error)
    if isinstance(error, SkipError):
        return Ended(Settled(claimed, "refused" if made_good else "dead", words, sent), error)
    if isinstance(error, StopError | FixError):
        return Ended(Settled(claimed, "pending", words, sent), error)
    if isinstance(error, Paused):
        return Ended(Settled(claimed, "pending", words, sent, due_at=error.until), error)
    if claimed.attempts >= patience.attempts and not _never_left(error):
        return Ended(Settled(claimed, "dead", words, sent), error)
    due_at = now + patience.pause(claimed.attempts, error, chance)
    return Ended(Settled(claimed, "pending", words, sent, due_at=due_at), error)


def _never_left(error: Exception) -> bool:
    """Whether nobody was there to send it to, which says nothing of the message: however long, it waits."""
    return isinstance(error, Unreachable) and error.sent == "no"


def _sent(claimed: Claimed, error: Exception) -> Sent:
    if claimed.maybe:
        return "maybe"
    if isinstance(error, RetryError):
        return error.sent
    return "no" if isinstance(error, ErplinkError) else "maybe"


def _unmade(claimed: Claimed) -> Ended:
    """The lease ran out before its turn came: it may be in other hands already."""
    return Ended(Settled(claimed, "pending", "its turn came too late", "maybe" if claimed.maybe else "no"))


def _settle(connection: Connection, space: str, lane: Lane, ended: Sequence[Ended], now: datetime) -> list[Ended]:
    held = queue.settle(connection, lane.box, [end.settled for end in ended], now)
    ours = [end for end in ended if end.claimed.seq in held]
    letters = [
        letter_of(lane.box, end.claimed, end.error, lane.mapping)
        for end in ours
        if end.settled.state == "dead" and end.error is not None
    ]
    dead.bury(connection, space, letters, now)
    done = [end.claimed.message.key for end in ours if end.settled.state == "done"]
    dead.resolve(connection, space, lane.box, done, now)
    lane.aftermath(connection, space, ours, [end for end in ended if end.claimed.seq not in held], now)
    return ours
