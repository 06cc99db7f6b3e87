"""Host events: what an application is told, from the outbox, after the transaction in which it came true.

| event | when | data |
|---|---|---|
| ``points.changed`` | entries were booked for a member | ``balance``, ``entries``: ``[kind, points]`` each |
| ``tier.changed`` | a member whose tier was known has another | ``before``, ``after`` |
| ``gift.done`` | the ERP has the gift order in force | ``order`` |
| ``gift.refused`` | the ERP refused it; the points are back | ``order``, ``reason`` |

An event is written only for names that somebody listens to, in the transaction of its cause, and delivered at least
once: a listener that fails is called again later, under the same ``key``. Events of one member keep their order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec
from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.ledger.keys import derive_key
from erplink.store import outbox
from erplink.store.books import Sheet
from erplink.store.database import Connection
from erplink.store.queue import Claimed, Message
from erplink.sync.deliver import Delivered, Lane, deliver
from erplink.sync.run import Run
from erplink.wire.io import Io

EventName = Literal["points.changed", "tier.changed", "gift.done", "gift.refused"]
NAMES: tuple[EventName, ...] = ("points.changed", "tier.changed", "gift.done", "gift.refused")
HOST = "host"
"""The system under which the outbox keeps what the host application is told."""

_DATA: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


@frozen
class HostEvent:
    """Something that came true for a member. ``key`` is the same however often it is told; ``again`` if it may be."""

    name: str
    member: str
    key: str
    data: Mapping[str, Any] = field(repr=False)
    again: bool = False


Tell = Callable[[HostEvent], Awaitable[None]]
"""A listener, as the facade wraps it."""


def known(name: str) -> str:
    """The name, if there is such an event. Raises ``ConfigInvalid``."""
    if name not in NAMES:
        raise ConfigInvalid(f"there is no event {name!r}", where="on", next_step=f"listen to one of {', '.join(NAMES)}")
    return name


def announce(
    connection: Connection, space: str, wanted: Collection[str], events: Sequence[HostEvent], now: datetime
) -> None:
    """Ask for events to be told, if somebody listens to them."""
    messages = [
        Message(
            key=event.key,
            system=HOST,
            operation=event.name,
            payload=msgspec.json.encode(event.data).decode(),
            subject=event.member,
        )
        for event in events
        if event.name in wanted
    ]
    outbox.put(connection, space, messages, now)


def of_sheet(space: str, sheet: Sheet, tier_before: str, now: datetime) -> list[HostEvent]:
    """What a member's sheet says after a transaction worked on it."""
    told = []
    if sheet.posted:
        entries = [[posting.kind, posting.points] for posting, _ in sheet.posted]
        data = {"balance": sheet.account.shown(now), "entries": entries, "pool": sheet.pool}
        key = derive_key(space, "event", "points.changed", *(posting.key for posting, _ in sheet.posted))
        told.append(HostEvent("points.changed", sheet.person, key, data))
    if tier_before not in ("", sheet.tier):
        key = derive_key(space, "event", "tier.changed", sheet.person, sheet.pool, now.isoformat())
        told.append(HostEvent("tier.changed", sheet.person, key, {"before": tier_before, "after": sheet.tier}))
    return told


def of_gift(space: str, message: Message, reason: str) -> HostEvent:
    """How a gift order ended; a ``reason`` says that it was refused."""
    name = "gift.refused" if reason else "gift.done"
    data = {"order": message.target, **({"reason": reason} if reason else {})}
    return HostEvent(name, message.subject, derive_key(space, "event", name, message.key), data)


async def tell_host(io: Io, run: Run, listeners: Mapping[str, Tell]) -> Delivered:
    """Deliver what waits for listeners, one call each."""
    return await deliver(io, run, host_lane(listeners)) if listeners else Delivered()


def host_lane(listeners: Mapping[str, Tell]) -> Lane:
    """What waits for listeners, and how they are told."""
    return Lane("outbox", HOST, tuple(sorted(listeners)), partial(_tell, listeners))


async def _tell(listeners: Mapping[str, Tell], claimed: Claimed) -> None:
    message = claimed.message
    data = _DATA.decode(message.payload)
    event = HostEvent(message.operation, message.subject, message.key, data, claimed.maybe or claimed.attempts > 1)
    await listeners[message.operation](event)
