"""Which table or column of a manifest is not in the database, and what is there instead."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError

from erplink.erp.sql.plan import Table
from erplink.errors import ErplinkError
from erplink.text.source import Text

_NEAR = 3
_LISTED = 30


def explained(connection: sa.Connection, tables: Sequence[Table], text: Text) -> ErplinkError | None:
    """The error for the first table or column that is not there, by its line in the manifest; None if all are."""
    folds = folds_names(connection)
    for table in tables:
        found = columns_of(connection, table)
        if found is None:
            others = tables_of(connection, table.schema)
            return text.invalid(f"there is no table or view {table}", table.at, near(table.name, others, "there are"))
        known = {each.lower() for each in found} if folds else {*found}
        for column, at in table.columns.items():
            if (column.lower() if folds else column) not in known:
                step = near(column, found, f"{table} has")
                return text.invalid(f"{table} has no column {column!r}", at, step)
    return None


def columns_of(connection: sa.Connection, table: Table) -> tuple[str, ...] | None:
    """The columns of a table or view; None when it is not there, or may not be seen."""
    try:
        found = sa.inspect(connection).get_columns(table.name, schema=table.schema)
    except NoSuchTableError:
        return None
    return tuple(str(column["name"]) for column in found) or None


def tables_of(connection: sa.Connection, schema: str | None) -> tuple[str, ...]:
    """The tables and views of a schema."""
    inspector = sa.inspect(connection)
    return (*inspector.get_table_names(schema), *inspector.get_view_names(schema))


def near(name: str, known: Collection[str], there_are: str) -> str:
    """A next step for a name that is not there: names that look like it, and some of all."""
    if not known:
        return "nothing is there at all; check the schema, and what the user of the url may see"
    by_small = {each.lower(): each for each in known}
    close = [by_small[each] for each in difflib.get_close_matches(name.lower(), by_small, n=_NEAR)]
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    listed = sorted(known)[:_LISTED]
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"{hint}{there_are}: {', '.join(listed)}{more}"


def folds_names(connection: sa.Connection) -> bool:
    """Whether the database takes a name whatever its case."""
    return connection.dialect.name in {"sqlite", "mysql", "mariadb", "mssql"}
