"""Three doors onto an ERP, so that a test is written once, as plain code: blocking, on asyncio and on trio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, contextmanager
from datetime import datetime
from functools import partial
from os import PathLike
from typing import Any, Literal, Protocol, TypeVar, get_args

from anyio.from_thread import BlockingPortal, start_blocking_portal
from attrs import frozen

from erplink.facade.aerp import AsyncErp
from erplink.facade.connect import connect, connect_async
from erplink.facade.erp import Erp
from erplink.facade.observe import Observe
from erplink.facade.step import Closable, iterate
from erplink.model.documents import Document, Entity, Scalar, Stock
from erplink.wire.adapter import Adapter, KeyPage, Page, Settings, Window
from erplink.wire.call import Reply

T = TypeVar("T")

DoorName = Literal["blocking", "asyncio", "trio"]
DOORS: tuple[DoorName, ...] = get_args(DoorName)


class Bridge(Protocol):
    """How the methods and streams of a facade are used from plain code, by any thread."""

    def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it returns
        """The result of a method."""
        ...

    def walk(self, stream: Any) -> Iterator[Any]:  # noqa: ANN401 - an Iterator here, an AsyncIterator there
        """The items of a stream of the facade."""
        ...

    def step(self, stream: AsyncIterator[T]) -> Iterator[T]:
        """The items of a stream of the adapter."""
        ...


class _Plain:
    """The synchronous facade as it is."""

    def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:  # noqa: ANN401
        return method(*args, **named)

    def walk(self, stream: Any) -> Iterator[Any]:  # noqa: ANN401
        return iter(stream)

    def step(self, stream: AsyncIterator[T]) -> Iterator[T]:
        return iterate(stream)


@frozen
class _Ported:
    """The asynchronous facade in an event loop of its own; each step of a stream is a task there."""

    portal: BlockingPortal

    def call(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:  # noqa: ANN401
        return self.portal.call(partial(method, *args, **named))

    def walk(self, stream: AsyncIterator[T]) -> Iterator[T]:
        try:
            while True:
                try:
                    item = self.portal.call(_next, stream)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            if isinstance(stream, Closable):
                self.portal.call(_close, stream)

    def step(self, stream: AsyncIterator[T]) -> Iterator[T]:
        return self.walk(stream)


async def _next(stream: AsyncIterator[T]) -> T:
    return await anext(stream)


async def _close(stream: Closable) -> None:
    async with aclosing(stream):
        pass


@frozen
class Documents:
    """One entity of an open ERP: ``Entity`` or ``AsyncEntity`` as plain code."""

    bridge: Bridge
    entity: Any

    def get(self, number: str) -> Document:
        """One document by its number."""
        found: Document = self.bridge.call(self.entity.get, number)
        return found

    def list(self) -> Iterator[Document]:
        """Every document, as they come."""
        return self.bridge.walk(self.entity.list())

    def changes(self, since: datetime | str, until: datetime | str | None = None) -> Iterator[Document]:
        """Those modified in a window, as they come."""
        return self.bridge.walk(self.entity.changes(since, until))

    def create(self, document: Document, *, key: str) -> Document:
        """Create a document once per key."""
        made: Document = self.bridge.call(self.entity.create, document, key=key)
        return made

    def update(self, number: str, changes: Mapping[str, Scalar]) -> None:
        """Write single fields."""
        self.bridge.call(self.entity.update, number, changes)

    def act(self, number: str, action: str) -> None:
        """Press a button."""
        self.bridge.call(self.entity.act, number, action)


@frozen
class Opened:
    """An open ERP behind a door. Usable from several threads; behind an asynchronous door each call is a task."""

    bridge: Bridge
    erp: Erp | AsyncErp

    @property
    def adapter(self) -> Adapter:
        """The adapter under the facade."""
        return self.erp.adapter

    def of(self, entity: Entity) -> Documents:
        """The documents of an entity."""
        return Documents(self.bridge, getattr(self.erp, entity))

    def pages(self, entity: Entity, window: Window = Window(), after: str = "") -> Iterator[Page]:  # noqa: B008 - frozen
        """The adapter's pages, with their tokens."""
        return self.bridge.step(self.adapter.pages(entity, window, after))

    def keys(self, entity: Entity, after: str = "") -> Iterator[KeyPage]:
        """The adapter's keys, with their tokens."""
        return self.bridge.step(self.adapter.keys(entity, after))

    def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        """Live stock."""
        found: tuple[Stock, ...] = self.bridge.call(self.erp.stock.on_hand, skus)
        return found

    def raw(self, operation: str, payload: Mapping[str, Any]) -> Reply:
        """The escape hatch."""
        reply: Reply = self.bridge.call(self.erp.raw.call, operation, payload)
        return reply

    def now(self) -> datetime:
        """The server's present instant."""
        instant: datetime = self.bridge.call(self.erp.now)
        return instant


class Door(Protocol):
    """One way in. ``open`` takes what ``erplink.connect`` takes."""

    def open(
        self,
        settings: Settings,
        *,
        parallel: int = 1,
        timeout: float = 60.0,
        observe: Observe | None = None,
        record: str | PathLike[str] | None = None,
    ) -> AbstractContextManager[Opened]:
        """An ERP, closed at the end of the block."""
        ...


@frozen
class _Threads:
    @contextmanager
    def open(self, settings: Settings, **how: Any) -> Iterator[Opened]:  # noqa: ANN401 - as the protocol says
        with connect(settings, **how) as erp:
            yield Opened(_Plain(), erp)


@frozen
class _Tasks:
    portal: BlockingPortal

    @contextmanager
    def open(self, settings: Settings, **how: Any) -> Iterator[Opened]:  # noqa: ANN401 - as the protocol says
        with self.portal.wrap_async_context_manager(connect_async(settings, **how)) as erp:
            yield Opened(_Ported(self.portal), erp)


@contextmanager
def door(name: DoorName) -> Iterator[Door]:
    """The door of that name; the event loop behind it, and its thread, end with the block.

    >>> from erplink.testing.contract.subjects.kingdee import KingdeeSubject
    >>> with KingdeeSubject().start() as system, door("asyncio") as way, way.open(system.settings(page=10)) as erp:
    ...     list(erp.of("orders").list())
    []
    """
    if name == "blocking":
        yield _Threads()
        return
    with start_blocking_portal(name) as portal:
        yield _Tasks(portal)
