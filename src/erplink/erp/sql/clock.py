"""What time it is in a database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

_UTC: Mapping[str, str] = {
    "postgresql": "clock_timestamp()",
    "mysql": "UTC_TIMESTAMP(6)",
    "mariadb": "UTC_TIMESTAMP(6)",
    "mssql": "SYSUTCDATETIME()",
    "oracle": "SYS_EXTRACT_UTC(SYSTIMESTAMP)",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
}
"""What gives the present instant in UTC, or with its offset, whatever zone server and session are set to."""

_WALL: Mapping[str, str] = {
    "postgresql": "LOCALTIMESTAMP",
    "mysql": "CURRENT_TIMESTAMP",
    "mariadb": "CURRENT_TIMESTAMP",
    "mssql": "SYSDATETIME()",
    "oracle": "LOCALTIMESTAMP",
}
"""What gives the wall clock that the database's own defaults are written by. SQLite's is UTC."""


def now(connection: sa.Connection, zone: ZoneInfo) -> datetime:
    """The database's present instant (aware, UTC).

    A database that is not known gives its CURRENT_TIMESTAMP; one without an offset is wall time of ``zone``.
    """
    known = _UTC.get(connection.dialect.name)
    found = _scalar(connection, known or "CURRENT_TIMESTAMP")
    assumed = UTC if known else zone
    return (found if found.tzinfo is not None else found.replace(tzinfo=assumed)).astimezone(UTC)


def wall(connection: sa.Connection) -> datetime | None:
    """The database's wall clock, naive; None where it has none."""
    known = _WALL.get(connection.dialect.name)
    return None if known is None else _scalar(connection, known).replace(tzinfo=None)


def _scalar(connection: sa.Connection, expression: str) -> datetime:
    found: Any = connection.execute(sa.select(sa.literal_column(expression))).scalar_one()
    return found if isinstance(found, datetime) else datetime.fromisoformat(str(found))
