"""Applications with a transaction of their own, each on another library, with habits that are not ours."""

# ruff: noqa: ANN401 - connections of any library

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import psycopg
import psycopg2
import psycopg2.extras
import sqlalchemy as sa
from attrs import field, frozen
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

INSERT = "INSERT INTO visits VALUES ('host')"


@frozen
class Host:
    """What it lends, and how it writes its own row and ends its transaction."""

    lent: Any
    visit: Callable[[], object]
    commit: Callable[[], object]
    rollback: Callable[[], object]


class Watched(sqlite3.Connection):
    """Knows every cursor that was made on it."""

    cursors: list[sqlite3.Cursor]

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        made = super().cursor(*args, **kwargs)
        self.cursors = [*getattr(self, "cursors", []), made]
        return made


@contextmanager
def sqlalchemy_connection(url: str) -> Iterator[Host]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield Host(connection, lambda: connection.execute(sa.text(INSERT)), connection.commit, connection.rollback)
    engine.dispose()


@contextmanager
def sqlalchemy_session(url: str) -> Iterator[Host]:
    engine = sa.create_engine(url)
    with Session(engine) as session:
        yield Host(session, lambda: session.execute(sa.text(INSERT)), session.commit, session.rollback)
    engine.dispose()


@contextmanager
def python_sqlite3(url: str) -> Iterator[Host]:
    raw = sqlite3.connect(path_of(url), factory=Watched)
    raw.row_factory = lambda cursor, row: {name[0]: value for name, value in zip(cursor.description, row, strict=True)}
    yield Host(raw, lambda: raw.execute(INSERT).close(), raw.commit, raw.rollback)
    raw.close()


@contextmanager
def begun_by_hand(url: str) -> Iterator[Host]:
    """The way of Django: the driver leaves transactions alone, and BEGIN takes no lock."""
    raw = sqlite3.connect(path_of(url), factory=Watched, isolation_level=None)
    raw.execute("BEGIN").close()
    yield Host(raw, lambda: raw.execute(INSERT).close(), raw.commit, raw.rollback)
    raw.close()


@contextmanager
def with_psycopg(url: str) -> Iterator[Host]:
    with psycopg.connect(dsn(url), row_factory=dict_row) as raw:
        yield Host(raw, lambda: raw.execute(INSERT), raw.commit, raw.rollback)


@contextmanager
def with_psycopg2(url: str) -> Iterator[Host]:
    raw = psycopg2.connect(dsn(url), cursor_factory=psycopg2.extras.RealDictCursor)

    def visit() -> None:
        with raw.cursor() as cursor:
            cursor.execute(INSERT)

    yield Host(raw, visit, raw.commit, raw.rollback)
    raw.close()


HOSTS = {
    "sqlite": (sqlalchemy_connection, sqlalchemy_session, python_sqlite3, begun_by_hand),
    "postgresql": (sqlalchemy_connection, sqlalchemy_session, with_psycopg, with_psycopg2),
}


@frozen
class AsyncHost:
    """Likewise, to be awaited."""

    lent: Any = field(repr=False)
    visit: Callable[[], Awaitable[object]]
    commit: Callable[[], Awaitable[object]]
    rollback: Callable[[], Awaitable[object]]


AsyncOpens = Callable[[str], AbstractAsyncContextManager[AsyncHost]]


@asynccontextmanager
async def async_connection(url: str) -> Any:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        text = sa.text(INSERT)
        yield AsyncHost(connection, lambda: connection.execute(text), connection.commit, connection.rollback)
    await engine.dispose()


@asynccontextmanager
async def async_session(url: str) -> Any:
    engine = create_async_engine(url)
    async with AsyncSession(engine) as session:
        yield AsyncHost(session, lambda: session.execute(sa.text(INSERT)), session.commit, session.rollback)
    await engine.dispose()


@asynccontextmanager
async def with_asyncpg(url: str) -> Any:
    raw = await asyncpg.connect(dsn(url))
    transaction = raw.transaction()
    await transaction.start()
    yield AsyncHost(raw, lambda: raw.execute(INSERT), transaction.commit, transaction.rollback)
    await raw.close()


@asynccontextmanager
async def from_a_pool_of_asyncpg(url: str) -> Any:
    async with asyncpg.create_pool(dsn(url), min_size=1, max_size=1) as pool, pool.acquire() as raw:
        transaction = raw.transaction()
        await transaction.start()
        yield AsyncHost(raw, lambda: raw.execute(INSERT), transaction.commit, transaction.rollback)


@asynccontextmanager
async def with_async_psycopg(url: str) -> Any:
    async with await psycopg.AsyncConnection.connect(dsn(url), row_factory=dict_row) as raw:
        yield AsyncHost(raw, lambda: raw.execute(INSERT), raw.commit, raw.rollback)


ASYNC_HOSTS: dict[str, tuple[tuple[AsyncOpens, str], ...]] = {
    "sqlite": ((async_connection, "sqlite+aiosqlite"), (async_session, "sqlite+aiosqlite")),
    "postgresql": (
        (async_connection, "postgresql+asyncpg"),
        (async_session, "postgresql+asyncpg"),
        (async_session, "postgresql+psycopg"),
        (with_asyncpg, "postgresql"),
        (from_a_pool_of_asyncpg, "postgresql"),
        (with_async_psycopg, "postgresql"),
    ),
}


def spoken(url: str, drivername: str) -> str:
    """The address for another driver."""
    return make_url(url).set(drivername=drivername).render_as_string(hide_password=False)


def dsn(url: str) -> str:
    """The address as libpq reads it."""
    return spoken(url, "postgresql")


def path_of(url: str) -> str:
    """The file of an SQLite address."""
    return make_url(url).database or ""
