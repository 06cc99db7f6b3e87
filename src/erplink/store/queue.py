"""A queue of messages in a table: put once, claimed under a lease, settled only by whoever still holds the lease.

``pending → done | refused | dead``, and ``parked`` while something it waits for is not known. A lease is beside the
state, so that claiming touches no index. Messages of one subject are handed out one at a time, in the order in which
they were put; those without a subject in any order. ``sent`` tells whoever claims a message again whether an earlier
attempt may have had its effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, cast

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.sql.dml import ReturningUpdate

from erplink.errors import Sent
from erplink.store import sync_tables
from erplink.store.schema import Instant
from erplink.store.upsert import among, chunks, listed, picked

State = Literal["pending", "parked", "done", "refused", "dead"]
OPEN: tuple[State, ...] = ("pending", "parked")
Box = Literal["inbox", "outbox"]
_NO_SUBJECT: sa.ColumnElement[str] = sa.literal_column("''")
"""A literal: a prepared statement does not find a partial index by a parameter."""
BOXES: tuple[Box, ...] = ("inbox", "outbox")
TABLES: dict[Box, sa.Table] = {"inbox": sync_tables.inbox, "outbox": sync_tables.outbox}


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
    """A message in somebody's hands; ``maybe``: an earlier attempt may have had its effect."""

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


_ASKED = ("system", "operations", "limit", "lease", "now", "until")
_NOTED = ("state", "outcome", "sent", "due_at", "waits_for")
_CLAIMED = ("seq", "key", "operation", "payload", "subject", "target", "priority", "attempts", "sent", "lease")


def claim(connection: sa.Connection, box: Box, space: str, ask: Ask) -> list[Claimed]:
    """The next messages, by priority and then by order, now under this lease.

    A message whose lease ran out is handed out again. On PostgreSQL, rows that another worker is claiming are skipped.
    """
    statement = _claiming(connection.dialect.name, box, chosen=bool(ask.operations))
    asked = {"of_space": space, **{f"of_{name}": getattr(ask, name) for name in _ASKED}}
    if not ask.operations:
        del asked["of_operations"]
    rows = cast("Iterable[tuple[Any, ...]]", connection.execute(statement, asked))
    claimed = [
        Claimed(
            seq,
            Message(key, ask.system, operation, payload, subject, target, priority),
            attempts,
            sent == "maybe",
            lease,
        )
        for seq, key, operation, payload, subject, target, priority, attempts, sent, lease in rows
    ]
    claimed.sort(key=lambda each: (-each.message.priority, each.seq))
    return claimed


def settle(connection: sa.Connection, box: Box, ends: Sequence[Settled], now: datetime) -> frozenset[int]:
    """Note how attempts ended; the ``seq`` of those that were still held under their lease.

    Whoever comes late, after another worker was handed the message, changes nothing.
    """
    if not ends:
        return frozenset()
    ours: set[int] = set()
    for same in _alike(ends):
        ours |= _settle_alike(connection, box, same, now)
    return frozenset(ours)


def holders(connection: sa.Connection, box: Box, space: str, now: datetime, system: str | None = None) -> list[str]:
    """Every lease that has not run out, on messages of one system or of all."""
    c = TABLES[box].c
    held = sa.select(c.lease).where(c.space == space, in_open(c), c.lease.is_not(None), c.leased_until >= now)
    held = held if system is None else held.where(c.system == system)
    return [lease for lease in connection.execute(held.distinct()).scalars() if lease is not None]


def lapse(connection: sa.Connection, box: Box, space: str, leases: Sequence[str], at: datetime) -> None:
    """Let leases run out at ``at`` if that is before their time, for nobody holds them any more."""
    table = TABLES[box]
    c = table.c
    for part in chunks(leases):
        held = sa.update(table).where(c.space == space, in_open(c), c.lease.in_(part), c.leased_until >= at)
        connection.execute(held.values(leased_until=at - timedelta(microseconds=1)))


def release(connection: sa.Connection, box: Box, space: str, names: Iterable[str]) -> int:
    """What was waited for is known now: messages parked on these names are pending again; how many."""
    table = TABLES[box]
    c = table.c
    released = 0
    for part in chunks(sorted(set(names))):
        parked = sa.update(table).where(c.space == space, c.waits_for.in_(part), c.state == "parked")
        released += connection.execute(parked.values(state="pending", waits_for=None, due_at=None)).rowcount
    return released


def replay(connection: sa.Connection, box: Box, space: str, key: str) -> bool:
    """Try a message again that was given up, from its first attempt; whether there is one."""
    table = TABLES[box]
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
    asked = {"of_space": space, "of_system": system} | ({"of_operations": operations} if operations else {})
    waiting, next_due = connection.execute(_looking_ahead(box, chosen=bool(operations)), asked).one()
    return Outlook(int(waiting), next_due)


