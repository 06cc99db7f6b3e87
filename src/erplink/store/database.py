"""Where erplink keeps its tables: one engine, one transaction at a time, opened the safe way for its dialect."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from erplink.errors import ConfigInvalid, StoreMismatch, StoreUnavailable
from erplink.store.schema import META
from erplink.store.sync_tables import outbox as _outbox  # noqa: F401 - makes its tables known
from erplink.store.tables import REVISION, meta

Connection = sa.Connection
"""What every function of this room takes first. Other rooms name it, and leave statements to this one."""

_PRIMARY = 0xFF
_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""SQLite's codes for a database that is away, held by others, or full."""


class Store:
    """erplink's tables in one database. ``begin()`` is one transaction: commit at the end, roll back on any error.

    SQLite runs in WAL mode with ``synchronous=FULL`` and takes the write lock first (``BEGIN IMMEDIATE``), so that two
    processes wait for each other instead of failing half-way.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction. Raises ``StoreUnavailable`` when the database is away, locked for too long or full."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise unavailable(error) from error

    @property
    def engine(self) -> sa.Engine:
        """The engine, for those who look on: its events tell of every connection and statement."""
        return self._engine

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """Open a database by its SQLAlchemy URL; create erplink's tables in an empty one.

    Raises ``ConfigInvalid`` for a wrong URL and ``StoreMismatch`` for tables of another revision.

    >>> open_store("sqlite://").close()
    """
    try:
        engine = _engine(url)
        with engine.begin() as connection:
            _prepare(connection)
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigInvalid(
            "the database address cannot be read", where=_shown(url), next_step="write it like sqlite:///shop.db"
        ) from error
    except DatabaseError as error:
        raise ConfigInvalid(
            f"the database does not open: {error.orig}",
            where=_shown(url),
            next_step="check that the folder exists and that the file is a database",
        ) from error
    return Store(engine)


def _engine(url: str) -> sa.Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed)
    in_memory = parsed.database in (None, "", ":memory:")
    pool = {"poolclass": sa.StaticPool} if in_memory else {}
    engine = sa.create_engine(parsed, connect_args={"timeout": 60, "check_same_thread": False}, **pool)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _prepare(connection: sa.Connection) -> None:
    if not sa.inspect(connection).has_table(meta.name):
        META.create_all(connection)
        connection.execute(sa.insert(meta).values(revision=REVISION))
        return
    found = connection.execute(sa.select(meta.c.revision)).scalar_one()
    if found != REVISION:
        raise StoreMismatch(
            f"the tables are of revision {found}, this erplink needs {REVISION}",
            where="database",
            next_step="use the erplink that made them, or upgrade a copy of the database first",
        )


def unavailable(error: OperationalError) -> Exception:
    """What an error of the database means: ``StoreUnavailable``, or the error itself when waiting does not help."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & _PRIMARY not in _AWAY:
        return error
    return StoreUnavailable(
        f"the database cannot be used: {cause}",
        where="database",
        next_step="see that it runs, can be reached and has room; what was committed is kept",
        sent="no",
    )


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "database address"
