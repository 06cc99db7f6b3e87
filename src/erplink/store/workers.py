"""Signs of life: one row for each worker of a space, renewed while it works, gone when it ends in order."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa
from attrs import frozen

from erplink.store.sync_tables import workers as table
from erplink.store.upsert import upsert

Task = tuple[str, str, str]
"""What a worker is there for: (``pull``, system, entity) or (box, system, operation); an empty word stands for all."""

_c = table.c
_TASKS = msgspec.json.Decoder(list[Task])


@frozen
class Sign:
    """A worker's last sign of life: since when it works, what it was doing, what it is there for."""

    worker: str
    started_at: datetime
    seen_at: datetime
    doing: str
    works: tuple[Task, ...]


def give(connection: sa.Connection, space: str, sign: Sign) -> None:
    """Give a sign of life; it replaces the worker's last one."""
    row = {
        "space": space,
        "worker": sign.worker,
        "started_at": sign.started_at,
        "seen_at": sign.seen_at,
        "doing": sign.doing,
        "works": msgspec.json.encode(sign.works).decode(),
    }
    upsert(connection, table, [row])


def listed(connection: sa.Connection, space: str) -> list[Sign]:
    """Every worker that did not end in order, the most lively first."""
    query = sa.select(table).where(_c.space == space).order_by(_c.seen_at.desc(), _c.worker)
    return [
        Sign(row.worker, row.started_at, row.seen_at, row.doing, tuple(_TASKS.decode(row.works)))
        for row in connection.execute(query)
    ]


def leave(connection: sa.Connection, space: str, worker: str) -> None:
    """A worker ends in order."""
    connection.execute(sa.delete(table).where(_c.space == space, _c.worker == worker))


def forget(connection: sa.Connection, space: str, before: datetime) -> None:
    """Forget workers that have been silent since before an instant."""
    connection.execute(sa.delete(table).where(_c.space == space, _c.seen_at < before))
