"""Signs of life that ride in the transactions a worker makes anyway: no thread, no timer, no call of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from attrs import define, field

from erplink.store import turns, workers
from erplink.store.database import Connection
from erplink.store.turns import Turn
from erplink.store.workers import Sign, Task
from erplink.wire.io import Database

LEASE = timedelta(minutes=2)
"""How long a feed stays taken after the last sign of life of whoever reads it."""

EVERY = timedelta(seconds=15)


@define
class Pulse:
    """A store whose transactions carry a sign of life now and then, and hold on to the ``turns`` that were taken.

    ``worker`` is the name that people see, ``process`` the one under which turns and messages are held.
    The sign is the last thing in its transaction, so that its row is locked for no longer than a commit takes.
    """

    store: Database[Connection]
    space: str
    worker: str
    process: str
    clock: Callable[[], datetime]
    works: tuple[Task, ...] = ()
    turns: set[Turn] = field(factory=set)
    doing: str = ""
    started_at: datetime | None = None
    _last: datetime | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction."""
        with self.store.begin() as connection:
            yield connection
            now = self.clock()
            if self._last is None or now - self._last >= EVERY:
                self.sign(connection, self.doing)

    def sign(self, connection: Connection, doing: str) -> None:
        """Give a sign of life now."""
        self._last = now = self.clock()
        self.doing, self.started_at = doing, self.started_at or now
        workers.give(connection, self.space, Sign(self.worker, self.started_at, now, doing, self.works))
        turns.hold(connection, self.space, self.turns, self.process, now + LEASE)
