"""Which documents a world starts with: none, the built-in shop, or those of an orders file."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from erplink.testing.worlds import orders_file
from erplink.testing.worlds.kingdee.cells import wall
from erplink.testing.worlds.kingdee.planting import GIFTS, Article, Bill, Goods, Partner, Planter
from erplink.testing.worlds.kingdee.sample import plant_sample
from erplink.testing.worlds.kingdee.settings import KingdeeWorld
from erplink.testing.worlds.kingdee.store import Table
from erplink.testing.worlds.orders_file import WALK_IN, OrdersFile, is_service, read_orders

_ON_HAND = Decimal(10000)
_BEGINNING = "2000-01-01T00:00:00"


def plant(world: KingdeeWorld, tables: Mapping[str, Table]) -> Mapping[str, Any]:
    """Plant what the settings ask for; the report of what was planted.

    Raises FileInvalid when the orders file cannot be used; the tables are then still empty.
    """
    with _no_collection():
        if world.orders is not None:
            report = _plant_file(world.orders, world.tz, tables)
        elif world.sample:
            plant_sample(tables)
            report = {"source": "sample", "digest": _digest(tables)}
        else:
            report = {"source": "empty"}
    return {**report, "documents": {form_id: len(table.documents) for form_id, table in tables.items()}}


def _plant_file(path: Path, zone: ZoneInfo, tables: Mapping[str, Table]) -> Mapping[str, Any]:
    file = read_orders(path, zone)
    start = min((wall(bill.at) for bill in (*file.orders[:1], *file.returns[:1])), default=_BEGINNING)
    planter = Planter(tables)
    planter.customers(_partners(file), start)
    planter.materials(_articles(file), start)
    orders = [_bill(bill) for bill in file.orders]
    first = planter.orders(orders)
    planter.shipments([_shipment(order, first[order.number]) for order in orders])
    planter.returns([_bill(bill) for bill in file.returns])
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {**file.report, "digest": digest}


def _partners(file: OrdersFile) -> list[Partner]:
    return [
        Partner(
            number=number,
            name="散客" if number == WALK_IN else f"客户 {number}",
            phone=buyer.phone,
            unionid=buyer.unionid,
            address=buyer.region,
        )
        for number, buyer in sorted(file.customers.items())
    ]


def _articles(file: OrdersFile) -> Sequence[Article]:
    goods = [
        Article(sku, name or sku, None if is_service(sku) else _ON_HAND) for sku, name in sorted(file.materials.items())
    ]
    return [*goods, *(gift for gift in GIFTS if gift.number not in file.materials)]


def _bill(bill: orders_file.Bill) -> Bill:
    lines = [
        Goods(line.sku, line.quantity, line.price, line.amount, line.service, not line.price) for line in bill.lines
    ]
    return Bill(bill.number, bill.customer, wall(bill.at), lines)


def _shipment(order: Bill, first: int) -> Bill:
    lines = [line._replace(entry=first + place) for place, line in enumerate(order.lines)]
    return Bill(f"OUT-{order.number}", order.customer, order.at, lines, source=order.number)


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
