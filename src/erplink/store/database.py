"""Where erplink keeps its tables: one engine, one transaction at a time, opened the safe way for its dialect."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from erplink.errors import ConfigInvalid, StoreMismatch
from erplink.store.lend import Lending
from erplink.store.schema import META
from erplink.store.sync_tables import outbox as _outbox  # noqa: F401 - makes its tables known
from erplink.store.tables import REVISION, meta

P = ParamSpec("P")
T = TypeVar("T")
Connection = sa.Connection
"""What every function of this room takes first. Other rooms name it, and leave statements to this one."""


class Store:
    """erplink's tables in one database. ``begin()`` is one transaction: commit at the end, roll back on any error.

    SQLite runs in WAL mode with ``synchronous=FULL`` and takes the write lock first (``BEGIN IMMEDIATE``), so that two
    processes wait for each other instead of failing half-way.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lending = Lending(engine.get_execution_options().get("schema_translate_map") or {})

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a database by its SQLAlchemy URL; create erplink's tables in an empty one.

        Raises ``ConfigInvalid`` for a wrong URL and ``StoreMismatch`` for tables of another revision.

        >>> Store.open("sqlite://").close()
        """
        return cls(_opened(url))

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction."""
        with self._engine.begin() as connection:
            yield connection

    def lend(self, lent: object) -> AbstractContextManager[sa.Connection]:
        """A connection inside the transaction of the host application, on what the host lends; good for one block.

        ``lent`` is an SQLAlchemy ``Connection`` or ``Session``, or a raw connection of ``sqlite3``, ``psycopg`` or
        ``psycopg2`` (``connection.connection`` in Django). It is never committed, rolled back, closed or changed.
        Raises ``ProtocolBroken`` for anything else, and ``StoreUnavailable`` when the host should roll back and run its
        transaction again.
        """
        return self._lending.lend(lent)

    async def run_lent(
        self, lent: object, fn: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like ``lend``, for tasks: run ``fn(connection, *args)`` inside the transaction of the host application.

        ``lent`` is an SQLAlchemy ``AsyncConnection`` or ``AsyncSession``, or a raw connection of ``asyncpg`` or
        ``psycopg``. Raises ``ConfigInvalid`` when ``greenlet`` is missing.
        """
        return await self._lending.run_lent(lent, fn, *args, **kwargs)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """Open a database by its SQLAlchemy URL; create erplink's tables in an empty one.

    Raises ``ConfigInvalid`` for a wrong URL and ``StoreMismatch`` for tables of another revision.

    >>> open_store("sqlite://").close()
    """
    return Store.open(url)


def _opened(url: str) -> sa.Engine:
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
    return engine


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


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "database address"
