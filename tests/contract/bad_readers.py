"""Adapters that read wrongly, each in one way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from decimal import Decimal

import msgspec
from attrs import evolve

from erplink.errors import NotFound
from erplink.model.documents import Document, Entity, Key, Order, Receipt, Return, Shipment, Stock
from erplink.testing.contract.specimens import specimen
from erplink.wire.adapter import Capability, KeyPage, Page, Window
from tests.contract.wrapped import Changing, Wrapped


class HidesACapability(Wrapped):
    @property
    def offers(self) -> tuple[Capability, ...]:
        return self.adapter.offers[:-1]


class InventsDocuments(Wrapped):
    async def get(self, entity: Entity, number: str) -> Document:
        try:
            return await self.adapter.get(entity, number)
        except NotFound:
            return specimen(entity, number, id="1")


class SpeaksGbk(Changing):
    def changed(self, document: Document) -> Document:
        name = "note" if isinstance(document, Order) else "name" if hasattr(document, "name") else "customer"
        text = getattr(document, name).encode("gbk", "replace").decode("gbk")
        return msgspec.structs.replace(document, **{name: text})


class StripsZeros(Changing):
    def changed(self, document: Document) -> Document:
        return msgspec.structs.replace(document, number=document.number.lstrip("0"))


class AsksByLike(Wrapped):
    """Takes ``_`` for any character."""

    async def get(self, entity: Entity, number: str) -> Document:
        return await self.adapter.get(entity, number.replace("N000_", "N0001"))


class Floats(Changing):
    def changed(self, document: Document) -> Document:
        if isinstance(document, Receipt):
            return msgspec.structs.replace(document, amount=_float(document.amount))
        if isinstance(document, Order | Return):
            lines = [msgspec.structs.replace(line, amount=_float(line.amount)) for line in document.lines]
            return msgspec.structs.replace(document, lines=tuple(lines))
        if isinstance(document, Shipment):
            rows = [msgspec.structs.replace(line, qty=_float(line.qty)) for line in document.lines]
            return msgspec.structs.replace(document, lines=tuple(rows))
        return document


def _float(figure: Decimal) -> Decimal:
    return Decimal(str(float(figure)))


class GuessesStatuses(Changing):
    def changed(self, document: Document) -> Document:
        return msgspec.structs.replace(document, status="draft") if document.status == "unknown" else document


class HidesBrokenDocuments(Wrapped):
    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        async for page in self.adapter.pages(entity, window, after):
            yield evolve(page, broken=())


class StopsAtABrokenDocument(Wrapped):
    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        async for page in self.adapter.pages(entity, window, after):
            for broken in page.broken:
                raise broken.error
            yield page


class CutsLongDocuments(Changing):
    def changed(self, document: Document) -> Document:
        if not isinstance(document, Order):
            return document
        return msgspec.structs.replace(document, lines=document.lines[: max(self.settings.page, 2)])


class CountsOffsets(Wrapped):
    """Asks for the third to fifth document, as of now, whatever has become of the first and second."""

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        place = int(after or 0)
        while True:
            everything = [document async for page in self.adapter.pages(entity, window) for document in page.items]
            items = everything[place : place + self.settings.page]
            if not items:
                return
            place += len(items)
            yield Page(tuple(items), str(place))


class ForgetsWhereItWas(Wrapped):
    """Gives a token that begins the page anew."""

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        token = after
        async for page in self.adapter.pages(entity, window, after):
            yield evolve(page, token=token)
            token = page.token


class LosesTies(Wrapped):
    """Goes on above the last stamp of a page."""

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        if window.since is None:
            async for page in self.adapter.pages(entity, window, after):
                yield page
            return
        found = [document async for page in self.adapter.pages(entity, window) for document in page.items]
        left = [document for document in found if document.version > after]
        while left:
            items = left[: self.settings.page]
            left = [document for document in left if document.version > items[-1].version]
            yield Page(tuple(items), items[-1].version)


class ClosesWindows(Wrapped):
    """Takes the end of a window in."""

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        if window.since is not None and window.until is not None and window.until > window.since:
            window = evolve(window, until=window.until + timedelta(seconds=1))
        async for page in self.adapter.pages(entity, window, after):
            yield page


class TrustsItsOwnClock(Wrapped):
    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        if window.since is not None and window.until is None:
            window = evolve(window, until=self.io.now())
        async for page in self.adapter.pages(entity, window, after):
            yield page


class SortsIdsAsText(Wrapped):
    async def keys(self, entity: Entity, after: str = "") -> AsyncIterator[KeyPage]:
        keys = [key async for page in self.adapter.keys(entity) for key in page.keys]
        for key in sorted(keys, key=lambda one: one.id):
            if not after or Key(after, "", "").place < key.place:
                yield KeyPage((key,), key.id)


class SumsWarehouses(Wrapped):
    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        found: dict[str, Stock] = {}
        for row in await self.adapter.on_hand(skus):
            known = found.get(row.sku, Stock(row.sku, "all", Decimal(0), Decimal(0)))
            found[row.sku] = Stock(row.sku, "all", known.on_hand + row.on_hand, known.available + row.available)
        return tuple(found.values())


class AsksForTheFirstHundred(Wrapped):
    async def on_hand(self, skus: Sequence[str]) -> tuple[Stock, ...]:
        return await self.adapter.on_hand(skus[:100])
