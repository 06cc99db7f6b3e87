"""The rows that a statement finds, as the driver gives them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError


def rows_of(connection: sa.Connection, statement: sa.Executable) -> list[Any]:
    """What a statement finds. No column has a type, so that nothing would have to be done with a cell.

    Raises ``OperationalError`` for whatever the driver complains of while it hands over the rows.
    """
    try:
        with connection.execute(statement) as result:
            cursor: Any = result.cursor
            return [*cursor.fetchall()]
    except _complaints(connection) as complaint:
        connection.invalidate(complaint)
        raise OperationalError("the rows of a statement", None, complaint) from None


def _complaints(connection: sa.Connection) -> type[BaseException]:
    dbapi: Any = connection.dialect.dbapi
    found: type[BaseException] = dbapi.Error
    return found
