"""A clock that moves only when told, and an Io on it: hours of pauses pass in no time, chance comes from a seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Concatenate, ParamSpec, TypeVar

from erplink.errors import ProtocolBroken
from erplink.wire.call import Call, Reply
from erplink.wire.io import Database, Span

T = TypeVar("T")
C = TypeVar("C")
P = ParamSpec("P")


class VirtualClock:
    """An instant that is moved by hand.

    >>> clock = VirtualClock()
    >>> clock.advance(90.0)
    >>> clock.now().isoformat()
    '2026-01-01T00:01:30+00:00'
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """The present instant, aware."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)


class VirtualIo:
    """``Io`` over a function that answers calls: it may return a ``Reply`` or raise ``SendFailed``.

    One caller at a time; ``gather`` runs its jobs one after the other. ``calls`` and ``slept`` tell what happened,
    chance comes from ``seed``.
    """

    def __init__(self, answer: Callable[[Call], Reply], *, clock: VirtualClock | None = None, seed: int = 0) -> None:
        self.clock = VirtualClock() if clock is None else clock
        self.calls: list[Call] = []
        self.slept: list[float] = []
        self.spans: list[VirtualSpan] = []
        self._answer = answer
        self._random = Random(seed)  # noqa: S311 - repeatable chance is the point

    async def send(self, call: Call) -> Reply:
        """The answer to the call."""
        self.calls.append(call)
        return self._answer(call)

    async def transact(
        self, db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function in one transaction."""
        with db.begin() as connection:
            return fn(connection, *args, **kwargs)

    async def gather(self, limit: int, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Run the jobs in order; ``limit`` is kept by having one at a time."""
        if limit < 1:
            raise ProtocolBroken(f"gather was asked to run {limit} jobs at once", next_step="ask for at least 1")
        return [await job() for job in jobs]

    async def sleep(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.slept.append(seconds)
        self.clock.advance(seconds)

    def lock(self) -> AbstractAsyncContextManager[object]:
        """A lock that nobody else can hold; taken twice it raises instead of waiting for ever."""
        return _OneCaller(1, "a lock was taken twice by one caller")

    def slots(self, limit: int) -> AbstractAsyncContextManager[object]:
        """A bound; one caller that needs more than all of it raises instead of waiting for ever."""
        return _OneCaller(limit, f"one caller took more than all of {limit} slots")

    def now(self) -> datetime:
        """The clock's instant."""
        return self.clock.now()

    def random(self) -> float:
        """The next number of the seeded series."""
        return self._random.random()

    def span(self, name: str, **facts: object) -> AbstractAsyncContextManager[Span]:
        """A stretch of work, kept in ``spans``."""
        span = VirtualSpan(name, facts)
        self.spans.append(span)
        return span


class VirtualSpan:
    """A span to look at afterwards."""

    def __init__(self, name: str, facts: dict[str, object]) -> None:
        self.name = name
        self.facts = facts

    def note(self, **facts: object) -> None:
        """Add facts."""
        self.facts.update(facts)

    async def __aenter__(self) -> Span:
        return self

    async def __aexit__(self, *ended: object) -> None:
        return None


class _OneCaller:
    def __init__(self, limit: int, words: str) -> None:
        self._left = limit
        self._words = words

    async def __aenter__(self) -> None:
        if self._left == 0:
            raise ProtocolBroken(self._words, next_step="leave the first block before entering the second")
        self._left -= 1

    async def __aexit__(self, *ended: object) -> None:
        self._left += 1
