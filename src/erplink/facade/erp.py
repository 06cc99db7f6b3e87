"""The synchronous facade: an ERP as plain Python. Mirrored by hand in ``aerp``; a test compares the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from erplink.facade import flow
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import iterate, step
from erplink.model.documents import (
    Customer,
    Document,
    Order,
    PriceList,
    Product,
    Receipt,
    Receivable,
    Refund,
    Return,
    Scalar,
    Shipment,
    Stock,
)
from erplink.model.documents import (
    Entity as EntityName,
)
from erplink.wire.adapter import Adapter, Window
from erplink.wire.call import Reply

D = TypeVar("D", bound=Document)
T = TypeVar("T")


class Entity(Generic[D]):
    """The documents of one entity: ``erp.orders`` is ``Entity[Order]``.

    Every method raises errors of ``erplink.errors`` only; what a system cannot do raises ``Unsupported``.
    """

    def __init__(self, desk: flow.Desk, kind: type[D], name: EntityName) -> None:
        self._desk = desk
        self._kind = kind
        self._name: EntityName = name

    def get(self, number: str) -> D:
        """One document by its number. Raises ``NotFound``."""
        return step(flow.get(self._desk, self._kind, self._name, number))

    def list(self) -> Iterator[D]:
        """Every document, each once, in the order of its key. Streams: memory holds one page."""
        return iterate(flow.stream(self._desk, self._kind, self._name, "list", Window()))

    def changes(self, since: datetime | str, until: datetime | str | None = None) -> Iterator[D]:
        """Every document modified at or after ``since`` and before ``until`` (default: now, by the server's clock).

        An aware datetime or ISO text; text that names no offset is in the zone of the system. A document is given once,
        in its newest state; order is by key, not by time.
        """
        window = Window(
            flow.instant(since, self._desk.zone),
            None if until is None else flow.instant(until, self._desk.zone),
        )
        return iterate(flow.stream(self._desk, self._kind, self._name, "changes", window))

    def create(self, document: D, *, key: str) -> D:
        """Create a document, in force when this returns. The same ``key`` again reads the first one back.

        Raises ``Conflict`` when the key was used for something else, ``Refused`` with the system's own words.
        """
        return step(flow.create(self._desk, self._kind, self._name, document, key))

    def update(self, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields. The same values again change nothing."""
        step(flow.update(self._desk, self._name, number, changes))

    def act(self, number: str, action: str) -> None:
        """Press a button of the system: ``submit``, ``audit``, ``cancel`` …; pressed already is fine."""
        step(flow.act(self._desk, self._name, number, action))


class Inventory:
    """Live stock."""

    def __init__(self, desk: flow.Desk) -> None:
        self._desk = desk

    def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """What is there of these skus, one row per warehouse; a sku without a row has none."""
        return step(flow.on_hand(self._desk, skus))


class Raw:
    """The escape hatch: any operation of the system, through the same session, limits and retries."""

    def __init__(self, desk: flow.Desk) -> None:
        self._desk = desk

    def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """The reply to one operation. It is never repeated when it may have had an effect."""
        return step(self._desk.adapter.call(operation, payload))


class Erp:
    """One system, logged in at the first call. Usable from several threads; use it in a ``with`` block."""

    def __init__(self, adapter: Adapter, io: SyncIo, zone: tzinfo, close: Callable[[], None]) -> None:
        desk = flow.Desk(adapter, zone)
        self.adapter = adapter
        self.io = io
        self._close = close
        self.orders = Entity(desk, Order, "orders")
        self.shipments = Entity(desk, Shipment, "shipments")
        self.returns = Entity(desk, Return, "returns")
        self.receipts = Entity(desk, Receipt, "receipts")
        self.refunds = Entity(desk, Refund, "refunds")
        self.receivables = Entity(desk, Receivable, "receivables")
        self.customers = Entity(desk, Customer, "customers")
        self.products = Entity(desk, Product, "products")
        self.prices = Entity(desk, PriceList, "prices")
        self.stock = Inventory(desk)
        self.raw = Raw(desk)

    @property
    def system(self) -> str:
        """Short name of the kind of system: ``kingdee``."""
        return self.adapter.system

    def now(self) -> datetime:
        """The server's present instant (aware): where a window of changes that is asked for now should end."""
        return step(self.adapter.clock())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine comes to that awaits nothing but this system: how its own operations are reached."""
        return step(work)

    def each(self, source: AsyncIterator[T]) -> Iterator[T]:
        """The items of a stream that awaits nothing but this system, one at a time."""
        return iterate(source)

    def close(self) -> None:
        """Log out, give up connections and helper threads; calls afterwards raise ``ProtocolBroken``.

        Closing twice is fine. A server that does not answer the farewell is not waited for long.
        """
        step(flow.leave(self.adapter))
        self.io.close()
        self._close()

    def __repr__(self) -> str:
        return f"<Erp {self.adapter.system}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
