"""The outbox: what is to be written elsewhere, decided in the same transaction as its cause.

A *value* row (a balance) has one key per target: a newer value replaces an older one that has not been written yet. A
*deed* row (an order) has a key of its own and is done once. ``state``: pending → sending → done | refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from erplink.store import tables as t
from erplink.store.upsert import chunks, insert_new


@frozen
class Write:
    """One thing to write: ``operation`` is entity.verb as named at attach, ``target`` the document's number."""

    key: str
    system: str
    operation: str
    person: str
    target: str
    payload: str
    state: str = "pending"
    attempts: int = 0
    outcome: str = ""


def want(connection: sa.Connection, space: str, writes: Sequence[Write], now: datetime) -> None:
    """Values that should stand there, one per key. The same value again changes nothing."""
    o = t.outbox.c
    for part in chunks(writes):
        query = sa.select(o.key, o.payload).where(o.space == space, o.key.in_([write.key for write in part]))
        held = {row.key: row.payload for row in connection.execute(query)}
        insert_new(connection, t.outbox, [_row(space, write, now) for write in part if write.key not in held])
        changed = [
            {"which": write.key, "value": write.payload}
            for write in part
            if held.get(write.key, write.payload) != write.payload
        ]
        if changed:
            connection.execute(
                sa.update(t.outbox)
                .where(o.space == space, o.key == sa.bindparam("which"))
                .values(
                    payload=sa.bindparam("value"), state="pending", attempts=0, outcome="", queued_at=now, done_at=None
                ),
                changed,
            )


def order_once(connection: sa.Connection, space: str, write: Write, now: datetime) -> None:
    """A deed that should happen once: the same key again changes nothing."""
    insert_new(connection, t.outbox, [_row(space, write, now)])


def take(
    connection: sa.Connection, space: str, system: str, operations: Sequence[str], after: str, limit: int
) -> list[Write]:
    """The next writes in key order, marked as being sent; what a killed process left in sending comes again."""
    o = t.outbox.c
    query = (
        sa.select(t.outbox)
        .where(o.space == space, o.system == system, o.operation.in_(operations))
        .where(o.state.in_(("pending", "sending")), o.key > after)
        .order_by(o.key)
        .limit(limit)
    )
    taken = [_write(row) for row in connection.execute(query)]
    if taken:
        connection.execute(
            sa.update(t.outbox)
            .where(o.space == space, o.key.in_([write.key for write in taken]))
            .values(state="sending", attempts=o.attempts + 1)
        )
    return taken


def settle(connection: sa.Connection, space: str, write: Write, state: str, outcome: str, now: datetime) -> bool:
    """Note how a write ended; whether it was still open.

    A write that somebody else settled meanwhile stays as it is. A newer value that replaced this one waits again, even
    if it was written already: this one may have arrived after it.
    """
    o = t.outbox.c
    mine = sa.and_(o.space == space, o.key == write.key)
    ended = {"state": state, "outcome": outcome, "done_at": now if state in ("done", "refused") else None}
    same = sa.and_(mine, o.payload == write.payload, o.state == "sending")
    noted = connection.execute(sa.update(t.outbox).where(same).values(ended)).rowcount
    if not noted:
        newer = sa.and_(mine, o.payload != write.payload)
        connection.execute(sa.update(t.outbox).where(newer).values(state="pending", done_at=None))
    return noted > 0


def listed(connection: sa.Connection, space: str, states: Sequence[str], limit: int) -> list[Write]:
    """Writes in these states, in key order."""
    o = t.outbox.c
    query = sa.select(t.outbox).where(o.space == space, o.state.in_(states)).order_by(o.operation.desc(), o.key)
    return [_write(row) for row in connection.execute(query.limit(limit))]


def counts(connection: sa.Connection, space: str) -> dict[tuple[str, str], int]:
    """How many writes by (operation, state)."""
    o = t.outbox.c
    query = sa.select(o.operation, o.state, sa.func.count()).where(o.space == space).group_by(o.operation, o.state)
    return {(operation, state): number for operation, state, number in connection.execute(query)}


def find(connection: sa.Connection, space: str, key: str) -> Write | None:
    """One write by its key."""
    o = t.outbox.c
    row = connection.execute(sa.select(t.outbox).where(o.space == space, o.key == key)).one_or_none()
    return None if row is None else _write(row)


def _row(space: str, write: Write, now: datetime) -> dict[str, object]:
    return {
        "space": space,
        "key": write.key,
        "system": write.system,
        "operation": write.operation,
        "person": write.person,
        "target": write.target,
        "payload": write.payload,
        "state": write.state,
        "attempts": write.attempts,
        "outcome": write.outcome,
        "queued_at": now,
        "done_at": None,
    }


def _write(row: sa.Row[Any]) -> Write:
    return Write(
        key=row.key,
        system=row.system,
        operation=row.operation,
        person=row.person,
        target=row.target,
        payload=row.payload,
        state=row.state,
        attempts=row.attempts,
        outcome=row.outcome,
    )
