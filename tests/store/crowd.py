"""Transactions that meet: each in a thread of its own, brought together at the moment that a test is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Barrier, Event
from typing import TypeVar

from sqlalchemy.engine import make_url

from erplink.facade.database import transact
from erplink.store.database import Connection, open_store
from tests.databases import Databases

T = TypeVar("T")


class Crowd:
    """Workers on one PostgreSQL database."""

    def __init__(self, databases: Databases, pool: ThreadPoolExecutor) -> None:
        assert databases.server is not None
        self._server = databases.server
        self.url = databases.url()
        self._name = make_url(self.url).database or ""
        self._pool = pool
        self.store = open_store(self.url)

    def meanwhile(self, work: Callable[[Connection], T]) -> Future[T]:
        """Begin a transaction elsewhere, and go on here as soon as it waits for us or is done."""
        before = self._waiting()
        done = self._pool.submit(transact, self.store, work)
        while not done.done() and self._waiting() == before:
            wait([done], timeout=0.02)
        return done

    def at_once(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Begin all at the same moment; what each gives, in order."""
        start = Barrier(len(works))

        def begin(work: Callable[[], T]) -> T:
            start.wait()
            return work()

        return list(self._pool.map(begin, works))

    def deadlocks(self) -> int:
        """How many transactions were ended here because they waited for each other; closes the connections."""
        self.store.close()
        query = "SELECT deadlocks, numbackends FROM pg_stat_database WHERE datname = %s"
        while True:
            ((number, connected),) = self._server.run(query, self._name)
            if not connected:  # what a connection counted is told when it is gone
                return int(str(number))
            Event().wait(0.02)

    def _waiting(self) -> object:
        """Who waits for a lock, and which one."""
        query = (
            "SELECT pid, query_start FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock' ORDER BY 1"
        )
        return self._server.run(query, self._name)


@contextmanager
def crowd(databases: Databases, size: int = 8) -> Iterator[Crowd]:
    """Workers, gone after the block."""
    with ThreadPoolExecutor(size) as pool:
        met = Crowd(databases, pool)
        try:
            yield met
        finally:
            met.store.close()
