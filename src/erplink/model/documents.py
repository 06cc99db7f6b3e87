"""Canonical documents: what every ERP adapter reads and writes, whatever the ERP calls it.

Amounts and quantities are exact ``Decimal`` in major units, tax included; times are aware (UTC inside, the adapter
knows the server's zone). ``version`` is the ERP's own stamp; ``custom`` holds the fields a tenant configured.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    Scalar = str | int | Decimal | bool | None
    """What a custom field may hold."""
else:
    # msgspec cannot tell a decimal from a text at run time: documents are written with decimals as JSON numbers.
    Scalar = Any

OrderStatus = Literal["draft", "pending", "approved", "closed", "cancelled", "unknown"]
"""Life of an order: draft (saved), pending (submitted), approved (in force), closed (fully shipped), cancelled."""

DocumentStatus = Literal["draft", "pending", "approved", "cancelled", "unknown"]
"""Life of every other document. Only ``approved`` ones count as facts."""

LineKind = Literal["goods", "service"]
"""Goods earn; services (freight, fees, discounts booked as lines) are left out of the basis and counted."""

Entity = Literal[
    "orders",
    "shipments",
    "returns",
    "receipts",
    "refunds",
    "receivables",
    "customers",
    "products",
    "prices",
    "stock",
]
"""The entities of the facade; one canonical document type each."""


class OrderLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of an order. ``amount`` is what the line costs after its own discounts, tax included."""

    line: int
    sku: str
    qty: Decimal
    amount: Decimal
    unit_price: Decimal = Decimal(0)
    id: str = ""
    kind: LineKind = "goods"
    free: bool = False


class Order(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A sales order.

    >>> Order(
    ...     id="1",
    ...     number="SO1",
    ...     customer="C1",
    ...     status="closed",
    ...     currency="CNY",
    ...     created_at=None,
    ...     version="",
    ...     lines=(OrderLine(line=1, sku="M1", qty=Decimal(2), amount=Decimal("9.90")),),
    ... ).paid
    Decimal('9.90')
    """

    id: str
    number: str
    customer: str
    status: OrderStatus
    currency: str
    created_at: datetime | None
    version: str
    lines: tuple[OrderLine, ...] = ()
    approved_at: datetime | None = None
    note: str = ""
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}

    @property
    def paid(self) -> Decimal:
        """Sum of the line amounts."""
        return sum((line.amount for line in self.lines), Decimal(0))


class ShipmentLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Goods of an order line that left the warehouse. ``order_line`` is the order line's id in the ERP."""

    line: int
    sku: str
    qty: Decimal
    order: str = ""
    order_line: str = ""


class Shipment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A delivery out of stock (outstock). In force when approved."""

    id: str
    number: str
    customer: str
    status: DocumentStatus
    shipped_at: datetime | None
    version: str
    lines: tuple[ShipmentLine, ...] = ()
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}


class ReturnLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Goods that came back. ``order`` and ``order_line`` are empty when the return names no order."""

    line: int
    sku: str
    qty: Decimal
    amount: Decimal
    order: str = ""
    order_line: str = ""
    kind: LineKind = "goods"
    free: bool = False


class Return(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A return of goods. Amounts and quantities are positive."""

    id: str
    number: str
    customer: str
    status: DocumentStatus
    currency: str
    returned_at: datetime | None
    version: str
    lines: tuple[ReturnLine, ...] = ()
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Money received from a customer; ``order`` names the order it pays, if the ERP knows it."""

    id: str
    number: str
    customer: str
    status: DocumentStatus
    currency: str
    amount: Decimal
    received_at: datetime | None
    version: str
    order: str = ""
    raw_status: str = ""


class Refund(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Money paid back to a customer, above zero; ``order`` names the order it was paid for, if the ERP knows it.

    What a customer has paid is the receipts less the refunds.
    """

    id: str
    number: str
    customer: str
    status: DocumentStatus
    currency: str
    amount: Decimal
    paid_at: datetime | None
    version: str
    order: str = ""
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}


class Receivable(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a customer owes by one bill; below zero where goods came back. ``due_at`` is when it is to be paid.

    ``origin`` is the number of the document it comes from, often a shipment, where all of its rows name one.
    """

    id: str
    number: str
    customer: str
    status: DocumentStatus
    currency: str
    amount: Decimal
    dated_at: datetime | None
    version: str
    due_at: datetime | None = None
    origin: str = ""
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}


class Customer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A customer master record. ``phone`` is as the ERP has it; cleaning is the identity room's work."""

    id: str
    number: str
    name: str
    status: DocumentStatus
    version: str
    phone: str = ""
    unionid: str = ""
    active: bool = True
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}

    def __repr__(self) -> str:
        return f"Customer(number={self.number!r}, name=…, phone=…, unionid=…)"


class Product(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A product master record (material)."""

    id: str
    number: str
    name: str
    status: DocumentStatus
    version: str
    category: str = ""
    active: bool = True
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}


class PriceLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The price of one sku, for quantities from ``from_qty`` up to ``to_qty``; 0 is no bound."""

    line: int
    sku: str
    price: Decimal
    from_qty: Decimal = Decimal(0)
    to_qty: Decimal = Decimal(0)


class PriceList(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A list of sales prices, in force from ``effective_at`` until ``expires_at``.

    Whether tax is in its prices is as the ERP keeps them; the only document where amounts are not known to include it.
    """

    id: str
    number: str
    name: str
    status: DocumentStatus
    currency: str
    version: str
    lines: tuple[PriceLine, ...] = ()
    effective_at: datetime | None = None
    expires_at: datetime | None = None
    active: bool = True
    raw_status: str = ""
    custom: Mapping[str, Scalar] = {}


class Stock(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is on hand of one sku in one warehouse, in base units. ``available`` excludes what is locked."""

    sku: str
    warehouse: str
    on_hand: Decimal
    available: Decimal
    as_of: datetime | date | None = None


class Key(msgspec.Struct, frozen=True, gc=False):
    """What a document is told apart by: its id, the number users see, and the stamp of its version."""

    id: str
    number: str
    version: str

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among others: shorter ids first, so that numbers come in the order of their size.

        >>> Key("99", "", "").place < Key("100", "", "").place
        True
        """
        return len(self.id), self.id


Document = Order | Shipment | Return | Receipt | Refund | Receivable | Customer | Product | PriceList
"""Every document that has a number, a version and is pulled."""
