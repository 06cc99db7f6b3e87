"""Insert-or-update in one statement, for the dialects erplink runs on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Row = Mapping[str, Any]

CHUNK = 400
"""Values in one ``IN`` list: SQLite's oldest limit is 999 variables."""


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; a row whose key exists is replaced by the new values. Of several rows of one key the last stays."""
    if rows:
        keys = [column.name for column in table.primary_key]
        insert, values = inserting(
            connection, table, [*{tuple(row[key] for key in keys): row for row in rows}.values()]
        )
        change = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        statement = insert.on_conflict_do_update(index_elements=keys, set_=change) if change else None
        connection.execute(statement if statement is not None else insert.on_conflict_do_nothing(), values)


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; a row whose key exists stays as it is."""
    if rows:
        insert, values = inserting(connection, table, rows)
        connection.execute(insert.on_conflict_do_nothing(), values)


def insert_fresh(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> frozenset[str]:
    """Write rows; a row whose key exists stays as it is. Gives back the ``key`` of each row that was written."""
    if not rows:
        return frozenset()
    insert, values = inserting(connection, table, rows)
    statement = insert.on_conflict_do_nothing().returning(table.c.key)
    return frozenset(connection.execute(statement, values).scalars())


def insert_all(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; none of them is there."""
    if rows:
        insert, values = inserting(connection, table, rows)
        connection.execute(insert, values)


def inserting(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Row]
) -> tuple[postgresql.Insert | sqlite.Insert, list[Row] | None]:
    """An INSERT of rows in their order that knows ON CONFLICT, and what to execute it with.

    To PostgreSQL they travel as one JSON text: a statement with thousands of parameters costs more than the insert.
    """
    if connection.dialect.name != "postgresql":
        return sqlite.insert(table), list(rows)
    names = list(rows[0])
    text = sa.bindparam(None, msgspec.json.encode(rows).decode(), sa.Text)
    columns = [sa.column(name, table.c[name].type) for name in names]
    records = sa.func.json_to_recordset(sa.cast(text, postgresql.JSON)).table_valued(*columns, name="record")
    found = records.render_derived(with_types=True)
    return postgresql.insert(table).from_select(names, sa.select(*(found.c[name] for name in names))), None


def under_keys(
    connection: sa.Connection, table: sa.Table, space: str, keys: Sequence[str], names: Sequence[str]
) -> sa.CursorResult[Any]:
    """These columns of the rows under keys of a space, each found by its unique key whatever the planner believes."""
    columns, own = [table.c[name] for name in names], table.c.space == space
    if connection.dialect.name == "postgresql":
        wanted = sa.func.unnest(sa.bindparam(None, list(keys), sa.ARRAY(sa.Text))).table_valued("key", name="wanted")
        each = wanted.render_derived()
        one = sa.select(*columns).where(own, table.c.key == each.c.key).limit(1).lateral()
        return connection.execute(sa.select(one).select_from(each.join(one, sa.true())))
    listed = sa.func.json_each(json.dumps(list(keys))).table_valued("value")
    return connection.execute(sa.select(*columns).where(own, table.c.key.in_(sa.select(listed.c.value))))


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


def picked(
    connection: sa.Connection, column: sa.ColumnElement[T], query: sa.Select[tuple[T]]
) -> sa.ColumnElement[bool]:
    """Whether a value is among a query's, which PostgreSQL runs once: joined, it could lock more than its limit."""
    if connection.dialect.name == "postgresql":
        array: sa.ColumnElement[Any] = sa.func.array(query.scalar_subquery())
        return column == sa.any_(array)
    return column.in_(query)
