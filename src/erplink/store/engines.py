"""Engines: how each kind of database is opened, and what it is told once per connection."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from erplink.errors import ConfigInvalid

_LOCK_SECONDS = 60
"""How long a transaction waits for another one's locks before it gives up."""

_NAME_BYTES = 63
"""How long a name may be in PostgreSQL."""

_TURNS = 50
"""How often a connection tries to switch a database to WAL that others switch at the same time."""

_POSTGRESQL: dict[str, Any] = {
    "application_name": "erplink",
    "connect_timeout": 10,
    # A server that is gone without a word is noticed within about a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


_POSTGRESQL_SETTINGS: dict[str, str] = {
    "lock_timeout": f"{_LOCK_SECONDS}s",
    # A process that was stopped in the middle of a transaction holds up nobody for longer.
    "idle_in_transaction_session_timeout": "300s",
}
"""Said once per connection, unless the address says it: ``?options=-c lock_timeout=5s``."""


def engine_for(url: str, schema: str = "") -> sa.Engine:
    """An engine for SQLite or PostgreSQL. Raises ``ConfigInvalid`` for another database or a missing driver.

    ``schema`` is where PostgreSQL keeps the tables, as ``?schema=`` in the address is; SQLite has no schemas.
    """
    parsed = _parsed(url)
    named = parsed.query.get("schema", "")
    schema = schema or (named if isinstance(named, str) else named[-1])
    parsed = parsed.difference_update_query(["schema"])
    if parsed.get_backend_name() == "postgresql":
        _check_schema(schema, url)
        engine = _postgresql(parsed)
        return engine.execution_options(schema_translate_map={None: schema}) if schema else engine
    if parsed.get_backend_name() != "sqlite":
        raise ConfigInvalid(
            f"{parsed.get_backend_name()} is no database for erplink",
            where=shown(url),
            next_step="use sqlite:///shop.db or postgresql://user@host/name",
        )
    if schema:
        raise ConfigInvalid(
            "SQLite has no schemas", where=shown(url), next_step="leave schema out, or use a file of its own"
        )
    return _sqlite(parsed)


def file_of(url: str) -> Path | None:
    """The file of an SQLite address, unless it is one of SQLite's own URIs or in memory."""
    parsed = _parsed(url)
    name = parsed.database or ":memory:"
    plain = parsed.get_backend_name() == "sqlite" and name != ":memory:" and not name.startswith("file:")
    return Path(name) if plain else None


def shown(url: str, schema: str = "") -> str:
    """An address as it may be shown: without its password, with the schema."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "database address"
    return (parsed.update_query_dict({"schema": schema}) if schema else parsed).render_as_string(hide_password=True)


def _parsed(url: str) -> sa.URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigInvalid(
            "the database address cannot be read", where=shown(url), next_step="write it like sqlite:///shop.db"
        ) from error


def _check_schema(schema: str, url: str) -> None:
    ours = schema.isidentifier() and len(schema.encode()) <= _NAME_BYTES and not schema.startswith("pg_")
    if schema and not ours:
        raise ConfigInvalid(
            f"{schema!r} cannot be the name of a schema",
            where=shown(url),
            next_step=f"use letters, digits and underscores, at most {_NAME_BYTES} bytes",
        )


def _postgresql(url: sa.URL) -> sa.Engine:
    if "+" not in url.drivername:
        url = url.set(drivername="postgresql+psycopg")
    wanted = {name: value for name, value in _POSTGRESQL_SETTINGS.items() if name not in str(url.query.get("options"))}
    given = {name: value for name, value in _POSTGRESQL.items() if name not in url.query}
    try:
        engine = sa.create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=15,
            pool_timeout=30,
            pool_recycle=1800,
            hide_parameters=True,
            connect_args=given,
        )
    except ModuleNotFoundError as error:
        raise ConfigInvalid(
            f"PostgreSQL needs {error.name}, which is not installed",
            where=url.render_as_string(hide_password=True),
            next_step="pip install 'erplink[postgres]'",
        ) from None

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - psycopg's
        with connection.cursor() as cursor:
            for name, value in wanted.items():
                cursor.execute(f"SET {name} = '{value}'")
        connection.commit()

    return engine


def _sqlite(url: sa.URL) -> sa.Engine:
    in_memory = url.database in (None, "", ":memory:")
    pool = {"poolclass": sa.StaticPool} if in_memory else {}
    settings: dict[str, Any] = {"check_same_thread": False}
    if "timeout" not in url.query:
        settings["timeout"] = _LOCK_SECONDS
    engine = sa.create_engine(url, connect_args=settings, hide_parameters=True, **pool)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for others while it switches, so whoever meets one waits by a lock first."""
    for turn in range(_TURNS):
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or turn + 1 == _TURNS:
                raise
            connection.execute("BEGIN EXCLUSIVE").close()
            connection.execute("ROLLBACK").close()
        else:
            return
