"""Insert-or-update in one statement, for the dialects erplink runs on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Row = Mapping[str, Any]

CHUNK = 400
"""Values in one ``IN`` list: SQLite's oldest limit is 999 variables."""


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; a row whose key exists is replaced by the new values."""
    if rows:
        insert = insert_into(connection, table)
        keys = [column.name for column in table.primary_key]
        change = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        statement = insert.on_conflict_do_update(index_elements=keys, set_=change) if change else None
        connection.execute(statement if statement is not None else insert.on_conflict_do_nothing(), list(rows))


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; a row whose key exists stays as it is."""
    if rows:
        connection.execute(insert_into(connection, table).on_conflict_do_nothing(), list(rows))


def insert_fresh(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> frozenset[str]:
    """Write rows; a row whose key exists stays as it is. Gives back the ``key`` of each row that was written."""
    if not rows:
        return frozenset()
    statement = insert_into(connection, table).on_conflict_do_nothing().returning(table.c.key)
    return frozenset(connection.execute(statement, list(rows)).scalars())


def among(connection: sa.Connection, column: sa.ColumnElement[int], numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether a number is among these: one parameter, however many they are, so one statement to prepare."""
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.bindparam(None, list(numbers), sa.ARRAY(sa.BigInteger)))
    listed = sa.func.json_each(json.dumps(list(numbers))).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Pieces of at most ``size`` values, in order."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def insert_into(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
