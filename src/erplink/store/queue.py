"""A queue of messages in a table: put once, claimed under a lease, settled only by whoever still holds the lease.

``pending → taken → done | refused | dead``, and ``parked`` while something it waits for is not known. Messages of one
subject are handed out one at a time, in the order in which they were put; those without a subject in any order.
``sent`` tells whoever claims a message again whether an earlier attempt may have had its effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from attrs import frozen

from erplink.errors import Conflict, Sent
from erplink.store import sync_tables
from erplink.store.schema import Instant
from erplink.store.upsert import among, chunks, insert_fresh

State = Literal["pending", "taken", "parked", "done", "refused", "dead"]
OPEN: tuple[State, ...] = ("pending", "taken", "parked")
Box = Literal["inbox", "outbox"]
BOXES: tuple[Box, ...] = ("inbox", "outbox")
_TABLES: dict[Box, sa.Table] = {"inbox": sync_tables.inbox, "outbox": sync_tables.outbox}


@frozen
class Message:
    """What is to be done once: ``operation`` at ``system``, under a ``key`` that derives from what it stands for.

    ``subject`` keeps order among messages that share it, ``priority`` goes before order (higher first), ``due_at`` is
    the instant before which it is left alone, ``waits_for`` names what has to be known first.
    """

    key: str
    system: str
    operation: str
    payload: str
    subject: str = ""
    target: str = ""
    priority: int = 0
    due_at: datetime | None = None
    waits_for: str | None = None


@frozen
class Claimed:
    """A message in somebody's hands: the how-manieth attempt it is, and whether an earlier one may have had its effect."""

    seq: int
    message: Message
    attempts: int
    maybe: bool
    lease: str


@frozen
class Ask:
    """Which messages a worker wants: at most ``limit``, held until ``until`` under its own ``lease``."""

    system: str
    operations: tuple[str, ...]
    limit: int
    lease: str
    now: datetime
    until: datetime


@frozen
class Settled:
    """How an attempt ended. ``pending`` waits until ``due_at``; ``parked`` until ``waits_for`` is released."""

    claimed: Claimed
    state: State
    outcome: str = ""
    sent: Sent = "yes"
    due_at: datetime | None = None
    waits_for: str | None = None


def put(connection: sa.Connection, box: Box, space: str, messages: Sequence[Message], now: datetime) -> frozenset[str]:
    """Keep messages whose key is new, and give back these keys; the same message again changes nothing.

    Raises ``Conflict`` when a key is there with another operation or payload; nothing is kept then.
    """
    table = _TABLES[box]
    fresh = insert_fresh(connection, table, [row_of(space, message, now) for message in messages])
    again = {message.key: message for message in messages if message.key not in fresh}
    c = table.c
    for part in chunks(list(again)):
        query = sa.select(c.key, c.operation, c.payload).where(c.space == space, c.key.in_(part))
        for key, operation, payload in connection.execute(query):
            if (operation, payload) != (again[key].operation, again[key].payload):
                raise Conflict(
                    f"the key {key!r} was used for something else",
                    where=f"{box}, {operation}",
                    next_step="derive one key from each thing that is to be done, and put the same thing under it",
                )
    return fresh


def claim(connection: sa.Connection, box: Box, space: str, ask: Ask) -> list[Claimed]:
    """The next messages, by priority and then by order, now under this lease.

    A message whose lease ran out is handed out again. On PostgreSQL, rows that another worker is claiming are skipped.
    """
    table = _TABLES[box]
    c = table.c
    statement = (
        sa.update(table)
        .where(among(connection, c.seq, _claimable(table, space, ask)))
        .values(state="taken", lease=ask.lease, leased_until=ask.until, attempts=c.attempts + 1)
        # A lease that ran out may have had its effect; a pending message carries what its last attempt knew.
        .values(sent=sa.case((c.state == "taken", "maybe"), else_=c.sent))
        .returning(table)
    )
    rows = connection.execute(statement).all()
    rows = sorted(rows, key=lambda row: (-row.priority, row.seq))
    return [Claimed(row.seq, _message(row), row.attempts, row.sent == "maybe", ask.lease) for row in rows]


def settle(connection: sa.Connection, box: Box, ends: Sequence[Settled], now: datetime) -> frozenset[int]:
    """Note how attempts ended; the ``seq`` of those that were still held under their lease.

    Whoever comes late, after another worker was handed the message, changes nothing.
    """
    if not ends:
        return frozenset()
    ours: set[int] = set()
    for same in _alike(ends):
        ours |= _settle_alike(connection, _TABLES[box], same, now)
    return frozenset(ours)


def release(connection: sa.Connection, box: Box, space: str, names: Iterable[str]) -> int:
    """What was waited for is known now: messages parked on these names are pending again; how many."""
    table = _TABLES[box]
    c = table.c
    released = 0
    for part in chunks(sorted(set(names))):
        parked = sa.update(table).where(c.space == space, c.waits_for.in_(part), c.state == "parked")
        released += connection.execute(parked.values(state="pending", waits_for=None, due_at=None)).rowcount
    return released


