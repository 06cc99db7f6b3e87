"""The raw connections that a host application may lend, and how each driver is used without being changed.

A host may have row factories, time zones and cursor classes of its own on a connection. Cursors made here have none of
them, and nothing made here begins, commits, rolls back or closes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen
from sqlalchemy.engine import make_url

from erplink.errors import ProtocolBroken

Schemas = Mapping[str | None, str | None]
"""Where the tables are, as SQLAlchemy's ``schema_translate_map`` has it."""

_IDLE = 0
"""libpq's word for a connection that is in no transaction."""

_LEGACY = -1
"""Python's word for ``sqlite3`` connections whose transactions begin with the first write."""


@frozen
class Driver:
    """One driver: SQLAlchemy's name for it, whether it is awaited, and how a connection of it is used."""

    url: str
    awaited: bool
    cursor: Callable[[Any], Any]
    commits_each: Callable[[Any], bool]


@frozen
class Dialect:
    """A driver's SQL as SQLAlchemy speaks it, with the statements that were worked out so far."""

    driver: Driver
    spoken: sa.Dialect
    worked_out: dict[Any, Any] = field(factory=dict, repr=False)

    def engine(self, raw: object, schemas: Schemas) -> sa.Engine:
        """An engine whose one connection is ``raw``. It asks the server nothing and sets nothing on the connection."""
        held = Held(raw, self.driver)
        pool = sa.NullPool(lambda: self._adapted(held), reset_on_return=None, dialect=self.spoken)
        options = {"compiled_cache": self.worked_out, "schema_translate_map": schemas}
        url = make_url(self.driver.url)
        return sa.Engine(pool, self.spoken, url, execution_options=options, hide_parameters=True)

    def _adapted(self, held: Held) -> Any:  # noqa: ANN401 - any driver's
        if not self.driver.awaited:
            return held

        async def give(*_: object, **__: object) -> Held:
            return held

        adapted: Any = self.spoken.connect(async_creator_fn=give)
        if self.driver is _ASYNCPG:
            # In this mode the adapter begins no transaction of its own, and that is all the mode does.
            adapted.isolation_level = "autocommit"
        return adapted


class Held:
    """A lent connection as SQLAlchemy sees it: all that it can, but no way to end its transaction or itself."""

    def __init__(self, raw: Any, driver: Driver) -> None:  # noqa: ANN401 - any driver's
        self._raw = raw
        self._driver = driver

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any driver's
        return getattr(self._raw, name)

    def cursor(self, *_: object) -> Any:  # noqa: ANN401 - any driver's
        """A cursor without the host's factories."""
        return self._driver.cursor(self._raw)

    def commit(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - awaited or not
        """The host commits, and does all the rest that is named below."""
        return _nothing() if self._driver.awaited else None

    rollback = close = terminate = commit


async def _nothing() -> None:
    pass


def driver_of(lent: object) -> Driver | None:
    """The driver of a raw connection, or None. Only names are compared: what nobody imported was not lent."""
    kinds = ((kind.__module__.partition(".")[0], kind.__name__) for kind in type(lent).__mro__)
    return next((_DRIVERS[kind] for kind in kinds if kind in _DRIVERS), None)


def dialect_of(driver: Driver) -> Dialect:
    """The dialect of a driver; to be kept, because it remembers the statements."""
    kind: Any = make_url(driver.url).get_dialect()
    spoken = kind(dbapi=kind.import_dbapi())
    spoken.supports_server_side_cursors = False
    return Dialect(driver, spoken)


def require_transaction(lent: object, driver: Driver) -> None:
    """Raise ``ProtocolBroken`` if each statement would be committed as soon as it is run."""
    if driver.commits_each(lent):
        raise ProtocolBroken(
            "the lent connection is in no transaction, so each statement would be committed by itself",
            where=type(lent).__module__.partition(".")[0],
            next_step="begin one first; in Django inside transaction.atomic()",
        )


def _sqlite_cursor(raw: Any) -> Any:  # noqa: ANN401 - a driver's
    if raw.text_factory is not str:
        raise ProtocolBroken(
            "the lent connection has a text_factory, so texts come as something else",
            where="sqlite3",
            next_step="lend a connection whose text_factory is str",
        )
    cursor = raw.cursor()
    cursor.row_factory = None
    return cursor


def _sqlite_commits_each(raw: Any) -> bool:  # noqa: ANN401 - a driver's
    mode = getattr(raw, "autocommit", _LEGACY)
    return not raw.in_transaction and (raw.isolation_level is None if mode == _LEGACY else bool(mode))


def _psycopg_cursor(raw: Any) -> Any:  # noqa: ANN401 - a driver's
    from psycopg import Cursor
    from psycopg.rows import tuple_row

    return _zoned(Cursor(raw, row_factory=tuple_row))


def _psycopg_async_cursor(raw: Any) -> Any:  # noqa: ANN401 - a driver's
    from psycopg import AsyncCursor
    from psycopg.rows import tuple_row

    return _zoned(AsyncCursor(raw, row_factory=tuple_row))


def _zoned(cursor: Any) -> Any:  # noqa: ANN401 - a driver's
    """Instants come with their zone, though the host may have them come without one."""
    from psycopg.types.datetime import TimestamptzLoader

    cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
    return cursor


def _psycopg2_cursor(raw: Any) -> Any:  # noqa: ANN401 - a driver's
    from psycopg2.extensions import cursor

    return raw.cursor(cursor_factory=cursor)


def _libpq_commits_each(raw: Any) -> bool:  # noqa: ANN401 - a driver's
    return bool(raw.autocommit) and raw.info.transaction_status == _IDLE


def _no_cursor(raw: Any) -> Any:  # noqa: ANN401 - a driver's
    raise ProtocolBroken(f"{type(raw).__name__} has no cursors", next_step="tell the developers of erplink")


def _asyncpg_commits_each(raw: Any) -> bool:  # noqa: ANN401 - a driver's
    return not raw.is_in_transaction()


_SQLITE = Driver("sqlite+pysqlite://", False, _sqlite_cursor, _sqlite_commits_each)
_PSYCOPG = Driver("postgresql+psycopg://", False, _psycopg_cursor, _libpq_commits_each)
_PSYCOPG_ASYNC = Driver("postgresql+psycopg_async://", True, _psycopg_async_cursor, _libpq_commits_each)
_PSYCOPG2 = Driver("postgresql+psycopg2://", False, _psycopg2_cursor, _libpq_commits_each)
_ASYNCPG = Driver("postgresql+asyncpg://", True, _no_cursor, _asyncpg_commits_each)
_DRIVERS = {
    ("sqlite3", "Connection"): _SQLITE,
    ("psycopg", "Connection"): _PSYCOPG,
    ("psycopg", "AsyncConnection"): _PSYCOPG_ASYNC,
    ("psycopg2", "connection"): _PSYCOPG2,
    ("asyncpg", "Connection"): _ASYNCPG,
    ("asyncpg", "PoolConnectionProxy"): _ASYNCPG,
}
