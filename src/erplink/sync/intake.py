"""Take in events from a message broker: batch by batch into the inbox, acknowledged only after the commit.

A broker hands out again what was not acknowledged, and the inbox knows what it has: whatever dies between the two,
each event is there once. How fast the inbox is worked off is another matter, so a peak waits there, in order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar, cast

from attrs import field, frozen

from erplink.errors import ConfigInvalid, RetryError, ShapeChanged
from erplink.store import dead, inbox
from erplink.store.database import Connection
from erplink.store.dead import DeadLetter
from erplink.store.queue import Message
from erplink.sync.envelope import Arrival, letter_of_clash, letter_of_misfit, message_of
from erplink.sync.names import system_named
from erplink.sync.progress import Progress
from erplink.sync.run import Run
from erplink.wire.io import Io

T = TypeVar("T")


class Source(Protocol):
    """One consumer of a broker. Connects when it is first asked, and again after it was cut off.

    Its methods raise ``Unreachable`` when the broker is away, ``LoginRefused`` or ``NotPermitted``, and
    ``ConfigInvalid`` when there is no such stream.
    """

    async def fetch(self, limit: int) -> Sequence[Arrival]:
        """The next messages, at most ``limit``; none when nothing came for about a second."""
        ...

    async def ack(self, arrivals: Sequence[Arrival]) -> None:
        """These need not be handed out again."""
        ...

    async def close(self) -> None:
        """End the connection. What was not acknowledged is handed out again. Closing twice is fine."""
        ...


class Broker(Protocol):
    """Settings of a broker: where it is, and what is taken from it."""

    def open(self) -> Source:
        """A consumer that connects when it is first asked for messages."""
        ...


def never() -> bool:
    """The answer of those who do not want to stop."""
    return False


@frozen
class Wants:
    """How much is taken in, and how.

    At most ``limit`` messages, or until none is left (``until_empty``), or until ``stop`` says so between two batches;
    ``batch`` messages in one transaction. A broker or a database that goes away is waited for, ``patience`` at a time.
    """

    batch: int = 500
    limit: int | None = None
    until_empty: bool = False
    stop: Callable[[], bool] = field(default=never, repr=False)
    patience: timedelta = timedelta(minutes=5)

    def next(self, taken: int) -> int:
        """How many messages to ask for after so many; 0 to end."""
        if self.stop():
            return 0
        return self.batch if self.limit is None else max(min(self.batch, self.limit - taken), 0)


@frozen
class Taken:
    """What was taken in: events that were ``new``, ``repeated`` ones, and messages that are ``dead`` letters now."""

    new: int = 0
    repeated: int = 0
    dead: int = 0

    @property
    def total(self) -> int:
        """All messages."""
        return self.new + self.repeated + self.dead

    def and_then(self, more: Taken) -> Taken:
        """The sum with another batch."""
        return Taken(self.new + more.new, self.repeated + more.repeated, self.dead + more.dead)


async def intake(io: Io, run: Run, source: Source, system: str, wants: Wants) -> Taken:
    """Take in what a broker has, under the name of a system, until ``wants`` are met.

    Raises ``Unreachable`` or ``StoreUnavailable`` when broker or database stay away; what is not in the inbox by then
    was not acknowledged, and comes again. Raises ``ConfigInvalid`` for wants that make no sense.
    """
    _check(system, wants)
    hand, total = _Hand(io, run, source, system, wants), Taken()
    patience = timedelta(0)  # a broker that was never there is more likely a wrong address
    ahead: Sequence[Arrival] = ()
    while limit := len(ahead) or wants.next(total.total):
        arrivals = ahead or await hand.fetch(limit, patience)
        patience = wants.patience
        if not arrivals:
            if wants.until_empty or arrivals is None:
                break
            continue
        kept, ahead = await hand.keep_and_look_ahead(arrivals, total.total)
        if kept is None:
            break
        await hand.acknowledge(arrivals)
        total = total.and_then(kept)
        run.tell(Progress("intake", "events", total.total))
    return total


@frozen
class _Hand:
    """What handles one batch. None says that it was asked to stop while broker or database were away."""

    io: Io
    run: Run
    source: Source
    system: str
    wants: Wants

    async def fetch(self, limit: int, patience: timedelta) -> Sequence[Arrival] | None:
        return await _patiently(self.io, self.wants, patience, partial(self.source.fetch, limit))

    async def keep_and_look_ahead(
        self, arrivals: Sequence[Arrival], taken: int
    ) -> tuple[Taken | None, Sequence[Arrival]]:
        """Keep a batch. While a full one is being committed, the next one is fetched."""
        limit = self.wants.next(taken + len(arrivals)) if len(arrivals) >= self.wants.batch else 0
        if not limit:
            return await self.keep(arrivals), ()
        jobs: list[Callable[[], Awaitable[object]]] = [partial(self.keep, arrivals), partial(self.look_ahead, limit)]
        kept, ahead = await self.io.gather(len(jobs), jobs)
        return cast("Taken | None", kept), cast("Sequence[Arrival]", ahead)

    async def look_ahead(self, limit: int) -> Sequence[Arrival]:
        try:
            return await self.source.fetch(limit)
        except RetryError:
            return ()  # the next fetch meets it too, and waits

    async def keep(self, arrivals: Sequence[Arrival]) -> Taken | None:
        messages, letters = _sorted(self.system, arrivals)

        async def commit() -> Taken:
            run = self.run
            return await self.io.transact(run.store, _keep, run.space, messages, letters, run.clock())

        return await _patiently(self.io, self.wants, self.wants.patience, commit)

    async def acknowledge(self, arrivals: Sequence[Arrival]) -> None:
        try:
            await self.source.ack(arrivals)
        except RetryError:
            return  # they come again, and change nothing


async def _patiently(io: Io, wants: Wants, patience: timedelta, attempt: Callable[[], Awaitable[T]]) -> T | None:
    """What an attempt gives, tried again while the other side is away; None when asked to stop meanwhile."""
    waited, pause = 0.0, 0.1
    while True:
        try:
            return await attempt()
        except RetryError as error:
            if waited >= patience.total_seconds():
                raise
            if wants.stop():
                return None
            seconds = max(pause * (0.5 + io.random() / 2), error.retry_after or 0.0)
            await io.sleep(seconds)
            waited, pause = waited + seconds, min(pause * 2, 5.0)


def _sorted(system: str, arrivals: Sequence[Arrival]) -> tuple[list[Message], list[DeadLetter]]:
    messages: list[Message] = []
    letters: list[DeadLetter] = []
    for arrival in arrivals:
        try:
            messages.append(message_of(system, arrival))
        except ShapeChanged as error:
            letters.append(letter_of_misfit(system, arrival, error))
    return messages, letters


def _keep(
    connection: Connection,
    space: str,
    messages: Sequence[Message],
    letters: Sequence[DeadLetter],
    now: datetime,
) -> Taken:
    """Keep a batch in one transaction."""
    offered = inbox.offer(connection, space, messages, now)
    dying = {letter.key: letter for letter in (*letters, *map(letter_of_clash, offered.clashing))}
    dead.bury(connection, space, list(dying.values()), now)
    new, clashing = len(offered.fresh), len(offered.clashing)
    return Taken(new, len(messages) - new - clashing, len(letters) + clashing)


def _check(system: str, wants: Wants) -> None:
    system_named(system, "intake")
    if wants.batch < 1 or (wants.limit is not None and wants.limit < 1):
        raise ConfigInvalid(
            "an intake of no messages was asked for", where="intake", next_step="give a batch and a limit of at least 1"
        )
