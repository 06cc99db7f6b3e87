"""Dead letters: what could not go on, with all it takes to understand it and to try it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from attrs import field, frozen

from erplink.store.sync_tables import dead_letters as table
from erplink.store.upsert import chunks, insert_into

Origin = Literal["pull", "inbox", "outbox"]
Fate = Literal["dead", "replayed", "resolved", "dropped"]
_c = table.c


@frozen
class DeadLetter:
    """One thing that ended badly: the call that was to be made, the error and its group, the redacted reply.

    ``mapping`` is the version of the mapping that was at work. ``payload`` may hold personal data and stays out of
    ``repr``.
    """

    box: Origin
    key: str
    system: str
    operation: str
    error_group: str
    error: str
    message: str
    attempts: int
    subject: str = field(default="", repr=False)
    target: str = ""
    payload: str = field(default="", repr=False)
    reply: str = ""
    mapping: str = ""
    state: Fate = "dead"
    id: int = 0
    died_at: datetime | None = None


def bury(connection: sa.Connection, space: str, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Keep dead letters; one that died before under its key is replaced and is dead again."""
    if not letters:
        return
    rows = [_row(space, letter, now) for letter in letters]
    statement = insert_into(connection, table)
    change = {name: statement.excluded[name] for name in rows[0] if name not in ("space", "box", "key")}
    connection.execute(statement.on_conflict_do_update(index_elements=[_c.space, _c.box, _c.key], set_=change), rows)


def listed(
    connection: sa.Connection,
    space: str,
    *,
    box: Origin | None = None,
    system: str = "",
    states: Sequence[Fate] = ("dead",),
    limit: int = 100,
) -> list[DeadLetter]:
    """Dead letters, oldest first; those of one box or system if it is named."""
    query = sa.select(table).where(_c.space == space, _c.state.in_(states)).order_by(_c.id).limit(limit)
    if box is not None:
        query = query.where(_c.box == box)
    if system:
        query = query.where(_c.system == system)
    return [_letter(row) for row in connection.execute(query)]


def get(connection: sa.Connection, space: str, number: int) -> DeadLetter | None:
    """One dead letter by its number."""
    row = connection.execute(sa.select(table).where(_c.space == space, _c.id == number)).one_or_none()
    return None if row is None else _letter(row)


def count(connection: sa.Connection, space: str) -> int:
    """How many wait for a person."""
    query = sa.select(sa.func.count()).select_from(table).where(_c.space == space, _c.state == "dead")
    return int(connection.execute(query).scalar_one())


def mark(connection: sa.Connection, space: str, number: int, state: Fate, now: datetime) -> bool:
    """Note what became of a dead letter; whether it was still dead."""
    mine = sa.update(table).where(_c.space == space, _c.id == number, _c.state == "dead")
    return connection.execute(mine.values(state=state, settled_at=now)).rowcount > 0


def resolve(connection: sa.Connection, space: str, box: Origin, keys: Sequence[str], now: datetime) -> None:
    """What died under these keys has succeeded after all."""
    for part in chunks(keys):
        mine = sa.and_(_c.space == space, _c.box == box, _c.key.in_(part), _c.state.in_(("dead", "replayed")))
        connection.execute(sa.update(table).where(mine).values(state="resolved", settled_at=now))


def _row(space: str, letter: DeadLetter, now: datetime) -> dict[str, Any]:
    return {
        "space": space,
        "box": letter.box,
        "key": letter.key,
        "system": letter.system,
        "operation": letter.operation,
        "subject": letter.subject,
        "target": letter.target,
        "payload": letter.payload,
        "error_group": letter.error_group,
        "error": letter.error,
        "message": letter.message,
        "reply": letter.reply,
        "mapping": letter.mapping,
        "attempts": letter.attempts,
        "state": "dead",
        "died_at": now,
        "settled_at": None,
    }


def _letter(row: sa.Row[Any]) -> DeadLetter:
    return DeadLetter(
        box=row.box,
        key=row.key,
        system=row.system,
        operation=row.operation,
        subject=row.subject,
        target=row.target,
        payload=row.payload,
        error_group=row.error_group,
        error=row.error,
        message=row.message,
        reply=row.reply,
        mapping=row.mapping,
        attempts=row.attempts,
        state=row.state,
        id=row.id,
        died_at=row.died_at,
    )
