"""Where erplink keeps its tables: one engine, one transaction at a time, opened the safe way for its dialect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DatabaseError

from erplink.errors import ConfigInvalid
from erplink.store.engines import engine_for, shown
from erplink.store.failures import retriable
from erplink.store.revision import prepare
from erplink.store.upgrade import Tell
from erplink.store.upgrade import upgrade as upgrade_tables

Connection = sa.Connection
"""What every function of this room takes first. Other rooms name it, and leave statements to this one."""


class Store:
    """erplink's tables in one database. ``begin()`` is one transaction: commit at the end, roll back on any error.

    SQLite runs in WAL mode with ``synchronous=FULL`` and takes the write lock first (``BEGIN IMMEDIATE``), so that two
    processes wait for each other instead of failing half-way. PostgreSQL runs at READ COMMITTED; functions lock what
    they decide about.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction. Raises ``StoreUnavailable`` when it may succeed if it is run again."""
        with retriable(), self._engine.begin() as connection:
            yield connection

    @property
    def engine(self) -> sa.Engine:
        """The engine, for those who look on: its events tell of every connection and statement."""
        return self._engine

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def open_store(url: str, *, schema: str = "") -> Store:
    """Open a database by its SQLAlchemy URL; create erplink's tables in an empty one.

    ``schema`` is the PostgreSQL schema that holds the tables; it is made if it is missing. Raises ``ConfigInvalid`` for
    a wrong URL and ``StoreMismatch`` for tables of another revision.

    >>> open_store("sqlite://").close()
    """
    with _opened(url, schema) as engine:
        prepare(engine, schema, shown(url))
    return Store(engine)


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
        yield engine
    except DatabaseError as error:
        engine.dispose()
        raise ConfigInvalid(
            f"the database does not open: {error.orig}",
            where=shown(url),
            next_step="check that the folder exists and that the file is a database",
        ) from error
    except BaseException:
        engine.dispose()
        raise
