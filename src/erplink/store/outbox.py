"""The outbox: what is to be done elsewhere, decided in the same transaction as its cause.

A *deed* (an order, an event) has a key of its own and is done once. A *value* (a balance) has one key per target: a
newer value replaces the older one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from erplink.store import putting
from erplink.store.queue import OPEN, Message
from erplink.store.sync_tables import outbox as box
from erplink.store.upsert import chunks, insert_into

_c = box.c


@frozen
class Write:
    """How one thing that is to be done elsewhere stands: ``operation`` is entity.verb, ``target`` its number there."""

    key: str
    system: str
    operation: str
    target: str
    payload: str
    state: str = "pending"
    attempts: int = 0
    outcome: str = ""


def put(connection: sa.Connection, space: str, messages: Sequence[Message], now: datetime) -> frozenset[str]:
    """Deeds, each done once: the keys that are new. The same deed again changes nothing.

    Raises ``Conflict`` when a key was used for something else.
    """
    return putting.put(connection, "outbox", space, messages, now)


def want(connection: sa.Connection, space: str, values: Sequence[Message], now: datetime) -> None:
    """Values that should stand there, one per key. The same value again changes nothing.

    A value that is being written while a newer one comes is written again, whoever ends first.
    """
    if values:
        connection.execute(_replacing(connection), [putting.row_of(space, value, now) for value in values])


def _replacing(connection: sa.Connection) -> sa.Insert:
    statement = insert_into(connection, box)
    newer = statement.excluded
    # Whoever holds the older value keeps the lease: nobody writes the newer one before the older arrived.
    free = _c.lease.is_(None)
    return statement.on_conflict_do_update(
        index_elements=[_c.space, _c.key],
        where=_c.payload != newer.payload,
        set_={
            "payload": newer.payload,
            "state": sa.case((free, "pending"), else_=_c.state),
            "attempts": sa.case((free, 0), else_=_c.attempts),
            "outcome": "",
            "due_at": None,
            "waits_for": None,
            "queued_at": newer.queued_at,
            "done_at": None,
        },
    )


def renew(connection: sa.Connection, space: str, values: Sequence[Message], now: datetime) -> None:
    """Values that should stand there and do not, although they were written: those that ended are written again."""
    want(connection, space, values, now)
    for part in chunks([value.key for value in values]):
        ended = sa.update(box).where(_c.space == space, _c.key.in_(part), _c.state.not_in(OPEN))
        connection.execute(ended.values(state="pending", attempts=0, outcome="", due_at=None, done_at=None))


def under_way(connection: sa.Connection, space: str, keys: Sequence[str]) -> frozenset[str]:
    """Those of the keys whose message is not done yet."""
    found: set[str] = set()
    for part in chunks(keys):
        query = sa.select(_c.key).where(_c.space == space, _c.key.in_(part), _c.state.in_(OPEN))
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def write_again(connection: sa.Connection, space: str, written: Sequence[Message]) -> None:
    """Of values just written, those that were replaced meanwhile are to be written again.

    The older one may have arrived after the newer, so whoever holds the newer one loses the lease: it is written once
    more in any case.
    """
    for message in written:
        stale = sa.and_(_c.space == space, _c.key == message.key, _c.payload != message.payload)
        again = {"state": "pending", "due_at": None, "done_at": None, "lease": None, "leased_until": None}
        connection.execute(sa.update(box).where(stale).values(again))


def listed(connection: sa.Connection, space: str, states: Sequence[str], limit: int, but: str = "") -> list[Write]:
    """Writes in these states, but for one system's, in key order."""
    query = sa.select(box).where(_c.space == space, _c.system != but, _c.state.in_(states)).limit(limit)
    return [_write(row) for row in connection.execute(query.order_by(_c.operation.desc(), _c.key))]


def counts(connection: sa.Connection, space: str, but: str = "") -> dict[tuple[str, str], int]:
    """How many writes by (operation, state), but for one system's; what is open in any way counts as pending."""
    state = sa.case((_c.state.in_(OPEN), "pending"), else_=_c.state)
    query = (
        sa.select(_c.operation, state, sa.func.count())
        .where(_c.space == space, _c.system != but)
        .group_by(_c.operation, state)
    )
    return {(operation, state): number for operation, state, number in connection.execute(query)}


def find(connection: sa.Connection, space: str, key: str) -> Write | None:
    """One write by its key."""
    row = connection.execute(sa.select(box).where(_c.space == space, _c.key == key)).one_or_none()
    return None if row is None else _write(row)


def _write(row: sa.Row[Any]) -> Write:
    return Write(
        key=row.key,
        system=row.system,
        operation=row.operation,
        target=row.target,
        payload=row.payload,
        state=row.state,
        attempts=row.attempts,
        outcome=row.outcome,
    )
