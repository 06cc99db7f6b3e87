"""Writing single fields to an intermediate table: a row for each change, in the order in which they are to be made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from attrs import frozen

from erplink.erp.sql.calls import Database
from erplink.erp.sql.exchange import UpdatePlan
from erplink.erp.sql.failures import Taken
from erplink.erp.sql.plan import given
from erplink.erp.sql.planning import column_of
from erplink.erp.sql.rows import rows_of
from erplink.erp.sql.values import bindable
from erplink.errors import ConfigInvalid
from erplink.mapping.native import text_of
from erplink.model.documents import Scalar

_DIGITS = 30
"""Characters of a key."""


async def update(db: Database, plan: UpdatePlan, number: str, changes: Mapping[str, Scalar]) -> None:
    """Write single fields of a document; the values that were written last change nothing.

    Raises ``ConfigInvalid`` for a name that is not written.
    """
    for name in changes:
        if name not in plan.columns:
            raise ConfigInvalid(
                f"{plan.entity} have no writable field {name!r}; configured are: {', '.join(sorted(plan.columns))}",
                where=str(plan.table),
                next_step=f"name it under [outbound.{plan.entity}.update.fields]",
            )
    try:
        await db.write_or_find(
            f"{plan.entity} update",
            (plan.table,),
            lambda connection: put(connection, plan, number, changes),
            lambda connection: last(connection, plan, number, changes).is_it or None,
        )
    except Taken:
        # Somebody else wrote the very same change at the same moment.
        return


@frozen
class Last:
    """The key of the change that was written last, and whether it is the one that is wanted."""

    key: str
    is_it: bool


def last(connection: sa.Connection, plan: UpdatePlan, number: str, changes: Mapping[str, Scalar]) -> Last:
    """What was written last of a document. A key derives from the one before, so equal changes have other keys."""
    words = plan.words
    table = sa.table(plan.table.name, *map(sa.column, plan.table.columns), schema=plan.table.schema)
    of_it = sa.select(table.c[column_of(words.key)]).where(table.c[column_of(words.number)] == given(number))
    newest = of_it.order_by(table.c[column_of(words.row)].desc()).limit(2)
    key, before, *_ = [*(text_of(found[0]) for found in rows_of(connection, newest)), "", ""]
    return Last(key, is_it=bool(key) and key == _key(plan, number, changes, before))


def put(connection: sa.Connection, plan: UpdatePlan, number: str, changes: Mapping[str, Scalar]) -> bool:
    """Write a change, unless it is the last one that was written; whether it had to be."""
    words, before = plan.words, last(connection, plan, number, changes)
    if before.is_it:
        return False
    values: dict[str, Any] = {column_of(column): value for column, value in words.constants.items()}
    for name, value in changes.items():
        column, codec = plan.columns[name]
        values[column] = None if value is None else codec.build(value)
    values |= {
        column_of(words.key): _key(plan, number, changes, before.key),
        column_of(words.status): words.new,
        column_of(words.number): number,
    }
    bound = {column: given(bindable(connection, value)) for column, value in values.items()}
    table = sa.table(plan.table.name, *map(sa.column, bound), schema=plan.table.schema)
    connection.execute(sa.insert(table).values(bound))
    return True


def _key(plan: UpdatePlan, number: str, changes: Mapping[str, Scalar], before: str) -> str:
    told = msgspec.json.encode([plan.entity, number, before, sorted((name, str(of)) for name, of in changes.items())])
    return hashlib.sha256(told).hexdigest()[:_DIGITS]
