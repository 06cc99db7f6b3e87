"""What both facades do with an adapter, written once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, nullcontext
from datetime import datetime, tzinfo
from typing import TypeVar

from attrs import frozen

from erplink.errors import ConfigInvalid, ProtocolBroken, Unsupported
from erplink.facade.step import Closable
from erplink.model.documents import Document, Entity, Scalar, Stock
from erplink.wire.adapter import Adapter, Leaving, Verb, Window, can

D = TypeVar("D", bound=Document)


@frozen
class Desk:
    """An adapter with what is known of its system: the zone of times that name none."""

    adapter: Adapter
    zone: tzinfo


def require(adapter: Adapter, entity: Entity, verb: Verb) -> None:
    """Raise ``Unsupported``, naming what can be done, unless the system can do that."""
    if can(adapter, entity, verb):
        return
    able = sorted(one.verb for one in adapter.offers if one.entity == entity)
    raise Unsupported(
        f"{adapter.system} cannot {verb} {entity}",
        next_step=f"it can {', '.join(able)} {entity}" if able else f"it has no {entity}",
    )


async def stream(desk: Desk, kind: type[D], entity: Entity, verb: Verb, window: Window) -> AsyncIterator[D]:
    """Every document of the window, each once, in key order; holds one page at a time.

    Raises ``ShapeChanged`` for a document that cannot be read, behind the others of its page.
    """
    require(desk.adapter, entity, verb)
    pages = desk.adapter.pages(entity, window)
    async with aclosing(pages) if isinstance(pages, Closable) else nullcontext():
        async for page in pages:
            for document in page.items:
                yield of_kind(kind, document, desk.adapter)
            for broken in page.broken:
                raise broken.error


async def get(desk: Desk, kind: type[D], entity: Entity, number: str) -> D:
    """One document by its number."""
    require(desk.adapter, entity, "get")
    return of_kind(kind, await desk.adapter.get(entity, number), desk.adapter)


async def create(desk: Desk, kind: type[D], entity: Entity, document: D, key: str) -> D:
    """A document created once per key."""
    require(desk.adapter, entity, "create")
    if not isinstance(document, kind):
        raise ConfigInvalid(f"{entity} takes {kind.__name__}, not {type(document).__name__}")
    if not key:
        raise ConfigInvalid(
            f"creating {entity} needs a key", next_step="give a key that is the same whenever the same thing is meant"
        )
    return of_kind(kind, await desk.adapter.create(entity, document, key), desk.adapter)


async def update(desk: Desk, entity: Entity, number: str, changes: Mapping[str, Scalar]) -> None:
    """Single fields of a document written."""
    require(desk.adapter, entity, "update")
    await desk.adapter.update(entity, number, changes)


async def act(desk: Desk, entity: Entity, number: str, action: str) -> None:
    """A button of the system pressed."""
    require(desk.adapter, entity, "act")
    await desk.adapter.act(entity, number, action)


async def on_hand(desk: Desk, skus: Sequence[str]) -> tuple[Stock, ...]:
    """Live stock."""
    require(desk.adapter, "stock", "get")
    return await desk.adapter.on_hand(skus)


async def leave(adapter: Adapter) -> None:
    """End the adapter's session, where that is worth a call."""
    if isinstance(adapter, Leaving):
        await adapter.leave()


def of_kind(kind: type[D], document: Document, adapter: Adapter) -> D:
    """The document as what it should be."""
    if isinstance(document, kind):
        return document
    raise ProtocolBroken(f"the adapter {adapter.system} returned {type(document).__name__} for {kind.__name__}")


def instant(when: datetime | str, zone: tzinfo) -> datetime:
    """An aware instant of an aware datetime, or of ISO text; text that names no offset is in ``zone``.

    Raises:
        ConfigInvalid: a naive datetime, or a text that is no ISO date or time.

    >>> from datetime import timedelta, timezone
    >>> instant("2026-11-01", timezone(timedelta(hours=8))).isoformat()
    '2026-11-01T00:00:00+08:00'
    """
    if isinstance(when, str):
        try:
            read = datetime.fromisoformat(when)
        except ValueError:
            raise ConfigInvalid(
                f"{when!r} is not a date", next_step="write 2026-11-01 or 2026-11-01T08:30:00+08:00"
            ) from None
        return read if read.tzinfo is not None else read.replace(tzinfo=zone)
    if when.tzinfo is None:
        raise ConfigInvalid(
            f"the time {when.isoformat()} names no zone", next_step="give an aware datetime, or text such as 2026-11-01"
        )
    return when
