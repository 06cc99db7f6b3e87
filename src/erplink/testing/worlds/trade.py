"""What a shop has done before a world begins: customers, goods, and bills, whatever ERP they are planted into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from attrs import field, frozen

from erplink.testing.worlds import orders_file
from erplink.testing.worlds.orders_file import WALK_IN, OrdersFile, is_service, read_orders

BEGINNING = "2000-01-01T00:00:00"
_ON_HAND = Decimal(10000)


class Goods(NamedTuple):
    """One line of a bill. ``entry`` is the place, from 1, of the order line it refers to; 0 for none."""

    material: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    service: bool = False
    free: bool = False
    entry: int = 0


@frozen
class Bill:
    """A bill. ``at`` is wall time to the second; ``source`` the number of the order it refers to."""

    number: str
    customer: str
    at: str
    lines: Sequence[Goods]
    source: str = ""
    closed: bool = True

    @property
    def amount(self) -> Decimal:
        """The sum over its lines."""
        return sum((one.amount for one in self.lines), Decimal(0))


@frozen
class Partner:
    """A customer."""

    number: str
    name: str
    phone: str = field(default="", repr=False)
    unionid: str = field(default="", repr=False)
    group: str = ""
    address: str = ""


@frozen
class Article:
    """What is sold, and how many of it are on hand; None for a service, which has no stock."""

    number: str
    name: str
    on_hand: Decimal | None
    group: str = ""


@frozen
class Trade:
    """All of it. ``start`` is the wall time at which customers and goods were there."""

    start: str
    partners: Sequence[Partner]
    articles: Sequence[Article]
    orders: Sequence[Bill]
    shipments: Sequence[Bill]
    returns: Sequence[Bill]
    receipts: Sequence[Bill] = ()
    report: Mapping[str, Any] = {}


GIFTS: tuple[Article, ...] = (
    Article("GIFT-001", "积分礼品 保温杯", Decimal(1000), "GIFT"),
    Article("GIFT-002", "积分礼品 行李箱", Decimal(0), "GIFT"),
)


def wall(moment: datetime) -> str:
    """A wall time to the second."""
    return moment.isoformat(timespec="seconds")


def trade_of_file(path: Path, zone: ZoneInfo) -> Trade:
    """The trade of an orders file: every order was shipped at once. Raises FileInvalid; then there is none."""
    file = read_orders(path, zone)
    start = min((wall(bill.at) for bill in (*file.orders[:1], *file.returns[:1])), default=BEGINNING)
    orders = [_bill(bill) for bill in file.orders]
    return Trade(
        start=start,
        partners=_partners(file),
        articles=_articles(file),
        orders=orders,
        shipments=[shipment(order) for order in orders],
        returns=[_bill(bill) for bill in file.returns],
        report=file.report,
    )


def shipment(order: Bill) -> Bill:
    """Everything of an order, shipped the moment it was made."""
    return Bill(f"OUT-{order.number}", order.customer, order.at, numbered(order), source=order.number)


def numbered(order: Bill) -> list[Goods]:
    """The lines of an order, each referring to itself."""
    return [line._replace(entry=place) for place, line in enumerate(order.lines, start=1)]


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
