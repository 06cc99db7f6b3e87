"""Adapters and their Io as they are, to be broken in one place."""

# ruff: noqa: ANN401 - what an adapter holds is passed through, whatever it is

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

from attrs import evolve

from erplink.erp.kingdee import Kingdee
from erplink.model.documents import Document, Entity
from erplink.wire.adapter import Adapter, Page, Window
from erplink.wire.io import Io

Open = Callable[[Kingdee, Io], Adapter]


class Wrapped:
    """An adapter as it is, to be broken in one place."""

    def __init__(self, settings: Kingdee, io: Io, adapter: Adapter) -> None:
        self.settings, self.io, self.adapter = settings, io, adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self.adapter, name)

    def __repr__(self) -> str:
        return repr(self.adapter)


def wrapping(kind: type[Wrapped]) -> Open:
    def opened(settings: Kingdee, io: Io) -> Adapter:
        return cast("Adapter", kind(settings, io, settings.open(io, parallel=1)))

    return named(opened, kind.__name__)


class Changing(Wrapped):
    """Changes each document that is read."""

    def changed(self, document: Document) -> Document:
        raise NotImplementedError

    async def get(self, entity: Entity, number: str) -> Document:
        return self.changed(await self.adapter.get(entity, number))

    async def pages(self, entity: Entity, window: Window, after: str = "") -> AsyncIterator[Page]:
        async for page in self.adapter.pages(entity, window, after):
            yield evolve(page, items=tuple(map(self.changed, page.items)))


class Sending:
    """An Io as it is, whose sending is to be broken."""

    def __init__(self, io: Io) -> None:
        self.io = io

    def __getattr__(self, name: str) -> Any:
        return getattr(self.io, name)


def sending(kind: type[Sending]) -> Open:
    def opened(settings: Kingdee, io: Io) -> Adapter:
        return settings.open(cast("Io", kind(io)), parallel=1)

    return named(opened, kind.__name__)


def named(opened: Open, name: str) -> Open:
    opened.__name__ = name
    return opened
