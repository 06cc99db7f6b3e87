"""Live stock out of a table, with the rows of one sku and warehouse added up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from erplink.erp.sql import statements
from erplink.erp.sql.calls import Database
from erplink.erp.sql.plan import StockPlan
from erplink.erp.sql.rows import rows_of
from erplink.mapping.native import native
from erplink.mapping.table import coerced
from erplink.model.documents import Stock

_AT_ONCE = 500
"""Skus of one statement: Oracle takes 1,000 in a list, SQL Server 2,100 values in all."""


async def on_hand(db: Database, plan: StockPlan, skus: Sequence[str], now: datetime) -> tuple[Stock, ...]:
    """What is there of these skus, one row per warehouse. Raises ``ShapeChanged`` for a figure that is none."""
    found: dict[tuple[str, str], Stock] = {}
    wanted = list(dict.fromkeys(skus))
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        for row in await db.read("stock get", (plan.table,), rows_of, statements.stock(plan, part)):
            level = _level(plan, row, now)
            if level.sku in part:
                place = level.sku, level.warehouse
                found[place] = _sum(found[place], level) if place in found else level
    return tuple(found.values())


def _level(plan: StockPlan, row: Sequence[Any], now: datetime) -> Stock:
    cells: dict[str, Any] = {"as_of": now, **plan.fixed}
    for (name, (column, codec)), cell in zip(plan.columns.items(), row, strict=True):
        value = coerced(str(plan.table), column, codec, native(cell), "")
        cells[name] = value if codec.parse is None else codec.parse(value)
    cells.setdefault("available", cells["on_hand"])
    return Stock(**cells)


def _sum(one: Stock, other: Stock) -> Stock:
    there: Decimal = one.on_hand + other.on_hand
    return Stock(one.sku, one.warehouse, there, one.available + other.available, one.as_of)
