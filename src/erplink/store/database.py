"""Where erplink keeps its tables: one engine, one transaction at a time, opened the safe way for its dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from erplink.errors import ConfigInvalid
from erplink.store.engines import engine_for, shown
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
        with _opened(url, schema) as engine:
            prepare(engine, schema, shown(url))
        return cls(engine, shown(url))

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

    ``tell`` hears of each revision reached. Stop whatever else works on the database first, and back it up. Raises
    ``StoreMismatch`` when the tables are newer than this erplink.
    """
    with _opened(url, schema) as engine:
        with engine.begin() as connection:
            found = upgrade_tables(connection, schema, shown(url), tell)
        engine.dispose()
    return found


@contextmanager
def _opened(url: str, schema: str) -> Iterator[sa.Engine]:
    """An engine, given up again when the block fails."""
    try:
        engine = engine_for(url, schema)
    except (ArgumentError, ValueError) as error:
        raise ConfigInvalid(
            "the database address cannot be read", where=shown(url), next_step="write it like sqlite:///shop.db"
        ) from error
    try:
        with in_our_words(shown(url)):
            yield engine
    except BaseException:
        engine.dispose()
        raise
