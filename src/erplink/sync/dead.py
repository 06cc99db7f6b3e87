"""Trying a dead letter again, with today's code, by the next sync; or giving it up for good."""

from __future__ import annotations

from datetime import datetime

from erplink.errors import NotFound
from erplink.store import dead, queue
from erplink.store.database import Connection
from erplink.store.dead import DeadLetter, Fate
from erplink.sync import refetch


def letter(connection: Connection, space: str, number: int) -> DeadLetter:
    """One dead letter, whatever became of it. Raises ``NotFound``."""
    found = dead.get(connection, space, number)
    if found is None:
        raise _none(space, f"there is no dead letter {number}")
    return found


def again(connection: Connection, space: str, number: int, now: datetime) -> DeadLetter:
    """Have the next sync try a dead letter again; the letter. A message starts anew, a document is read again.

    Raises ``NotFound`` when there is none of this number, it was replayed or dropped before, or it never got as far as
    a message that could be tried again.
    """
    found = _settled(connection, space, number, "replayed", now)
    if found.box == "pull":
        entity = found.operation.partition(".")[0]
        refetch.ask(connection, space, found.system, entity, [found.target], now)
    elif not queue.replay(connection, found.box, space, found.key):
        raise NotFound(
            f"dead letter {number} is no message that could be tried again",
            where=f"space {space}",
            next_step="have its sender publish it again, put right; then drop this one",
        )
    return found


def drop(connection: Connection, space: str, number: int, now: datetime) -> DeadLetter:
    """Give a dead letter up for good; the letter, which stays readable. Raises ``NotFound``."""
    return _settled(connection, space, number, "dropped", now)


def _settled(connection: Connection, space: str, number: int, fate: Fate, now: datetime) -> DeadLetter:
    found = letter(connection, space, number)
    if not dead.mark(connection, space, number, fate, now):
        raise _none(space, f"dead letter {number} was {found.state} before")
    return found


def _none(space: str, what: str) -> NotFound:
    return NotFound(what, where=f"space {space}", next_step="list them: erplink dead list")
