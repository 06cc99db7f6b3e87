"""``erplink health``: how a space fares, for a person at a terminal or for whatever watches over services."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from attrs import asdict, frozen
from rich.console import Console

from erplink.cli.books import opened
from erplink.cli.exits import STOP
from erplink.cli.sheets import Sheet
from erplink.cli.tables import show
from erplink.link.values import Health, Tolerance
from erplink.sync.health import in_words


@frozen
class Tolerated:
    """What is tolerated, as a person says it: minutes, and a number of dead letters."""

    silent: float
    waiting: float
    behind: float
    dead: int

    def as_tolerance(self) -> Tolerance:
        """The same for a link."""
        return Tolerance(
            silent=timedelta(minutes=self.silent),
            waiting=timedelta(minutes=self.waiting),
            behind=timedelta(minutes=self.behind),
            dead=self.dead,
        )


def run(db: str, space: str, tolerated: Tolerated, *, as_json: bool) -> int:
    """Look, print what was found, and return the exit code: 0 when all is well, else 3."""
    with opened(db, space) as link:
        health = link.health(tolerated.as_tolerance())
    if as_json:
        print(msgspec.json.encode(plain(health)).decode())
    else:
        _print(Console(), health)
    return 0 if health.healthy else STOP


def plain(health: Health) -> dict[str, Any]:
    """Health as plain JSON values: instants in UTC, ages in seconds."""
    told = asdict(health, value_serializer=lambda _instance, _field, value: _seconds(value))
    return {"healthy": health.healthy, **told}


def _seconds(value: object) -> object:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _print(console: Console, health: Health) -> None:
    for sheet in (_workers(health), _queues(health), _feeds(health), _rests(health)):
        if sheet.rows:
            show(console, sheet)
    if health.undecided:
        console.print(f"{health.undecided:,} people wait for a decision.", markup=False, highlight=False)
    console.print()
    for complaint in health.complaints:
        console.print(complaint, style="bold red", markup=False, highlight=False, soft_wrap=True)
    if health.healthy:
        console.print("All is well.", style="bold")


def _workers(health: Health) -> Sheet:
    rows = [(each.name, f"{in_words(each.age)} ago", each.doing) for each in health.workers]
    return Sheet("Workers", ("worker", "last sign of life", "doing"), tuple(rows))


def _queues(health: Health) -> Sheet:
    rows = [
        (each.box, each.system, each.operation, each.waiting, each.parked, each.dead, _age(each.oldest))
        for each in health.queues
    ]
    heads = ("box", "system", "operation", "waiting", "parked", "dead", "oldest waits for")
    return Sheet("Messages", heads, tuple(rows), "" if all(each.expected for each in health.queues) else _NOBODY)


_NOBODY = "no worker is there for some of these: a write that was not named waits until it is"


def _feeds(health: Health) -> Sheet:
    rows = [
        (each.system, each.entity, _instant(each.reached), _age(each.age), "yes" if each.under_way else "")
        for each in health.feeds
    ]
    return Sheet("Feeds", ("system", "entity", "read up to", "behind", "under way"), tuple(rows))


def _rests(health: Health) -> Sheet:
    rows = [
        (" ".join(word for word in (each.part, each.system, each.entity) if word), _instant(each.until), each.message)
        for each in health.rests
    ]
    return Sheet("Left alone for now", ("part", "until", "why"), tuple((*row[:2], row[2] or "paused") for row in rows))


def _age(age: timedelta | None) -> str:
    return "" if age is None else in_words(age)


def _instant(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone():%Y-%m-%d %H:%M:%S}"
