"""What there is in a database, for a doctor: tables, indexes, a sample of rows. Functions over a connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from erplink.erp.sql import statements
from erplink.erp.sql.missing import columns_of, folds_names, tables_of
from erplink.erp.sql.plan import EntityPlan, StockPlan, Table
from erplink.erp.sql.planning import column_of
from erplink.erp.sql.rows import rows_of
from erplink.erp.sql.statements import Span
from erplink.mapping.native import text_of

_NEWEST = 10_000
"""Rows whose status and stamp are looked at."""
_SAMPLE = 200
"""Documents that are read."""


@frozen
class Found:
    """What a table has; ``others`` are the tables there are where it is not.

    ``indexes`` are columns, each with whether they are unique; ``folds``: names are taken whatever their case.
    """

    table: str
    columns: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    is_view: bool = False
    indexes: tuple[tuple[tuple[str, ...], bool], ...] = ()
    folds: bool = False

    def has(self, column: str) -> bool:
        """Whether there is a column of that name."""
        return self._told(column) in {self._told(each) for each in self.columns}

    def leads(self, column: str) -> bool:
        """Whether an index begins with it."""
        return any(self._told(columns[0]) == self._told(column) for columns, _ in self.indexes if columns)

    def is_unique(self, column: str) -> bool:
        """Whether it is unique by itself."""
        alone = [columns for columns, unique in self.indexes if unique and len(columns) == 1]
        return self._told(column) in {self._told(columns[0]) for columns in alone}

    def _told(self, name: str) -> str:
        return name.lower() if self.folds else name


@frozen
class Seen:
    """The newest rows of an entity: whole ones, how often each status stands there, and how many lack a stamp."""

    rows: Sequence[Any]
    statuses: Sequence[tuple[Any, int]] = ()
    unstamped: int = 0
    looked_at: int = 0
    newest: Any = None


def found(connection: sa.Connection, table: Table) -> Found:
    """What a table has."""
    columns = columns_of(connection, table)
    folds = folds_names(connection)
    if columns is None:
        return Found(str(table), others=tables_of(connection, table.schema), folds=folds)
    is_view = table.name in sa.inspect(connection).get_view_names(table.schema)
    indexes = () if is_view else tuple(_indexes(connection, table))
    return Found(str(table), columns, is_view=is_view, indexes=indexes, folds=folds)


def _indexes(connection: sa.Connection, table: Table) -> Iterator[tuple[tuple[str, ...], bool]]:
    inspector = sa.inspect(connection)
    yield tuple(inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"]), True
    for index in inspector.get_indexes(table.name, table.schema):
        yield tuple(map(str, index["column_names"])), bool(index["unique"])
    try:
        constraints = inspector.get_unique_constraints(table.name, table.schema)
    except NotImplementedError:  # of databases that have them among the indexes
        constraints = []
    for constraint in constraints:
        yield tuple(constraint["column_names"]), True


def seen(connection: sa.Connection, plan: EntityPlan) -> Seen:
    """The newest rows of an entity, by its keys."""
    row = plan.table.clause("t")
    key = row.c[plan.key]
    there = (*plan.table.counted(row), key.is_not(None))
    last = sa.select(key).where(*there).order_by(key.desc()).limit(_SAMPLE)
    keys = rows_of(connection, last if plan.flat is None else last.group_by(key))
    if not keys:
        return Seen(())
    after = keys[-1][0] if len(keys) == _SAMPLE else None
    whole = rows_of(connection, statements.page(plan, Span(after=after)))
    status = next((column_of(one.key) for one in plan.mapping.fields if one.attr == "status"), "")
    shown = [column for column in (status, plan.modified, plan.created) if column]
    newest = sa.select(*(row.c[column] for column in shown)).where(*there).order_by(key.desc()).limit(_NEWEST)
    looked = rows_of(connection, newest) if shown else []
    counts: dict[Any, int] = {}
    for cells in looked if status else ():
        counts[cells[0]] = counts.get(cells[0], 0) + 1
    first = 1 if status else 0
    unstamped = sum(1 for cells in looked if all(cell is None for cell in cells[first:])) if plan.modified else 0
    stamp = sa.select(sa.func.max(row.c[plan.modified])).where(*there) if plan.modified else None
    latest = rows_of(connection, stamp)[0][0] if stamp is not None else None
    ordered = sorted(counts.items(), key=lambda each: -each[1])
    return Seen(whole, ordered, unstamped, len(looked), latest)


def counted(connection: sa.Connection, table: Table, column: str) -> list[tuple[Any, int]]:
    """How many rows of a table have each value of a column."""
    row = table.clause("t")
    cell = row.c[column]
    statement = sa.select(cell, sa.func.count()).where(*table.counted(row)).group_by(cell).order_by(cell)
    return [(each[0], each[1]) for each in rows_of(connection, statement)]


def skus(connection: sa.Connection, plan: StockPlan) -> list[str]:
    """One sku of which there is stock."""
    row = plan.table.clause("t")
    sku = row.c[plan.columns["sku"][0]]
    statement = sa.select(sku).where(*plan.table.counted(row), sku.is_not(None)).limit(1)
    return [text_of(each[0]) for each in rows_of(connection, statement)]
