"""Work off events that bring documents: decode, and keep each document in the transaction that settles its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import cast

from attrs import evolve

from erplink.model.documents import Document, Entity
from erplink.store import inbox
from erplink.store.database import Connection
from erplink.store.queue import Claimed
from erplink.sync.canon import document_of
from erplink.sync.deliver import Delivered, Ended, Lane, Patience, deliver
from erplink.sync.envelope import DOCUMENTS, FORMAT
from erplink.sync.pull import Feed, take_in
from erplink.sync.run import Run
from erplink.wire.io import Io

_BATCH = 500


async def work_off(io: Io, run: Run, anonymous: frozenset[str]) -> tuple[tuple[str, Delivered], ...]:
    """Work off the documents that came as events, by system; those of ``anonymous`` customers are nobody's.

    An event that is no document becomes a dead letter that names the field.
    """
    systems = await io.transact(run.store, inbox.systems, run.space, DOCUMENTS)
    return tuple([(each, await deliver(io, run, document_lane(run.space, each, anonymous))) for each in systems])


def document_lane(space: str, system: str, anonymous: frozenset[str]) -> Lane:
    """How the document events of a system are worked off."""
    return Lane(
        "inbox",
        system,
        DOCUMENTS,
        _read,
        patience=Patience(batch=_BATCH, wait=timedelta(0)),
        mapping=FORMAT,
        aftermath=partial(_keep, Feed(space, system, "orders", anonymous)),
    )


async def _read(claimed: Claimed) -> Document:
    return document_of(_entity(claimed), claimed.message.payload)


def _entity(claimed: Claimed) -> Entity:
    return cast("Entity", claimed.message.operation.partition(".")[0])


def _keep(
    feed: Feed,
    connection: Connection,
    space: str,  # noqa: ARG001 - the feed knows its space
    ours: Sequence[Ended],
    late: Sequence[Ended],  # noqa: ARG001 - whoever holds the message now keeps its document
    now: datetime,
) -> None:
    done = sorted((end for end in ours if end.settled.state == "done"), key=lambda end: _entity(end.claimed))
    for entity, ended in groupby(done, key=lambda end: _entity(end.claimed)):
        take_in(connection, evolve(feed, entity=entity), [cast("Document", end.result) for end in ended], now)
