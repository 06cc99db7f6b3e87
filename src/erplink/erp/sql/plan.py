"""A manifest made ready: tables with the columns that are used of them, and the mapping of their rows. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import NullType

from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping
from erplink.mapping.native import NativeReader
from erplink.model.documents import Entity
from erplink.text.source import Path

Clause = sa.FromClause


@frozen
class Test:
    """A column that holds one of these, or, ``turned``, none of these. Nothing at all is told by None among them."""

    __test__ = False  # pytest collects what is called so

    column: str
    held: tuple[Any, ...]
    turned: bool = False

    def of(self, clause: Clause) -> ColumnElement[bool]:
        """The condition on the rows of a table."""
        column: ColumnElement[Any] = clause.c[self.column]
        values = [given(one) for one in self.held if one is not None]
        is_held: list[ColumnElement[bool]] = [column.is_(None)] if None in self.held else []
        if self.turned:
            is_other = [column.not_in(values)] if values else []
            return sa.and_(column.is_not(None), *is_other) if is_held else sa.or_(column.is_(None), *is_other)
        return sa.or_(*is_held, *([column.in_(values)] if values else []))


def given(value: Any) -> sa.BindParameter[Any]:
    """A value handed to the database beside the statement. It has no type, so that the column's own is taken."""
    return sa.bindparam(None, value, NullType(), unique=True)


@frozen
class Table:
    """A table or view. ``columns`` are those that are used, each with where the manifest names it, as ``at`` does."""

    name: str
    schema: str | None
    at: Path
    columns: Mapping[str, Path]
    tests: tuple[Test, ...] = ()

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def clause(self, alias: str) -> Clause:
        """The table as statements name it."""
        return sa.table(self.name, *map(sa.column, self.columns), schema=self.schema).alias(alias)

    def counted(self, clause: Clause) -> tuple[ColumnElement[bool], ...]:
        """Which rows count."""
        return tuple(test.of(clause) for test in self.tests)


@frozen
class Lines:
    """Lines in a table of their own: ``parent`` holds the head's ``refers_to``; ``order`` is among ``columns``."""

    table: Table
    parent: str
    refers_to: str
    order: tuple[str, ...]
    columns: tuple[str, ...]


@frozen
class EntityPlan:
    """One entity: its table, the columns a row of it has in their order, and what makes documents of such rows.

    ``flat`` are the columns that order the lines that lie in the head's own rows, and ``own`` the columns of such
    lines; None where they do not.
    """

    entity: Entity
    mapping: DocumentMapping
    table: Table
    key: str
    number: str
    modified: str
    created: str
    version: str
    head: tuple[str, ...]
    lines: Lines | None
    flat: tuple[str, ...] | None
    own: tuple[str, ...]
    reader: NativeReader
    times: str
    zone: ZoneInfo

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table it reads."""
        return (self.table, self.lines.table) if self.lines is not None else (self.table,)


@frozen
class StockPlan:
    """Where live stock is: attributes by their columns and codecs; ``fixed`` are those no column holds."""

    table: Table
    columns: Mapping[str, tuple[str, Codec]]
    fixed: Mapping[str, Any]
