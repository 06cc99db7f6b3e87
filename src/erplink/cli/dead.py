"""``erplink dead``: what could not go on; look at it, have it tried again, or give it up."""

from __future__ import annotations

import msgspec
from attrs import asdict, frozen
from rich.console import Console

from erplink.cli.books import opened
from erplink.cli.sheets import Sheet
from erplink.cli.tables import show
from erplink.link.values import DeadLetter
from erplink.wire.redact import redact


@frozen
class Where:
    """The database and the company's space in it; ``json`` for programs."""

    db: str
    space: str
    json: bool


def listing(where: Where, system: str, limit: int) -> None:
    """Print the dead letters, oldest first."""
    with opened(where.db, where.space) as link:
        letters = link.dead.list(system=system, limit=limit)
    if where.json:
        print(msgspec.json.encode([_plain(letter) for letter in letters]).decode())
        return
    if not letters:
        print("No dead letters.")
        return
    rows = [
        (str(one.id), one.error_group, one.system, one.operation, one.target or one.key, one.message) for one in letters
    ]
    show(Console(), Sheet("Dead letters", ("#", "what to do", "system", "operation", "of", "why"), tuple(rows)))


def showing(where: Where, number: int) -> None:
    """Print one dead letter with its call and the reply, redacted."""
    with opened(where.db, where.space) as link:
        _print(where, link.dead.get(number))


def replaying(where: Where, numbers: list[int]) -> None:
    """Have dead letters tried again by the next sync."""
    with opened(where.db, where.space) as link:
        for number in numbers:
            _tell(where, "will be tried again by the next sync", link.dead.replay(number))


def dropping(where: Where, numbers: list[int]) -> None:
    """Give dead letters up for good."""
    with opened(where.db, where.space) as link:
        for number in numbers:
            _tell(where, "is dropped", link.dead.drop(number))


def _tell(where: Where, fate: str, letter: DeadLetter) -> None:
    print(msgspec.json.encode(_plain(letter)).decode() if where.json else f"{letter.id} {letter.operation} {fate}.")


def _print(where: Where, letter: DeadLetter) -> None:
    plain = _plain(letter)
    if where.json:
        print(msgspec.json.encode(plain).decode())
        return
    for name, value in plain.items():
        print(f"{name:12} {value}")


def _plain(letter: DeadLetter) -> dict[str, object]:
    """What may be shown: people in the call and the reply are masked."""
    plain = asdict(letter)
    for name in ("payload", "reply", "message"):
        plain[name] = redact(str(plain[name]))
    plain["died_at"] = letter.died_at.isoformat() if letter.died_at else ""
    return plain
