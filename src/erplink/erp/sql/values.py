"""Values on their way into a database, as its driver takes them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa


def bindable(connection: sa.Connection, value: Any) -> Any:
    """A value as the driver takes it: SQLite has neither decimals nor dates, and only PostgreSQL has booleans."""
    name = connection.dialect.name
    if isinstance(value, bool):
        return value if name == "postgresql" else int(value)
    if name != "sqlite":
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat(" ") if isinstance(value, datetime) else str(value) if isinstance(value, date) else value
