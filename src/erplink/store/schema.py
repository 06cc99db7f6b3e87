"""What every table of erplink is made of: one metadata, one way to keep an instant, keys that start with ``space``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, MetaData, String

META = MetaData()


def word(length: int) -> String:
    """A name or a stamp, compared byte by byte in every database: what comes first never depends on a language."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


NAME = word(120)
KEY = word(200)


class _WallTime(sa.types.UserDefinedType[str]):
    """UTC wall time as text, which sorts. Other libraries may have SQLite convert columns declared as DATETIME."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        """The declared type."""
        return "DATETIME"


class Instant(sa.TypeDecorator[datetime]):
    """An aware instant, given back in UTC."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """A column with a zone, where the database has one."""
        sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(_WallTime() if sqlite else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:  # noqa: ANN401
        """To UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None).isoformat(" ", "microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        """Aware, in UTC."""
        if value is None:
            return None
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def schema_of(connection: sa.Connection) -> str | None:
    """The schema in which a connection finds the tables; None is the one that the database chooses."""
    known: dict[str | None, str] = connection.get_execution_options().get("schema_translate_map") or {}
    return known.get(None)


def key(name: str, kind: sa.types.TypeEngine[Any] = NAME) -> Column[Any]:
    """A column of a primary key."""
    return Column(name, kind, primary_key=True)


ROOMY: dict[str, Any] = (
    {"postgresql_with": {"fillfactor": 60}} if tuple(map(int, sa.__version__.split(".")[:2])) >= (2, 1) else {}
)
"""For tables whose rows change often. An option of PostgreSQL that SQLAlchemy knows since 2.1; it is only faster."""
