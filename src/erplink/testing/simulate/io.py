"""``Io`` in the simulated world: every method is a step for the scheduler, time is virtual, chance is seeded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Concatenate, ParamSpec, TypeVar

from erplink.testing.simulate.steps import Gather, Send, Sleep, Slots, Transact, caller, named
from erplink.wire.call import Call, Reply
from erplink.wire.io import Database, Span

T = TypeVar("T")
C = TypeVar("C")
P = ParamSpec("P")

BEGINNING = datetime(2026, 3, 2, tzinfo=UTC)
"""The instant 0 of every simulated world."""


def instant(micros: int) -> datetime:
    """An instant of virtual time."""
    return BEGINNING + timedelta(microseconds=micros)


class _Unseen:
    """A span that nobody looks at."""

    def note(self, **facts: object) -> None:
        """Nothing."""

    async def __aenter__(self) -> Span:
        return self

    async def __aexit__(self, *ended: object) -> None:
        return None


_UNSEEN = _Unseen()


class SimIo:
    """The ``Io`` of one life of one process. ``clock`` gives virtual microseconds as this process sees them."""

    def __init__(self, clock: Callable[[], int], chance: Random, life: str) -> None:
        self.life = life
        self._clock = clock
        self._chance = chance

    async def send(self, call: Call) -> Reply:
        """One call to the server."""
        reply: Reply = await Send(f"send:{call.operation}", call)
        return reply

    async def transact(
        self, db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One function in one transaction."""
        result: T = await Transact(f"transact:{named(fn)}", db, fn, args, kwargs)
        return result

    async def gather(self, limit: int, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Jobs that really run into each other, under the scheduler."""
        results: list[T] = await Gather(f"gather:{caller()}", limit, jobs)
        return results

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await Sleep(f"sleep:{caller()}", seconds)

    def lock(self) -> AbstractAsyncContextManager[Any]:
        """A lock among the tasks of this process."""
        return Slots(f"lock:{caller()}")

    def slots(self, limit: int) -> AbstractAsyncContextManager[Any]:
        """A bound among the tasks of this process."""
        return Slots(f"slots:{caller()}", limit)

    def now(self) -> datetime:
        """The present instant by the clock of this process, which may be wrong."""
        return instant(self._clock())

    def random(self) -> float:
        """The next number of the seed's series."""
        return self._chance.random()

    def span(self, name: str, **facts: object) -> AbstractAsyncContextManager[Span]:  # noqa: ARG002
        """Not observed."""
        return _UNSEEN