def replay(connection: sa.Connection, box: Box, space: str, key: str) -> bool:
    """Try a message again that was given up, from its first attempt; whether there is one."""
    table = _TABLES[box]
    c = table.c
    mine = sa.update(table).where(c.space == space, c.key == key, c.state.in_(("dead", "refused")))
    again = {"state": "pending", "attempts": 0, "due_at": None, "outcome": "", "done_at": None}
    return connection.execute(mine.values(again)).rowcount > 0


@frozen
class Outlook:
    """What is left in a queue: how many messages wait, and when the next one that is not due yet will be."""

    waiting: int
    next_due: datetime | None


def outlook(connection: sa.Connection, box: Box, space: str, system: str, operations: Sequence[str]) -> Outlook:
    """What is left for a worker of these operations (empty: all) of a system."""
    table = _TABLES[box]
    c = table.c
    due = sa.func.min(sa.case((c.state == "pending", c.due_at)), type_=Instant)
    query = sa.select(sa.func.count(), due).where(c.space == space, c.system == system, _in_open(c))
    waiting, next_due = connection.execute(query.where(c.operation.in_(operations)) if operations else query).one()
    return Outlook(int(waiting), next_due)


def forget(connection: sa.Connection, box: Box, space: str, before: datetime) -> int:
    """Delete what was done before an instant; how many. Their keys may be put again from then on."""
    table = _TABLES[box]
    c = table.c
    done = sa.delete(table).where(c.space == space, c.state == "done", c.done_at < before)
    return connection.execute(done).rowcount


def _claimable(table: sa.Table, space: str, ask: Ask) -> sa.Select[tuple[int]]:
    c, earlier = table.c, table.alias("earlier").c
    first_of_its_subject = sa.or_(c.subject == "", ~_blocked(c, earlier))
    query = (
        sa.select(c.seq)
        .where(c.space == space, c.system == ask.system, _in_open(c), first_of_its_subject)
        .where(sa.or_(c.state == "pending", sa.and_(c.state == "taken", c.leased_until < ask.now)))
        .where(sa.or_(c.due_at.is_(None), c.due_at <= ask.now))
        .order_by(c.priority.desc(), c.seq)
        .limit(ask.limit)
        .with_for_update(skip_locked=True)
    )
    return query.where(c.operation.in_(ask.operations)) if ask.operations else query


def _blocked(c: Any, earlier: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a table's columns
    return sa.exists().where(
        earlier.space == c.space,
        earlier.system == c.system,
        earlier.subject == c.subject,
        earlier.subject != "",
        earlier.seq < c.seq,
        _in_open(earlier),
    )


def _in_open(c: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a table's columns
    """As the partial indexes have it, to the letter: else they are not used."""
    return c.state.in_([sa.literal_column(f"'{state}'") for state in OPEN])


def _alike(ends: Sequence[Settled]) -> Iterable[list[Settled]]:
    groups: dict[tuple[object, ...], list[Settled]] = {}
    for end in ends:
        alike = (end.claimed.lease, end.state, end.outcome, end.sent, end.due_at, end.waits_for)
        groups.setdefault(alike, []).append(end)
    return groups.values()


def _settle_alike(connection: sa.Connection, table: sa.Table, ends: list[Settled], now: datetime) -> set[int]:
    c, first = table.c, ends[0]
    values = {
        "state": first.state,
        "outcome": first.outcome,
        "sent": first.sent,
        "due_at": first.due_at,
        "waits_for": first.waits_for,
        "lease": None,
        "leased_until": None,
        "done_at": now if first.state in ("done", "refused", "dead") else None,
    }
    ours: set[int] = set()
    for part in chunks([end.claimed.seq for end in ends]):
        held = sa.update(table).where(c.seq.in_(part), c.lease == first.claimed.lease).values(values).returning(c.seq)
        ours.update(connection.execute(held).scalars())
    return ours


def row_of(space: str, message: Message, now: datetime) -> dict[str, Any]:
    """A message as a row that nobody has claimed yet."""
    return {
        "space": space,
        "key": message.key,
        "system": message.system,
        "operation": message.operation,
        "subject": message.subject,
        "target": message.target,
        "payload": message.payload,
        "priority": message.priority,
        "state": "parked" if message.waits_for else "pending",
        "sent": "no",
        "attempts": 0,
        "due_at": message.due_at,
        "waits_for": message.waits_for,
        "outcome": "",
        "queued_at": now,
    }


def _message(row: sa.Row[Any]) -> Message:
    return Message(
        key=row.key,
        system=row.system,
        operation=row.operation,
        payload=row.payload,
        subject=row.subject,
        target=row.target,
        priority=row.priority,
        due_at=row.due_at,
        waits_for=row.waits_for,
    )
