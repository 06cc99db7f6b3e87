"""Insert-or-update in one statement, for the dialects erplink runs on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

T = TypeVar("T")
Row = Mapping[str, Any]
Insert = postgresql.Insert | sqlite.Insert

_CARRIED = "carried_rows"
CHUNK = 400
"""Values in one ``IN`` list: SQLite's oldest limit is 999 variables."""


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; a row whose key exists is replaced by the new values. Of several rows of one key the last stays."""
    if rows:
        keys = [column.name for column in table.primary_key]
        last = [*{tuple(row[key] for key in keys): row for row in rows}.values()]
        connection.execute(_replacing(connection.dialect.name, table, tuple(last[0])), carried(connection, last))


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; a row whose key exists stays as it is."""
    if rows:
        connection.execute(_adding(connection.dialect.name, table, tuple(rows[0])), carried(connection, rows))


def insert_fresh(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> frozenset[str]:
    """Write rows; a row whose key exists stays as it is. Gives back the ``key`` of each row that was written."""
    if not rows:
        return frozenset()
    statement = _telling(connection.dialect.name, table, tuple(rows[0]))
    return frozenset(connection.execute(statement, carried(connection, rows)).scalars())


def insert_all(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Write rows; none of them is there."""
    if rows:
        connection.execute(inserting(connection.dialect.name, table, tuple(rows[0])), carried(connection, rows))


@cache
def inserting(dialect: str, table: sa.Table, names: tuple[str, ...]) -> Insert:
    """An INSERT of ``carried`` rows in their order that knows ON CONFLICT.

    To PostgreSQL they travel as one JSON text: a statement with thousands of parameters costs more than the insert.
    Each statement is made once: to make one takes longer than to run it.
    """
    if dialect != "postgresql":
        return sqlite.insert(table)
    text = sa.bindparam(_CARRIED, type_=sa.Text)
    columns = [sa.column(name, table.c[name].type) for name in names]
    records = sa.func.json_to_recordset(sa.cast(text, postgresql.JSON)).table_valued(*columns, name="record")
    found = records.render_derived(with_types=True)
    return postgresql.insert(table).from_select(names, sa.select(*(found.c[name] for name in names)))


def carried(connection: sa.Connection, rows: Sequence[Row]) -> Row | list[Row]:
    """Rows as an ``inserting`` statement is executed with them."""
    if connection.dialect.name != "postgresql":
        return list(rows)
    return {_CARRIED: msgspec.json.encode(rows).decode()}


@cache
def _replacing(dialect: str, table: sa.Table, names: tuple[str, ...]) -> Insert:
    insert, keys = inserting(dialect, table, names), [column.name for column in table.primary_key]
    change = {name: insert.excluded[name] for name in names if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=change) if change else insert.on_conflict_do_nothing()


@cache
def _adding(dialect: str, table: sa.Table, names: tuple[str, ...]) -> Insert:
    return inserting(dialect, table, names).on_conflict_do_nothing()


@cache
def _telling(dialect: str, table: sa.Table, names: tuple[str, ...]) -> ReturningInsert[Any]:
    return _adding(dialect, table, names).returning(table.c.key)


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


def among(dialect: str, column: sa.ColumnElement[int], name: str) -> sa.ColumnElement[bool]:
    """Whether a number is among the ``listed`` ones: one parameter, however many they are, so one statement."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(sa.BigInteger)))
    found = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
    return column.in_(sa.select(found.c.value))


def listed(dialect: str, numbers: Sequence[int]) -> list[int] | str:
    """Numbers as a statement with ``among`` is executed with them."""
    return list(numbers) if dialect == "postgresql" else json.dumps(list(numbers))


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Pieces of at most ``size`` values, in order."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def insert_into(connection: sa.Connection, table: sa.Table) -> Insert:
    """An INSERT that knows ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def picked(dialect: str, column: sa.ColumnElement[T], query: sa.Select[tuple[T]]) -> sa.ColumnElement[bool]:
    """Whether a value is among a query's, which PostgreSQL runs once: joined, it could lock more than its limit."""
    if dialect == "postgresql":
        array: sa.ColumnElement[Any] = sa.func.array(query.scalar_subquery())
        return column == sa.any_(array)
    return column.in_(query)
