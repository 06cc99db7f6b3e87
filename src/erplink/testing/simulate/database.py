"""The database of a simulated world: a clone of a template, real SQLite, whose cursors ask before they act.

The store is the shipped one with its own engine settings; only the file is another for each seed, it lies in memory
where the machine offers that, nothing is synced to a disk, and a lock is waited for in virtual time.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from typing import Any, Self

import sqlalchemy as sa
from attrs import define, field
from sqlalchemy import event

from erplink.store.database import Connection, Store, open_store
from erplink.store.engines import engine_for
from erplink.testing.simulate.transactions import current

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it


Looking = sqlite3.Connection
"""A connection of those who look on: it sees what is committed."""

EMPTY = "empty"
"""The template that holds what ``prepare`` put there."""


class SimCursor(sqlite3.Cursor):
    """A cursor that asks before each statement, and waits for a lock in virtual time."""

    def execute(self, sql: str, parameters: Any = (), /) -> Self:  # noqa: ANN401 - as sqlite3 has it
        """One statement."""
        _patiently(self, super().execute, sql, parameters)
        return self

    def executemany(self, sql: str, parameters: Any, /) -> Self:  # noqa: ANN401 - as sqlite3 has it
        """One statement for many rows."""
        _patiently(self, super().executemany, sql, parameters)
        return self


class SimConnection(sqlite3.Connection):
    """A connection with cursors that ask. ``patience`` is how many seconds it would wait for a lock."""

    patience = 0.0
    borrowed = False

    def cursor(self, factory: Any = None) -> Any:  # noqa: ANN401, ARG002 - as sqlite3 has it
        """A cursor that asks."""
        return super().cursor(SimCursor)


class _Borrowed(SimConnection):
    """A connection of the application."""

    borrowed = True


def _patiently(cursor: sqlite3.Cursor, run: Callable[[str, Any], Any], sql: str, parameters: object) -> None:
    transaction = current()
    if transaction is None:
        run(sql, parameters)
        return
    connection: Any = cursor.connection
    transaction.before_statement(borrowed=connection.borrowed)
    if transaction.refused:
        away = sqlite3.OperationalError("disk I/O error")
        away.sqlite_errorcode, away.sqlite_errorname = sqlite3.SQLITE_IOERR, "SQLITE_IOERR"
        raise away
    since: int | None = None
    while True:
        try:
            run(sql, parameters)
        except sqlite3.OperationalError as error:
            # A snapshot that is out of date stays so (its code is an extended one): waiting does not help.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            since = transaction.wait_for_lock(connection.patience, since)
            if since is None:
                raise
        else:
            return


@define
class Borrowing:
    """A connection as an application has it, from an engine made with no thought of erplink, lent to erplink."""

    engine: sa.Engine
    store: Store

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction of the application."""
        with self.engine.begin() as host, self.store.lend(host) as connection:
            yield connection


@define
class Databases:
    """The templates of this process, and the clone that is in use."""

    store: Store
    shop: Borrowing
    file: Path
    _templates: dict[str, bytes] = field(repr=False, factory=dict)
    _looking: sqlite3.Connection | None = None

    @classmethod
    def make(cls, prepare: Callable[[Connection], None]) -> Databases:
        """Make the template with the shipped ``open_store``; ``prepare`` fills it."""
        folder = Path(tempfile.mkdtemp(prefix="erplink-simulate-", dir=_MEMORY if _MEMORY.is_dir() else None))
        file = folder / "books.db"
        url = f"sqlite:///{file}"
        opened = open_store(url)
        with opened.begin() as connection:
            prepare(connection)
        opened.close()
        own, shop = engine_for(url), sa.create_engine(url)
        event.listen(own, "do_connect", _redirect(SimConnection))
        event.listen(own, "connect", _unsynced)
        event.listen(shop, "do_connect", _redirect(_Borrowed))
        for engine in (own, shop):
            # SQLAlchemy looks at a database once, under a lock: not in a transaction that may be held up.
            engine.connect().close()
        store = Store(own, url)
        return cls(store, Borrowing(shop, store), file, {EMPTY: file.read_bytes()})

    def keep(self, template: str) -> None:
        """The database as it is now becomes a template."""
        self._close()
        self._templates[template] = self.file.read_bytes()

    def clone(self, template: str) -> None:
        """Begin anew: the file is the template again, and nobody holds a connection to the old one."""
        self._let_go()
        self.file.write_bytes(self._templates[template])
        self._looking = sqlite3.connect(self.file, isolation_level=None)

    @property
    def looking(self) -> sqlite3.Connection:
        """A connection of those who only look on."""
        assert self._looking is not None  # noqa: S101 - ``clone`` comes first
        return self._looking

    def close(self) -> None:
        """Leave nothing behind."""
        self._let_go()
        rmtree(self.file.parent, ignore_errors=True)

    def _close(self) -> None:
        self.store.close()
        self.shop.engine.dispose()
        if self._looking is not None:
            self._looking.close()

    def _let_go(self) -> None:
        self._close()
        for name in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.file}{name}").unlink()


def _redirect(kind: type[SimConnection]) -> Callable[..., None]:
    def connect(_dialect: object, _record: object, _args: list[Any], options: dict[str, Any]) -> None:
        kind.patience = options.get("timeout", 5.0)
        options.update(factory=kind, timeout=0)

    return connect


def _unsynced(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF").close()


def execute(connection: Connection, sql: str, **values: str | int) -> None:
    """One statement of the application, on its own tables."""
    connection.execute(sa.text(sql), values)
