"""Which documents a world starts with: none, the built-in shop, or those of an orders file."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from attrs import evolve

from erplink.testing.worlds.kingdee.planting import Planter
from erplink.testing.worlds.kingdee.settings import KingdeeWorld
from erplink.testing.worlds.kingdee.store import Table
from erplink.testing.worlds.sample import sample_trade
from erplink.testing.worlds.trade import Bill, Trade, trade_of_file


def plant(world: KingdeeWorld, tables: Mapping[str, Table]) -> Mapping[str, Any]:
    """Plant what the settings ask for; the report of what was planted.

    Raises FileInvalid when the orders file cannot be used; the tables are then still empty.
    """
    with _no_collection():
        if world.orders is not None:
            trade = trade_of_file(world.orders, world.tz)
            _plant_trade(trade, tables)
            with world.orders.open("rb") as content:
                report = {**trade.report, "digest": hashlib.file_digest(content, "sha256").hexdigest()}
        elif world.sample:
            trade = sample_trade()
            _plant_trade(trade, tables)
            _plant_books(trade, tables)
            report = {"source": "sample", "digest": _digest(tables)}
        else:
            report = {"source": "empty"}
    return {**report, "documents": {form_id: len(table.documents) for form_id, table in tables.items()}}


def _plant_trade(trade: Trade, tables: Mapping[str, Table]) -> None:
    planter = Planter(tables)
    planter.groups("BD_CustomerGroup", [*{one.group for one in trade.partners if one.group}], trade.start)
    planter.groups("BD_MATERIALGROUP", [*{one.group for one in trade.articles if one.group}], trade.start)
    planter.customers(trade.partners, trade.start)
    planter.materials(trade.articles, trade.start)
    first = planter.orders(trade.orders)
    planter.shipments([_referring(bill, first) for bill in trade.shipments])
    planter.returns([_referring(bill, first) for bill in trade.returns])
    planter.receipts(trade.receipts)


def _plant_books(trade: Trade, tables: Mapping[str, Table]) -> None:
    """What a bookkeeper adds to the trade: a receivable for each shipment, money given back, and one price list."""
    planter = Planter(tables)
    planter.receivables([evolve(one, number=f"AR-{one.number}", source=one.number) for one in trade.shipments])
    planter.refunds([evolve(one, number=f"TK-{one.number}") for one in trade.returns if one.source])
    prices = {line.material: line.price for order in trade.orders for line in order.lines}
    planter.prices("XSJMB0001", "零售价目表", dict(sorted(prices.items())), trade.start)


def _referring(bill: Bill, first: Mapping[str, int]) -> Bill:
    """A bill whose lines refer to order lines by their entry ids, where they refer to any."""
    start = first.get(bill.source, 1)
    lines = [line._replace(entry=start + line.entry - 1) if line.entry else line for line in bill.lines]
    return evolve(bill, lines=lines)


def _digest(tables: Mapping[str, Table]) -> str:
    content = [table.documents for table in tables.values()]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Millions of tuples that live as long as the world need not be walked again and again while they are made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
