"""Work inside a transaction that the host application began, on a connection that it lends.

What is lent is an SQLAlchemy ``Connection`` or ``Session``, or the raw connection of another library: ``sqlite3``,
``psycopg``, ``psycopg2``; in tasks an SQLAlchemy ``AsyncConnection`` or ``AsyncSession``, or a connection of
``asyncpg`` or ``psycopg``. Nothing here commits, rolls back, closes or sets anything: what is written stands or falls
with the host's own rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa

from erplink.errors import ConfigInvalid, ProtocolBroken, StoreUnavailable
from erplink.store.drivers import Dialect, Driver, Schemas, dialect_of, driver_of, require_transaction
from erplink.store.failures import in_our_words

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

P = ParamSpec("P")
T = TypeVar("T")


class Lending:
    """How one store works on what it is lent: where its tables are, and the dialect of each driver it met."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = dict(schemas)
        self._dialects: dict[Driver, Dialect] = {}

    @contextmanager
    def lend(self, lent: object) -> Iterator[sa.Connection]:
        """A connection for the functions of this room, inside the host's transaction; it is good until the block ends.

        Raises ``ProtocolBroken`` for what cannot be lent or is in no transaction, ``StoreUnavailable`` when the host
        should roll back and run its transaction again.
        """
        driver = driver_of(lent)
        if isinstance(lent, Inside):
            yield cast("sa.Connection", lent)
        elif driver is not None and not driver.awaited:
            with _by_the_host(), self._engine(lent, driver).connect() as connection:
                yield connection
        else:
            with _by_the_host():
                yield self._inside(_connection(lent))

    async def run_lent(
        self, lent: object, fn: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function of this room inside the transaction of an asynchronous host, in the host's own task.

        Raises what ``lend`` raises, and ``ConfigInvalid`` when ``greenlet`` is missing.
        """

        def inside(host: sa.Connection) -> T:
            return fn(self._inside(host), *args, **kwargs)

        _require_greenlet()
        driver = driver_of(lent)
        with _by_the_host():
            if driver is None or not driver.awaited:
                return await (await _async_connection(lent)).run_sync(inside)
            from sqlalchemy.ext.asyncio import AsyncEngine

            async with AsyncEngine(self._engine(lent, driver)).connect() as connection:
                return await connection.run_sync(inside)

    def _engine(self, lent: object, driver: Driver) -> sa.Engine:
        require_transaction(lent, driver)
        if driver not in self._dialects:
            self._dialects[driver] = dialect_of(driver)
        return self._dialects[driver].engine(lent, self._schemas)

    def _inside(self, host: sa.Connection) -> sa.Connection:
        return cast("sa.Connection", Inside(host, self._schemas))


class Inside:
    """A host's SQLAlchemy connection, on which statements find our tables, whatever schemas the host has it look in."""

    def __init__(self, host: sa.Connection, schemas: Schemas) -> None:
        self._host = host
        self._options = {"schema_translate_map": schemas}

    @property
    def dialect(self) -> sa.Dialect:
        """The host's."""
        return self._host.dialect

    def execute(self, statement: Any, parameters: Any = None) -> sa.CursorResult[Any]:  # noqa: ANN401 - as SQLAlchemy has it
        """As of ``sa.Connection``."""
        return self._host.execute(statement, parameters, execution_options=self._options)


@contextmanager
def _by_the_host() -> Iterator[None]:
    """What a database complains of, for those who alone can roll back and begin again."""
    try:
        with in_our_words("a lent connection"):
            yield
    except StoreUnavailable as error:
        step = "roll back, and run the whole transaction again"
        raise StoreUnavailable(error.what, where=error.where, next_step=step, sent="no") from error.__cause__


def _connection(lent: object) -> sa.Connection:
    found = lent
    if not isinstance(lent, sa.Connection):
        from sqlalchemy.orm import Session, scoped_session

        found = lent.connection() if isinstance(lent, Session | scoped_session) else None
    if not isinstance(found, sa.Connection):
        raise _cannot(lent, "lend an SQLAlchemy connection or session, or a connection of sqlite3, psycopg or psycopg2")
    _require_commits_by_host(found)
    return found


async def _async_connection(lent: object) -> AsyncConnection:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

    found = await lent.connection() if isinstance(lent, AsyncSession) else lent
    if not isinstance(found, AsyncConnection):
        raise _cannot(lent, "lend an SQLAlchemy AsyncConnection or AsyncSession, or a connection of asyncpg or psycopg")
    if found.sync_connection is not None:
        _require_commits_by_host(found.sync_connection)
    return found


def _require_commits_by_host(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        raise ProtocolBroken(
            "the lent connection commits each statement by itself",
            where="SQLAlchemy, isolation_level AUTOCOMMIT",
            next_step="lend a connection with a transaction",
        )


def _cannot(lent: object, next_step: str) -> ProtocolBroken:
    kind = type(lent)
    return ProtocolBroken(f"{kind.__module__}.{kind.__qualname__} cannot be lent here", next_step=next_step)


def _require_greenlet() -> None:
    if find_spec("greenlet") is None:
        raise ConfigInvalid(
            "lending an asynchronous connection needs greenlet, which is not installed",
            next_step="pip install 'SQLAlchemy[asyncio]'",
        )
