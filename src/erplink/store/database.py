"""Where erplink keeps its tables: one engine, one transaction at a time, opened the safe way for its dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa

from erplink.errors import ConfigInvalid
from erplink.store.contents import Contents, contents_of
from erplink.store.engines import engine_for, file_of, shown
from erplink.store.failures import in_our_words
from erplink.store.lend import Lending
from erplink.store.revision import prepare
from erplink.store.upgrade import Tell
from erplink.store.upgrade import upgrade as upgrade_tables

P = ParamSpec("P")
T = TypeVar("T")
Connection = sa.Connection
"""What every function of this room takes first. Other rooms name it, and leave statements to this one."""


class Store:
    """erplink's tables in one database. ``begin()`` is one transaction: commit at the end, roll back on any error.

    SQLite runs in WAL mode with ``synchronous=FULL`` and takes the write lock first (``BEGIN IMMEDIATE``), so that two
    processes wait for each other instead of failing half-way. PostgreSQL runs at READ COMMITTED; functions lock what
    they decide about.
    """

    def __init__(self, engine: sa.Engine, where: str) -> None:
        self._engine = engine
        self._where = where
        self._lending = Lending(engine.get_execution_options().get("schema_translate_map") or {})

    @classmethod
    def open(cls, url: str, *, schema: str = "") -> Self:
        """Open a database by its SQLAlchemy URL; create erplink's tables in an empty one.

        ``schema`` is the PostgreSQL schema that holds the tables; it is made if it is missing. Raises ``ConfigInvalid``
        for a wrong URL and ``StoreMismatch`` for tables of another revision, and what ``begin`` raises.

        >>> Store.open("sqlite://").close()
        """
        where = shown(url, schema)
        with _opened(url, schema) as engine:
            prepare(engine, where)
        return cls(engine, where)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction.

        Raises ``StoreUnavailable`` when the database is away, locked or full (``sent`` is ``maybe`` only if it went
        away during the commit), ``NotPermitted``, ``LoginRefused`` or ``StoreMismatch`` when a person must act.
        """
        with in_our_words(self._where) as phase, self._engine.connect() as connection, connection.begin():
            yield connection
            phase.sent = "maybe"

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


def open_store(url: str, *, schema: str = "") -> Store:
    """Open a database by its SQLAlchemy URL; create erplink's tables in an empty one.

    ``schema`` is the PostgreSQL schema that holds the tables; it is made if it is missing. Raises ``ConfigInvalid`` for
    a wrong URL, ``StoreMismatch`` for tables of another revision, and what ``Store.begin`` raises.

    >>> open_store("sqlite://").close()
    """
    return Store.open(url, schema=schema)


def upgrade(url: str, *, schema: str = "", tell: Tell = lambda _: None) -> str:
    """Bring the tables of an earlier erplink to the revision of this one, all steps or none; the revision before.

    Data is kept. An empty database gets today's tables.

    ``tell`` hears of each revision reached. Stop whatever else works on the database first, and back it up. Raises
    ``StoreMismatch`` when the tables are newer than this erplink, and what ``Store.begin`` raises.
    """
    see_file(url)
    with _opened(url, schema) as engine:
        with engine.begin() as connection:
            found = upgrade_tables(connection, shown(url, schema), tell)
        engine.dispose()
    return found


def look(url: str, *, schema: str = "") -> Contents:
    """What a database holds, of whatever revision its tables are. Changes nothing, and counts every row.

    Raises ``ConfigInvalid`` for a wrong URL, and what ``Store.begin`` raises.
    """
    see_file(url)
    with _opened(url, schema) as engine:
        with engine.begin() as connection:
            found = contents_of(connection)
        engine.dispose()
    return found


def see_file(url: str) -> None:
    """See that the file of an SQLite address is there: SQLite would make it. Raises ``ConfigInvalid``."""
    file = file_of(url)
    if file is not None and not file.exists():
        raise ConfigInvalid("there is no such file", where=shown(url), next_step="check its name and folder")


@contextmanager
def _opened(url: str, schema: str) -> Iterator[sa.Engine]:
    """An engine, given up again when the block fails."""
    engine = engine_for(url, schema)
    try:
        with in_our_words(shown(url, schema)):
            yield engine
    except BaseException:
        engine.dispose()
        raise
