"""Read single documents again: dead letters that are tried again, and what a reconciliation found missing or stale.

A request lies in the inbox; a sync of that system works it off: it reads the document and keeps it in the transaction
that settles the request. One that still does not fit is a dead letter again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import cast

from erplink.model.documents import Document, Entity
from erplink.store import inbox
from erplink.store.database import Connection
from erplink.store.queue import Claimed, Message
from erplink.sync.deliver import Delivered, Ended, Lane, deliver
from erplink.sync.known import known_as
from erplink.sync.pull import Feed, take_in
from erplink.sync.run import Run
from erplink.wire.adapter import Adapter
from erplink.wire.io import Io

_VERB = "refetch"


def named(entity: str) -> str:
    """The operation under which documents of an entity are asked for again.

    >>> named("orders")
    'orders.refetch'
    """
    return f"{entity}.{_VERB}"


def ask(connection: Connection, space: str, system: str, entity: str, numbers: Collection[str], now: datetime) -> None:
    """Ask for documents to be read again. Asking twice before it is done asks once."""
    wanted = [
        Message(f"{_VERB}:{known_as(system, entity, number)}", system, named(entity), payload="", target=number)
        for number in sorted(set(numbers))
    ]
    inbox.ask(connection, space, wanted, now)


async def refetch(io: Io, run: Run, adapter: Adapter, feeds: Sequence[Feed]) -> Delivered:
    """Read what was asked for of these feeds, which are one system's."""
    return await deliver(io, run, refetch_lane(adapter, feeds))


def refetch_lane(adapter: Adapter, feeds: Sequence[Feed]) -> Lane:
    """What is to be read again of these feeds, which are one system's, and how it is."""
    by_entity: dict[Entity, Feed] = {feed.entity: feed for feed in feeds}
    return Lane(
        "inbox",
        feeds[0].system,
        tuple(named(entity) for entity in by_entity),
        partial(_read, adapter),
        mapping=adapter.mapping,
        aftermath=partial(_keep, by_entity),
    )


async def _read(adapter: Adapter, claimed: Claimed) -> Document:
    return await adapter.get(_entity(claimed), claimed.message.target)


def _entity(claimed: Claimed) -> Entity:
    return cast("Entity", claimed.message.operation.removesuffix(f".{_VERB}"))


def _keep(
    feeds: dict[Entity, Feed],
    connection: Connection,
    space: str,  # noqa: ARG001 - the feeds know their space
    ours: Sequence[Ended],
    late: Sequence[Ended],  # noqa: ARG001 - what was read late is read by somebody else
    now: datetime,
) -> None:
    read = [(_entity(end.claimed), cast("Document", end.result)) for end in ours if end.settled.state == "done"]
    for entity, feed in feeds.items():
        if found := [document for of, document in read if of == entity]:
            take_in(connection, feed, found, now)
