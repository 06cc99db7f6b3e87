"""Push: the outbox into the systems, only what was named at attach, each write once however often it is tried."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, cast

import msgspec
from attrs import field, frozen

from erplink.errors import Conflict, NotFound, NotKnownYet, Refused, SkipError, Unsupported
from erplink.model.documents import Document, Entity, Order, Scalar
from erplink.store import echoes, outbox
from erplink.store.database import Connection
from erplink.store.echoes import Echo
from erplink.store.queue import Claimed, Message
from erplink.sync.deliver import Delivered, Ended, Lane, Patience, deliver
from erplink.sync.events import announce, of_gift
from erplink.sync.known import known_as
from erplink.sync.redeem import give_back
from erplink.sync.run import Run
from erplink.wire.adapter import Adapter
from erplink.wire.io import Io

GIFT_ORDERS = "orders.create"
"""The operation whose refusal gives points back."""

_ORDER = msgspec.json.Decoder(Order)
_CHANGES: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@frozen
class Target:
    """One attached system: what may be written there (``entity.verb``), and how many calls at once."""

    system: str
    adapter: Adapter = field(repr=False)
    writes: frozenset[str]
    parallel: int
    patience: Patience = field(factory=Patience)


async def push(io: Io, run: Run, target: Target) -> Delivered:
    """Send what waits in the outbox for one system. Raises ``StopError`` or ``FixError`` when a person must act first.

    Deeds have priority over values, so that a balance written is the one after all that happened.
    """
    lane = Lane(
        "outbox",
        target.system,
        tuple(sorted(target.writes)),
        partial(_send, target),
        parallel=target.parallel,
        patience=target.patience,
        mapping=target.adapter.mapping,
        settles_in=target.adapter.settles_in,
        made_good=frozenset({GIFT_ORDERS}),
        aftermath=partial(_make_good, run.events),
    )
    return await deliver(io, run, lane)


async def _send(target: Target, claimed: Claimed) -> None:
    message = claimed.message
    entity, verb = cast("tuple[Entity, str]", tuple(message.operation.split(".")))
    if verb == "create":
        await _create_once(target.adapter, entity, claimed)
        return
    changes: dict[str, Scalar] = _CHANGES.decode(message.payload)
    try:
        await target.adapter.update(entity, message.target, changes)
    except NotFound as missing:
        name = known_as(target.system, entity, message.target)
        raise NotKnownYet(
            missing.what, waits_for=name, where=missing.where, next_step="it is written when the record arrives"
        ) from missing


async def _create_once(adapter: Adapter, entity: Entity, claimed: Claimed) -> None:
    """Create a document unless an earlier attempt did: what may be there already is looked up by its number first."""
    wanted = _ORDER.decode(claimed.message.payload)
    if claimed.maybe and await _is_there(adapter, entity, wanted):
        return
    try:
        await adapter.create(entity, wanted, claimed.message.key)
    except SkipError as refusal:
        raise await _withdrawn(adapter, entity, wanted.number, refusal) from refusal


async def _is_there(adapter: Adapter, entity: Entity, wanted: Order) -> bool:
    """The probe by natural key. A document half-way into force is not there yet: ``create`` goes on with it."""
    try:
        found: Document = await adapter.get(entity, wanted.number)
    except (NotFound, Refused):
        return False
    if isinstance(found, Order) and found.status == "cancelled":
        raise Conflict(
            f"{wanted.number} was cancelled in the ERP", where=entity, next_step="redeem again under a new key"
        )
    return isinstance(found, Order) and found.status in ("approved", "closed")


async def _withdrawn(adapter: Adapter, entity: Entity, number: str, refusal: SkipError) -> SkipError:
    """Cancel what was refused half-way, so that nobody brings it into force later; the error to raise."""
    try:
        await adapter.act(entity, number, "cancel")
    except (NotFound, Unsupported):
        return refusal
    except SkipError as stays:
        return Refused(refusal.what, where=refusal.where, next_step=f"cancel {number} in the ERP: {stays.what}")
    return Refused(refusal.what, where=refusal.where, next_step=f"{number} was cancelled")


def _make_good(
    events: Collection[str],
    connection: Connection,
    space: str,
    ours: Sequence[Ended],
    late: Sequence[Ended],
    now: datetime,
) -> None:
    """Points of refused gifts go back; what was written is remembered until it comes back.

    Values that were replaced while they were written are written again.
    """
    for end in ours:
        message = end.claimed.message
        if end.settled.state == "refused" and message.operation == GIFT_ORDERS:
            give_back(connection, space, message.key, end.settled.outcome, now, events=events)
    gifts = [end for end in ours if end.claimed.message.operation == GIFT_ORDERS]
    ended = [end for end in gifts if end.settled.state in ("done", "refused")]
    told = [of_gift(space, end.claimed.message, end.settled.outcome) for end in ended]
    announce(connection, space, events, told, now)
    echoes.note(connection, space, [_echo(end.claimed.message) for end in ours if _is_written(end)], now)
    outbox.write_again(connection, space, [end.claimed.message for end in (*ours, *late) if _may_stand_there(end)])


def _is_written(end: Ended) -> bool:
    return end.claimed.message.operation.endswith(".update") and end.settled.state == "done"


def _echo(message: Message) -> Echo:
    entity, _ = message.operation.split(".")
    return Echo(message.system, entity, message.target, message.key, _CHANGES.decode(message.payload))


def _may_stand_there(end: Ended) -> bool:
    return end.claimed.message.operation.endswith(".update") and end.settled.sent != "no"
