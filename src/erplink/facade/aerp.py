"""The asynchronous facade, on asyncio or trio. Mirrored by hand in ``erp``; a test compares the two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, tzinfo
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import anyio

from erplink.facade import flow
from erplink.facade.io_async import AsyncIo
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


class AsyncEntity(Generic[D]):
    """The documents of one entity: ``erp.orders`` is ``AsyncEntity[Order]``.

    Every method raises errors of ``erplink.errors`` only; what a system cannot do raises ``Unsupported``.
    """

    def __init__(self, desk: flow.Desk, kind: type[D], name: EntityName) -> None:
        self._desk = desk
        self._kind = kind
        self._name: EntityName = name

    async def get(self, number: str) -> D:
        """One document by its number. Raises ``NotFound``."""
        return await flow.get(self._desk, self._kind, self._name, number)

    def list(self) -> AsyncIterator[D]:
        """Every document, each once, in the order of its key. Streams: memory holds one page."""
        return flow.stream(self._desk, self._kind, self._name, "list", Window())

    def changes(self, since: datetime | str, until: datetime | str | None = None) -> AsyncIterator[D]:
        """Every document modified at or after ``since`` and before ``until`` (default: now, by the server's clock).

        An aware datetime or ISO text; text that names no offset is in the zone of the system. A document is given once,
        in its newest state; order is by key, not by time.
        """
        window = Window(
            flow.instant(since, self._desk.zone),
            None if until is None else flow.instant(until, self._desk.zone),
        )
        return flow.stream(self._desk, self._kind, self._name, "changes", window)

    async def create(self, document: D, *, key: str) -> D:
        """Create a document, in force when this returns. The same ``key`` again reads the first one back.

        Raises ``Conflict`` when the key was used for something else, ``Refused`` with the system's own words.
        """
        return await flow.create(self._desk, self._kind, self._name, document, key)

    async def update(self, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields. The same values again change nothing."""
        await flow.update(self._desk, self._name, number, changes)

    async def act(self, number: str, action: str) -> None:
        """Press a button of the system: ``submit``, ``audit``, ``cancel`` …; pressed already is fine."""
        await flow.act(self._desk, self._name, number, action)


class AsyncInventory:
    """Live stock."""

    def __init__(self, desk: flow.Desk) -> None:
        self._desk = desk

    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """What is there of these skus, one row per warehouse; a sku without a row has none."""
        return await flow.on_hand(self._desk, skus)


class AsyncRaw:
    """The escape hatch: any operation of the system, through the same session, limits and retries."""

    def __init__(self, desk: flow.Desk) -> None:
        self._desk = desk

    async def call(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """The reply to one operation. It is never repeated when it may have had an effect."""
        return await self._desk.adapter.call(operation, payload)


class AsyncErp:
    """One system, logged in at the first call. Belongs to one event loop; use it in an ``async with`` block."""

    def __init__(self, adapter: Adapter, io: AsyncIo, zone: tzinfo, close: Callable[[], None]) -> None:
        desk = flow.Desk(adapter, zone)
        self.adapter = adapter
        self.io = io
        self._close = close
        self.orders = AsyncEntity(desk, Order, "orders")
        self.shipments = AsyncEntity(desk, Shipment, "shipments")
        self.returns = AsyncEntity(desk, Return, "returns")
        self.receipts = AsyncEntity(desk, Receipt, "receipts")
        self.refunds = AsyncEntity(desk, Refund, "refunds")
        self.receivables = AsyncEntity(desk, Receivable, "receivables")
        self.customers = AsyncEntity(desk, Customer, "customers")
        self.products = AsyncEntity(desk, Product, "products")
        self.prices = AsyncEntity(desk, PriceList, "prices")
        self.stock = AsyncInventory(desk)
        self.raw = AsyncRaw(desk)

    @property
    def system(self) -> str:
        """Short name of the kind of system: ``kingdee``."""
        return self.adapter.system

    async def now(self) -> datetime:
        """The server's present instant (aware): where a window of changes that is asked for now should end."""
        return await self.adapter.clock()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine comes to that awaits nothing but this system: how its own operations are reached."""
        return await work

    def each(self, source: AsyncIterator[T]) -> AsyncIterator[T]:
        """The items of a stream that awaits nothing but this system, one at a time."""
        return source

    async def close(self) -> None:
        """Log out, give up connections; calls afterwards raise ``ProtocolBroken``.

        Closing twice is fine. A server that does not answer the farewell is not waited for long.
        """
        with anyio.CancelScope(shield=True):
            await flow.leave(self.adapter)
        await self.io.close()
        self._close()

    def __repr__(self) -> str:
        return f"<AsyncErp {self.adapter.system}>"

    async def __aenter__(self) -> Self:
        self.io.stay_home()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
