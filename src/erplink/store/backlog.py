"""What has piled up: how many messages of each kind wait, are parked or are dead, and since when the oldest waits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import evolve, frozen

from erplink.store.queue import OPEN
from erplink.store.schema import Instant
from erplink.store.sync_tables import dead_letters, inbox, outbox


@frozen
class Backlog:
    """The messages of one operation of a system in one box (``pull`` has dead letters only).

    ``waiting`` counts those under way too; ``oldest_at`` is when the oldest of them was put there.
    """

    box: str
    system: str
    operation: str
    waiting: int = 0
    parked: int = 0
    dead: int = 0
    oldest_at: datetime | None = None


def backlog(connection: sa.Connection, space: str) -> list[Backlog]:
    """Everything that is not done, by box, system and operation."""
    found: dict[tuple[str, str, str], Backlog] = {}
    for box, table in (("inbox", inbox), ("outbox", outbox)):
        for row in connection.execute(_open(table, space)):
            key = (box, row.system, row.operation)
            more = {"parked": row.number} if row.parked else {"waiting": row.number, "oldest_at": row.oldest_at}
            found[key] = evolve(found.get(key, Backlog(*key)), **more)
    for row in connection.execute(_dead(space)):
        key = (row.box, row.system, row.operation)
        found[key] = evolve(found.get(key, Backlog(*key)), dead=row.number)
    return [found[key] for key in sorted(found)]


def _open(table: sa.Table, space: str) -> sa.Select[Any]:
    c = table.c
    # The literals are those of the partial index: else it is not used.
    is_open = c.state.in_([sa.literal_column(f"'{state}'") for state in OPEN])
    parked = (c.state == "parked").label("parked")
    oldest_at = sa.func.min(c.queued_at, type_=Instant).label("oldest_at")
    columns: list[sa.ColumnElement[Any]] = [c.system, c.operation, parked, sa.func.count().label("number"), oldest_at]
    return sa.select(*columns).where(c.space == space, is_open).group_by(c.system, c.operation, parked)


def _dead(space: str) -> sa.Select[Any]:
    c = dead_letters.c
    columns: list[sa.ColumnElement[Any]] = [c.box, c.system, c.operation, sa.func.count().label("number")]
    dead = sa.select(*columns).where(c.space == space, c.state == "dead")
    return dead.group_by(c.box, c.system, c.operation)
