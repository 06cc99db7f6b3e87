"""A user's orders file, brought to orders and returns by stated rules.

Columns are named by any of the aliases in :data:`erplink.testing.worlds.orders_columns.ALIASES`. Each row goes to
exactly one of these, in this order, and is counted with its amount (quantity x unit price):

===================== ============================================================ ==========
counted as            rule                                                         loaded
===================== ============================================================ ==========
bad_debt_adjustment   order number starts with ``A`` and the material is ``B``     no
negative_price        unit price below 0                                           no
zero_quantity         quantity 0                                                   no
return                order number starts with ``C`` and quantity below 0          as a return that names no order
write_off             any other quantity below 0                                   no
sale                  everything else                                              as a line of an order
===================== ============================================================ ==========

Loaded rows may have traits, counted beside: ``walk_in`` (no customer: the document belongs to the customer ``WALKIN``),
``service`` (the material is a charge or voucher, see :data:`SERVICES`) and ``free`` (unit price 0).
An order number with a customer and walk-in lines becomes two documents, the walk-in one with the suffix ``-W``
(``split_walk_in``); one that names two customers is refused. A document's time is the earliest of its rows
(``time_differs`` counts the documents whose rows differ). A line's amount is quantity x unit price, half up, 2 places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from erplink.errors import FileInvalid
from erplink.testing.worlds.orders_columns import (
    Batch,
    Row,
    number_reader,
    open_orders,
    text_reader,
    time_reader,
)

WALK_IN = "WALKIN"
SERVICES = frozenset({"POST", "DOT", "C2", "D", "M", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "B"})
VOUCHER = "GIFT_"
DISPOSITIONS = ("sale", "return", "bad_debt_adjustment", "write_off", "zero_quantity", "negative_price")
TRAITS = ("walk_in", "service", "free")
_CENT = Decimal("0.01")


class Line(NamedTuple):
    """One line: quantity is positive, also on a return; ``amount`` is rounded half up to 2 places."""

    sku: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    service: bool


@define
class Bill:
    """One order or return. ``at`` is wall time of the world's zone."""

    number: str
    customer: str
    at: datetime
    lines: list[Line]
    differs: bool = False


@define
class Buyer:
    """What the file says of a customer beside the code."""

    phone: str = field(default="", repr=False)
    unionid: str = field(default="", repr=False)
    region: str = ""


@define
class Tally:
    """Rows and their exact amount."""

    rows: int = 0
    amount: Decimal = Decimal(0)

    def add(self, amount: Decimal) -> None:
        """Count one row."""
        self.rows += 1
        self.amount += amount

    def shown(self) -> dict[str, Any]:
        """As JSON: the amount as text, exact."""
        return {"rows": self.rows, "amount": f"{self.amount:f}"}


@frozen
class OrdersFile:
    """What a file holds: documents by (time, number), customers, materials by code with a name, and the counts."""

    orders: tuple[Bill, ...]
    returns: tuple[Bill, ...]
    customers: Mapping[str, Buyer]
    materials: Mapping[str, str]
    report: Mapping[str, Any]


def read_orders(path: Path, zone: ZoneInfo) -> OrdersFile:
    """Read a whole orders file. Raises FileInvalid at the first row that cannot be used; then nothing is loaded."""
    source = open_orders(path)
    reading = _Reading(source.at, zone)
    for first, batch in source.batches:
        reading.take(first, batch)
    return reading.done()


def is_service(sku: str) -> bool:
    """Whether a material code stands for a charge, fee or voucher.

    >>> is_service("POST"), is_service("PADS"), is_service("gift_0001_20")
    (True, False, True)
    """
    code = sku.upper()
    return code in SERVICES or code.startswith(VOUCHER)


