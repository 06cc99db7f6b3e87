"""What a reconciliation found, until it is repaired or looked for anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import sqlalchemy as sa
from attrs import field, frozen

from erplink.model.documents import Entity
from erplink.store import cursors
from erplink.store.cursors import ERRAND, Cursor, Feed, Span
from erplink.store.sync_tables import findings as table
from erplink.store.upsert import chunks, upsert

Kind = Literal["missing", "different", "gone", "unreadable", "shown"]
"""How a record differs from what is kept.

The system has it and the store does not (``missing``); it is there in another version (``different``); the store has
it and the system does not (``gone``); the system has it, in a shape that cannot be read (``unreadable``); it shows
other points or another tier than the ledger has (``shown``).
"""

_c = table.c


@frozen
class Finding:
    """One record that differs. ``version`` is that of the kept document; ``detail`` says more where there is more."""

    system: str
    entity: Entity
    kind: Kind
    id: str
    number: str
    version: str = ""
    detail: str = field(default="", repr=False)


@frozen
class Count:
    """How many records of one entity differ in one way."""

    system: str
    entity: Entity
    kind: Kind
    number: int


def errand(feed: Feed, what: str) -> Feed:
    """Where it is filed how far a search through a feed has come."""
    return Feed(feed.space, f"{ERRAND}{what}:{feed.system}", feed.entity)


def begin(connection: sa.Connection, feed: Feed, what: str, kinds: Collection[Kind], now: datetime) -> Cursor:
    """Begin a search for findings of these kinds, or go on with the one that was interrupted.

    What an earlier search found is forgotten.
    """
    cursor = cursors.open_window(connection, errand(feed, what), now, Span(timedelta(0)))
    if not cursor.token:
        mine = sa.and_(_c.space == feed.space, _c.system == feed.system, _c.entity == feed.entity)
        connection.execute(sa.delete(table).where(mine, _c.kind.in_(kinds)))
    return cursor


def note(connection: sa.Connection, space: str, findings: Sequence[Finding], now: datetime) -> None:
    """Keep what was found."""
    upsert(
        connection,
        table,
        [
            {
                "space": space,
                "system": each.system,
                "entity": each.entity,
                "kind": each.kind,
                "id": each.id,
                "number": each.number,
                "version": each.version,
                "detail": each.detail,
                "noted_at": now,
            }
            for each in findings
        ],
    )


def counts(connection: sa.Connection, space: str, systems: Collection[str]) -> list[Count]:
    """How many of each kind, by system, entity and kind."""
    same = (_c.system, _c.entity, _c.kind)
    query = sa.select(*same, sa.func.count()).where(_c.space == space, _c.system.in_(systems))
    return [Count(*row) for row in connection.execute(query.group_by(*same).order_by(*same))]


def listed(connection: sa.Connection, space: str, systems: Collection[str], limit: int) -> list[Finding]:
    """The first findings, by system, entity, kind and number."""
    query = sa.select(table).where(_c.space == space, _c.system.in_(systems))
    rows = connection.execute(query.order_by(_c.system, _c.entity, _c.kind, _c.number, _c.id).limit(limit))
    return [_finding(row) for row in rows]


def take(connection: sa.Connection, space: str, systems: Collection[str], kind: Kind, limit: int) -> list[Finding]:
    """The next findings of one kind, all of one entity of one system; none when there are no more."""
    query = sa.select(table).where(_c.space == space, _c.system.in_(systems), _c.kind == kind)
    first = connection.execute(query.order_by(_c.system, _c.entity).limit(1)).one_or_none()
    if first is None:
        return []
    same = query.where(_c.system == first.system, _c.entity == first.entity)
    return [_finding(row) for row in connection.execute(same.order_by(_c.id).limit(limit))]


def drop(connection: sa.Connection, space: str, done: Sequence[Finding]) -> None:
    """These are dealt with; all are of one entity of one system, and of one kind."""
    if not done:
        return
    first = done[0]
    same = sa.and_(_c.space == space, _c.system == first.system, _c.entity == first.entity, _c.kind == first.kind)
    for part in chunks([each.id for each in done]):
        connection.execute(sa.delete(table).where(same, _c.id.in_(part)))


def _finding(row: sa.Row[Any]) -> Finding:
    kind, entity = cast("Kind", row.kind), cast("Entity", row.entity)
    return Finding(row.system, entity, kind, row.id, row.number, row.version, row.detail)
