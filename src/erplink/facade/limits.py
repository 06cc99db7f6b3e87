"""A limit of calls that several processes keep together, in a database of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import evolve, frozen

from erplink.errors import ConfigInvalid, LoginRefused, RetryError
from erplink.store import limits
from erplink.store.database import Connection, Store
from erplink.wire.io import Io
from erplink.wire.pace import Pace, book
from erplink.wire.rate import Rate


class SharedLimits:
    """The limits in one database, opened by its SQLAlchemy URL. Raises what ``Store.open`` raises."""

    def __init__(self, url: str) -> None:
        self._store = Store.open(url)

    def pace(self, io: Io, backend: str, rate: Rate | None) -> Pace:
        """The pace of one connection, shared with every other one to that backend."""
        return SharedPace(io, self._store, backend, rate)

    def close(self) -> None:
        """Give back every connection to the database."""
        self._store.close()


@frozen
class SharedPace:
    """The pace of one connection to a backend that others call too. Whoever shares it should give the same rate."""

    io: Io
    store: Store
    backend: str
    rate: Rate | None

    async def reserve(self, earliest: datetime, latest: datetime) -> datetime:
        """The first free instant, taken if it is not after ``latest``.

        Raises ``StoreUnavailable`` with ``sent="no"``, ``NotPermitted``, ``StoreMismatch``, ``ConfigInvalid``.
        """
        try:
            return await self.io.transact(self.store, _reserve, self.backend, self.rate, earliest, latest, self.io.now)
        except RetryError as error:
            error.sent = "no"
            raise
        except LoginRefused as error:
            # Whoever called would take it for a refusal of the system, and never log in there again.
            raise ConfigInvalid(error.what, where=error.where, next_step=error.next_step) from error

    async def pause(self, until: datetime) -> None:
        """Let nobody have an instant before ``until``."""
        await self.io.transact(self.store, _pause, self.backend, until)


def _reserve(
    connection: Connection,
    backend: str,
    rate: Rate | None,
    earliest: datetime,
    latest: datetime,
    clock: Callable[[], datetime],
) -> datetime:
    used = limits.hold(connection, backend)
    # The clock is read when the others have been waited for: an instant that has passed would let calls bunch.
    first = max(earliest, clock(), used.paused_until or earliest)
    if first > latest:
        return first
    instant, due_at = book(rate, used.due_at, first, latest)
    if due_at != used.due_at:
        limits.keep(connection, backend, evolve(used, due_at=due_at))
    return instant


def _pause(connection: Connection, backend: str, until: datetime) -> None:
    used = limits.hold(connection, backend)
    if used.paused_until is None or used.paused_until < until:
        limits.keep(connection, backend, evolve(used, paused_until=until))
