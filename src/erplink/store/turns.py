"""Whose turn it is, among all workers of a space: when each part of a round is due, and why it rests if it does.

A part that only one worker should do at a time (a pull) is *taken* until an instant; the others find it not due. What
makes a part rest is kept here too, so that a process that starts anew knows that a password was refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import frozen

from erplink.store.sync_tables import turns as table
from erplink.store.upsert import insert_new, upsert

_c = table.c
PAUSED = "paused"


@frozen(order=True)
class Turn:
    """One part of a round: ``pull`` of an entity of a system, ``push`` to a system, ``decide`` and so on."""

    part: str
    system: str = ""
    entity: str = ""

    def __str__(self) -> str:
        return " ".join(word for word in (self.part, self.system, self.entity) if word)


@frozen
class Trouble:
    """Why a part rests: the error and its group (``retry``, ``stop`` …), or ``paused`` when that was agreed on."""

    error_group: str
    error: str = ""
    message: str = ""


@frozen
class State:
    """When a part is due (None: at once), who has it until then, and what is wrong; ``failures`` counts in a row."""

    turn: Turn
    due_at: datetime | None
    held_by: str
    failures: int
    trouble: Trouble | None


def look(connection: sa.Connection, space: str) -> list[State]:
    """How every part stands that was ever taken or rested."""
    query = sa.select(table).where(_c.space == space).order_by(_c.part, _c.system, _c.entity)
    return [_state(row) for row in connection.execute(query)]


@frozen
class Claim:
    """``worker`` takes what is due at ``now``, or was taken by one of the ``dead``, and has it ``until`` an instant."""

    worker: str
    now: datetime
    until: datetime
    dead: frozenset[str] = frozenset()


def take(connection: sa.Connection, space: str, turns: Iterable[Turn], claim: Claim) -> frozenset[Turn]:
    """Those parts that could be taken; whoever else asks meanwhile finds them not due."""
    wanted = sorted(turns)
    insert_new(connection, table, [_row(space, turn, None, 0, None) for turn in wanted])
    free = sa.or_(_c.due_at.is_(None), _c.due_at <= claim.now, _c.held_by.in_(claim.dead))
    mine = sa.update(table).values(due_at=claim.until, held_by=claim.worker)
    return frozenset(turn for turn in wanted if connection.execute(mine.where(_is(space, turn), free)).rowcount)


def hold(connection: sa.Connection, space: str, turns: Iterable[Turn], worker: str, until: datetime) -> None:
    """Keep what was taken for longer, or give it back by an instant that is past; unless somebody else has it."""
    for turn in sorted(turns):
        mine = sa.update(table).where(_is(space, turn), _c.held_by == worker)
        connection.execute(mine.values(due_at=until))


def settle(
    connection: sa.Connection,
    space: str,
    turn: Turn,
    due_at: datetime,
    failures: int = 0,
    trouble: Trouble | None = None,
) -> None:
    """A part was done or has failed: when it is due again."""
    upsert(connection, table, [_row(space, turn, due_at, failures, trouble)])


def forgive(connection: sa.Connection, space: str) -> None:
    """Let every part that rests because of an error be tried at once, as if for the first time."""
    troubled = sa.update(table).where(_c.space == space, _c.failures > 0)
    connection.execute(troubled.values(due_at=None, failures=0, error_group="", error="", message=""))


def _is(space: str, turn: Turn) -> sa.ColumnElement[bool]:
    return sa.and_(_c.space == space, _c.part == turn.part, _c.system == turn.system, _c.entity == turn.entity)


def _row(space: str, turn: Turn, due_at: datetime | None, failures: int, trouble: Trouble | None) -> dict[str, Any]:
    return {
        "space": space,
        "part": turn.part,
        "system": turn.system,
        "entity": turn.entity,
        "due_at": due_at,
        "held_by": "",
        "failures": failures,
        "error_group": "" if trouble is None else trouble.error_group,
        "error": "" if trouble is None else trouble.error,
        "message": "" if trouble is None else trouble.message,
    }


def _state(row: sa.Row[Any]) -> State:
    trouble = Trouble(row.error_group, row.error, row.message) if row.error_group else None
    return State(Turn(row.part, row.system, row.entity), row.due_at, row.held_by, row.failures, trouble)
