"""When the next call may be sent: a limit kept by one process, or one that somebody else keeps for many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from erplink.wire.io import Io
from erplink.wire.rate import Rate


class Pace(Protocol):
    """Gives each call its instant. Asked by one caller of a connection at a time; others may share it elsewhere."""

    async def reserve(self, earliest: datetime, latest: datetime) -> datetime:
        """The first instant from ``earliest`` on that is free, taken if it is not after ``latest``.

        Raises ``RetryError`` with ``sent="no"`` when whoever keeps the limit cannot be asked.
        """
        ...

    async def pause(self, until: datetime) -> None:
        """Let nobody who shares the limit have an instant before ``until``."""
        ...


Pacing = Callable[[Io, str, Rate | None], Pace]
"""Makes the pace of a connection to a backend, named so that whoever calls the same one uses the same name."""


def book(
    rate: Rate | None, due_at: datetime | None, earliest: datetime, latest: datetime
) -> tuple[datetime, datetime | None]:
    """The first free instant, and when the call after it is due. Pure. What lies after ``latest`` is not taken."""
    if rate is None:
        return earliest, due_at
    delay, after = rate.reserve(due_at, earliest)
    instant = earliest + timedelta(seconds=delay)
    return instant, after if instant <= latest else due_at


class OwnPace:
    """The pace of one connection, shared with nobody."""

    def __init__(self, rate: Rate | None) -> None:
        self._rate = rate
        self._due_at: datetime | None = None

    async def reserve(self, earliest: datetime, latest: datetime) -> datetime:
        """The first free instant."""
        instant, self._due_at = book(self._rate, self._due_at, earliest, latest)
        return instant

    async def pause(self, until: datetime) -> None:
        """Nobody else is to be told."""


def own_pace(io: Io, backend: str, rate: Rate | None) -> Pace:  # noqa: ARG001 - a Pacing
    """The limit holds for one connection."""
    return OwnPace(rate)