@cache
def _looking_ahead(box: Box, *, chosen: bool) -> sa.Executable:
    c = TABLES[box].c
    # What somebody has is due again when their lease runs out.
    due = sa.func.min(sa.case((c.state == "pending", sa.func.coalesce(c.leased_until, c.due_at))), type_=Instant)
    query = sa.select(sa.func.count(), due).where(_of_system(c), in_open(c))
    return query.where(_of_operations(c)) if chosen else query


def forget(connection: sa.Connection, box: Box, space: str, before: datetime, limit: int) -> int:
    """Delete the first ``limit`` that were done before an instant; how many. Their keys may be put again then."""
    table = TABLES[box]
    c = table.c
    first = sa.select(c.seq).where(c.space == space, c.state == "done", c.done_at < before).order_by(c.seq).limit(limit)
    return connection.execute(sa.delete(table).where(picked(connection.dialect.name, c.seq, first))).rowcount


@cache
def _claiming(dialect: str, box: Box, *, chosen: bool) -> ReturningUpdate[Any]:
    """The claim, made once: to make it takes longer than to run it. Executed with what is asked, as ``of_...``."""
    table = TABLES[box]
    c = table.c
    return (
        sa.update(table)
        .where(picked(dialect, c.seq, _claimable(table, chosen=chosen)))
        .values(lease=sa.bindparam("of_lease"), leased_until=sa.bindparam("of_until"), attempts=c.attempts + 1)
        # What was done under a lease that ran out is unknown; else the message carries what its last attempt knew.
        .values(sent=sa.case((c.lease.is_not(None), "maybe"), else_=c.sent))
        .returning(*(c[name] for name in _CLAIMED))
    )


def _claimable(table: sa.Table, *, chosen: bool) -> sa.Select[tuple[int]]:
    c, earlier = table.c, table.alias("earlier").c
    first_of_its_subject = sa.or_(c.subject == _NO_SUBJECT, ~_blocked(c, earlier))
    now = sa.bindparam("of_now", type_=Instant)
    query = (
        sa.select(c.seq)
        .where(_of_system(c), in_open(c), first_of_its_subject)
        .where(c.state == "pending", sa.or_(c.leased_until.is_(None), c.leased_until < now))
        .where(sa.or_(c.due_at.is_(None), c.due_at <= now))
        .order_by(c.priority.desc(), c.seq)
        .limit(sa.bindparam("of_limit", type_=sa.Integer))
        .with_for_update(skip_locked=True)
    )
    return query.where(_of_operations(c)) if chosen else query


def _of_system(c: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a table's columns
    return sa.and_(c.space == sa.bindparam("of_space"), c.system == sa.bindparam("of_system"))


def _of_operations(c: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a table's columns
    chosen: sa.ColumnElement[bool] = c.operation.in_(sa.bindparam("of_operations", expanding=True))
    return chosen


def _blocked(c: Any, earlier: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a table's columns
    return sa.exists().where(
        earlier.space == c.space,
        earlier.system == c.system,
        earlier.subject == c.subject,
        earlier.subject != _NO_SUBJECT,
        earlier.seq < c.seq,
        in_open(earlier),
    )


def in_open(c: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a table's columns
    """As the partial indexes have it, to the letter: else they are not used."""
    is_open: sa.ColumnElement[bool] = c.state.in_([sa.literal_column(f"'{state}'") for state in OPEN])
    return is_open


def _alike(ends: Sequence[Settled]) -> Iterable[list[Settled]]:
    groups: dict[tuple[object, ...], list[Settled]] = {}
    for end in ends:
        alike = (end.claimed.lease, end.state, end.outcome, end.sent, end.due_at, end.waits_for)
        groups.setdefault(alike, []).append(end)
    return groups.values()


def _settle_alike(connection: sa.Connection, box: Box, ends: list[Settled], now: datetime) -> set[int]:
    first, dialect = ends[0], connection.dialect.name
    asked = {
        "of_seqs": listed(dialect, [end.claimed.seq for end in ends]),
        "of_lease": first.claimed.lease,
        **{f"of_{name}": getattr(first, name) for name in _NOTED},
        "of_done_at": now if first.state in ("done", "refused", "dead") else None,
    }
    return set(connection.execute(_settling(dialect, box), asked).scalars())


@cache
def _settling(dialect: str, box: Box) -> ReturningUpdate[Any]:
    table = TABLES[box]
    held = among(dialect, table.c.seq, "of_seqs"), table.c.lease == sa.bindparam("of_lease")
    noted: dict[str, Any] = {name: sa.bindparam(f"of_{name}") for name in (*_NOTED, "done_at")}
    return sa.update(table).where(*held).values(noted).values(lease=None, leased_until=None).returning(table.c.seq)