class _Reading:
    def __init__(self, at: Row, zone: ZoneInfo) -> None:
        self.at = at
        self.quantity, self.price = number_reader(at, "quantity"), number_reader(at, "price")
        self.time, self.text = time_reader(at, zone), text_reader()
        self.orders: dict[tuple[str, str], Bill] = {}
        self.returns: dict[tuple[str, str], Bill] = {}
        self.customers: dict[str, Buyer] = {}
        self.materials: dict[str, str] = {}
        self.services: dict[str, bool] = {}
        self.owners: dict[str, tuple[str, int]] = {}
        self.amounts: dict[tuple[Decimal, Decimal], tuple[Decimal, Decimal]] = {}
        self.total = Tally()
        self.dispositions = {name: Tally() for name in DISPOSITIONS}
        self.traits = {name: Tally() for name in TRAITS}

    def take(self, first: int, batch: Batch) -> None:
        """Take in one batch of columns that begins at row ``first``."""
        empty = [None] * len(batch["order"])
        columns = (batch[name] for name in ("order", "sku", "quantity", "time", "price", "customer"))
        extras = (batch.get(name, empty) for name in ("description", "region", "phone", "unionid"))
        rows = zip(zip(*columns, strict=True), zip(*extras, strict=True), strict=True)
        for row, (cells, extra) in enumerate(rows, start=first):
            if cells[0] not in (None, "") or any(cell not in (None, "") for cell in cells):
                self._row(row, cells, extra)

    def _row(self, row: int, cells: tuple[Any, ...], extra: tuple[Any, ...]) -> None:
        number, sku, customer = self.text(cells[0]), self.text(cells[1]), self.text(cells[5])
        if not number or not sku:
            self.at.refuse(row, "sku" if number else "order", "", "fill it in, or remove the row")
        quantity, price = self.quantity(row, cells[2]), self.price(row, cells[4])
        at = self.time(row, cells[3])
        exact, rounded = self._amount(quantity, price)
        self.total.add(exact)
        name = _disposition(number, sku, quantity, price)
        self.dispositions[name].add(exact)
        if name not in {"sale", "return"}:
            return
        service = self.services.get(sku)
        if service is None:
            service = self.services[sku] = is_service(sku)
        self._count_traits(exact, walk_in=not customer, service=service, free=not price)
        self._owner(row, number, customer)
        back = name == "return"
        line = Line(sku, -quantity if back else quantity, price, -rounded if back else rounded, service)
        self._file(self.returns if back else self.orders, number, customer or WALK_IN, at, line)
        self._describe(sku, customer or WALK_IN, extra)

    def _amount(self, quantity: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
        known = self.amounts.get((quantity, price))
        if known is None:
            exact = quantity * price
            known = self.amounts[quantity, price] = exact, exact.quantize(_CENT, rounding=ROUND_HALF_UP)
        return known

    def _count_traits(self, amount: Decimal, *, walk_in: bool, service: bool, free: bool) -> None:
        for name, holds in (("walk_in", walk_in), ("service", service), ("free", free)):
            if holds:
                self.traits[name].add(amount)

    def _owner(self, row: int, number: str, customer: str) -> None:
        if not customer:
            return
        owner, earlier = self.owners.setdefault(number, (customer, row))
        if owner != customer:
            found = f"{customer}, while row {earlier} of the same order {number} has {owner}"
            self.at.refuse(row, "customer", found, "give each order one customer")

    def _file(self, bills: dict[tuple[str, str], Bill], number: str, customer: str, at: datetime, line: Line) -> None:
        bill = bills.get((number, customer))
        if bill is None:
            bills[number, customer] = Bill(number, customer, at, [line])
            return
        bill.lines.append(line)
        if bill.at != at:
            bill.at, bill.differs = min(bill.at, at), True

    def _describe(self, sku: str, customer: str, extra: tuple[Any, ...]) -> None:
        description, region, phone, unionid = extra
        if not self.materials.get(sku):
            self.materials[sku] = self.text(description)
        buyer = self.customers.get(customer)
        if buyer is None:
            buyer = self.customers[customer] = Buyer()
        if customer != WALK_IN:
            buyer.region = buyer.region or (self.text(region) if region else "")
            buyer.phone = buyer.phone or (self.text(phone) if phone else "")
            buyer.unionid = buyer.unionid or (self.text(unionid) if unionid else "")

    def done(self) -> OrdersFile:
        """The documents in order, with the counts."""
        split = self._split(self.orders) + self._split(self.returns)
        bills = [*self.orders.values(), *self.returns.values()]
        report = {
            "source": self.at.path.name,
            **self.total.shown(),
            "rules": {name: tally.shown() for name, tally in self.dispositions.items()},
            "traits": {name: tally.shown() for name, tally in self.traits.items()},
            "split_walk_in": split,
            "time_differs": sum(bill.differs for bill in bills),
        }
        return OrdersFile(
            _in_order(self.orders.values()), _in_order(self.returns.values()), self.customers, self.materials, report
        )

    def _split(self, bills: dict[tuple[str, str], Bill]) -> int:
        numbers = {number for number, _ in bills}
        mixed = [
            bill
            for (number, customer), bill in bills.items()
            if customer == WALK_IN and (number, self.owners.get(number, ("", 0))[0]) in bills
        ]
        for bill in mixed:
            if f"{bill.number}-W" in numbers:
                what = f"order {bill.number} has lines without a customer, and {bill.number}-W exists too"
                raise FileInvalid(what, where=str(self.at.path), next_step="rename one of the two orders")
            bill.number = f"{bill.number}-W"
        return len(mixed)


def _disposition(number: str, sku: str, quantity: Decimal, price: Decimal) -> str:
    if number[0] == "A" and sku == "B":
        return "bad_debt_adjustment"
    if price < 0:
        return "negative_price"
    if not quantity:
        return "zero_quantity"
    if quantity < 0:
        return "return" if number[0] == "C" else "write_off"
    return "sale"


def _in_order(bills: Iterable[Bill]) -> tuple[Bill, ...]:
    return tuple(sorted(bills, key=lambda bill: (bill.at, bill.number)))
