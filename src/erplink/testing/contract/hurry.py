"""Pauses that take no time: the shipped Io with a clock that jumps over every pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

from attrs import field, frozen

from erplink.wire.adapter import Adapter, Settings
from erplink.wire.call import Call, Reply
from erplink.wire.io import Database, Io, Span
from erplink.wire.pace import Pacing, own_pace

T = TypeVar("T")
C = TypeVar("C")
P = ParamSpec("P")


class Pauses:
    """The pauses that were made, in seconds, and all of them together. Safe under threads."""

    def __init__(self) -> None:
        self.made: list[float] = []
        self._total = 0.0
        self._lock = Lock()

    def add(self, seconds: float) -> None:
        """One more."""
        with self._lock:
            self.made.append(seconds)
            self._total += seconds

    @property
    def total(self) -> timedelta:
        """How far the clock has jumped."""
        return timedelta(seconds=self._total)


@frozen
class Hurried:
    """An ``Io`` over a real one that notes pauses instead of making them."""

    real: Io
    pauses: Pauses

    async def send(self, call: Call) -> Reply:
        """Over the real network."""
        return await self.real.send(call)

    async def transact(
        self, db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """In a real transaction."""
        return await self.real.transact(db, fn, *args, **kwargs)

    async def gather(self, limit: int, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """In real threads or tasks."""
        return await self.real.gather(limit, jobs)

    async def sleep(self, seconds: float) -> None:
        """Jump ahead."""
        self.pauses.add(seconds)
        await self.real.sleep(0.0)

    def lock(self) -> AbstractAsyncContextManager[object]:
        """A real lock."""
        return self.real.lock()

    def slots(self, limit: int) -> AbstractAsyncContextManager[object]:
        """A real bound."""
        return self.real.slots(limit)

    def now(self) -> datetime:
        """The present instant, and all pauses on top."""
        return self.real.now() + self.pauses.total

    def random(self) -> float:
        """Real chance."""
        return self.real.random()

    def span(self, name: str, **facts: object) -> AbstractAsyncContextManager[Span]:
        """A real span."""
        return self.real.span(name, **facts)


@frozen
class Hurry:
    """Settings whose adapter is in a hurry."""

    settings: Settings
    pauses: Pauses = field(factory=Pauses)

    @property
    def zone(self) -> str:
        """That of the settings, if they name one."""
        found: str = getattr(self.settings, "zone", "UTC")
        return found

    def open(self, io: Io, *, parallel: int, pacing: Pacing = own_pace) -> Adapter:
        """The adapter over this Io, without its pauses."""
        return self.settings.open(Hurried(io, self.pauses), parallel=parallel, pacing=pacing)
