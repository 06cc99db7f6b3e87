"""A deliberately naive replay of a tier policy over the year. It shares no code with the project: every question
is answered by looking at everything again, with plain loops and integers.

The policy: 1 point per 1.00 of net paid goods, times the factor of the member's tier, rounded down per order. Tiers by
kept spend of the last 365 days (the current one included): plain from 0, silver from 1,000.00, gold from 5,000.00. An
order earns at the tier before it. A tier rises at once, and falls at midnight: the review takes the spend of the 365
days that ended with the day before. A return changes what an order earned, at the order's own factor.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

TIERED = """
programme: Points with tiers
id: tiered
zone: Asia/Shanghai
points:
  clock: completed_at
  rules:
    - {id: base, kind: rate, per_yuan: "1"}
    - {id: tier, kind: multiplier, role: tier}
tiers:
  window: {kind: rolling_days, n: 365}
  levels:
    - {name: plain, from: "0", factor: "1"}
    - {name: silver, from: "1000", factor: "1.2"}
    - {name: gold, from: "5000", factor: "1.5"}
"""

LEVELS = ((500_000, 15), (100_000, 12), (0, 10))
"""Spend in pence, and the factor in tenths."""

SERVICES = {"POST", "DOT", "C2", "D", "M", "m", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "B"}


@dataclass
class Line:
    """A sold line and how many of its units are still kept."""

    product: str
    units: int
    pence: int
    kept: int

    def kept_pence(self) -> int:
        """The kept part of the amount, rounded half up."""
        return int((Decimal(self.pence) * self.kept / self.units).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass
class Order:
    """A sale of one customer."""

    number: str
    at: dt.datetime
    lines: list[Line] = field(default_factory=list)
    factor: int = 10

    def kept_pence(self) -> int:
        """What is kept of the order."""
        return sum(line.kept_pence() for line in self.lines)


@dataclass
class Return:
    """A return document: product and units per line."""

    number: str
    at: dt.datetime
    lines: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Customer:
    """Everything one customer did."""

    orders: dict[str, Order] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)


def points_by_customer(parquet: Path) -> dict[str, int]:
    """Points of every customer (code as text) with an order, under `TIERED`."""
    return {code: _replay(customer) for code, customer in _read(parquet).items() if customer.orders}


def _read(parquet: Path) -> dict[str, Customer]:
    columns = "invoice_no, stock_code, quantity, invoice_date, unit_price, customer_id"
    rows = duckdb.connect().execute(f'select {columns} from read_parquet(?) order by "row"', [str(parquet)])
    people: dict[str, Customer] = defaultdict(Customer)
    for number, product, quantity, at, price, code in rows.fetchall():
        if code is None or number.startswith("A") or price < 0:
            continue
        if number.startswith("C"):
            back = people[str(code)].returns.setdefault(number, Return(number, at))
            back.at = min(back.at, at)
            if quantity < 0 and not _is_service(product):
                back.lines.append((product, -quantity))
        elif quantity > 0:
            order = people[str(code)].orders.setdefault(number, Order(number, at))
            order.at = min(order.at, at)
            pence = int((quantity * price * 100).quantize(Decimal(1), ROUND_HALF_UP))
            if not _is_service(product):
                order.lines.append(Line(product, quantity, pence, quantity))
    return people


def _is_service(product: str) -> bool:
    return product in SERVICES or product.startswith("gift_")


def _replay(customer: Customer) -> int:
    orders = sorted(customer.orders.values(), key=lambda order: (order.at, order.number))
    happened: list[tuple[dt.datetime, int]] = []
    waiting = sorted(customer.returns.values(), key=lambda back: (back.at, back.number))
    for order in orders:
        # An order comes before a return of the same minute.
        while waiting and waiting[0].at < order.at:
            _take_back(waiting.pop(0), orders, happened)
        order.factor = _factor(happened, order.at.date())
        happened.append((order.at, order.kept_pence()))
    for back in waiting:
        _take_back(back, orders, happened)
    return sum(order.kept_pence() * order.factor // 1000 for order in orders)


def _take_back(back: Return, orders: list[Order], happened: list[tuple[dt.datetime, int]]) -> None:
    before = sum(order.kept_pence() for order in orders)
    for product, units in back.lines:
        wanted = units
        newest_first = [
            line
            for order in reversed(orders)
            if order.at < back.at
            for line in reversed(order.lines)
            if line.product == product and line.pence > 0 and line.kept > 0
        ]
        enough = [line for line in newest_first if line.kept >= wanted]
        for line in enough[:1] or newest_first:
            part = min(wanted, line.kept)
            line.kept -= part
            wanted -= part
    happened.append((back.at, sum(order.kept_pence() for order in orders) - before))


def _factor(happened: list[tuple[dt.datetime, int]], today: dt.date) -> int:
    """The factor in force now: the best of last night's review and of every moment of today."""
    yesterday = [change for change in happened if change[0].date() < today]
    moments = [_spend(yesterday, today - dt.timedelta(days=1)), _spend(yesterday, today)]
    for n, change in enumerate(happened):
        if change[0].date() == today:
            moments.append(_spend(happened[: n + 1], today))
    return next(factor for pence, factor in LEVELS if max(moments) >= pence or pence == 0)


def _spend(changes: list[tuple[dt.datetime, int]], today: dt.date) -> int:
    first = today - dt.timedelta(days=364)
    return sum(pence for at, pence in changes if first <= at.date() <= today)
