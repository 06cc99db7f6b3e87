"""``erplink reconcile``: what a Kingdee has against what is kept, as a plan to read and, on request, to repair."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import cast

import msgspec
from attrs import asdict, frozen
from rich.console import Console
from rich.status import Status

from erplink.cli.books import opened
from erplink.cli.exits import STOP
from erplink.cli.login import Login, settings
from erplink.cli.sheets import Sheet
from erplink.cli.tables import show
from erplink.cli.words import in_words
from erplink.errors import ConfigInvalid
from erplink.facade.connect import connect
from erplink.link.values import Plan, Progress, Repaired
from erplink.model.documents import Entity
from erplink.sync.pull import ENTITIES


@frozen
class Errand:
    """What is to be compared, how many findings are shown, whether they are repaired, and up to how many deletions."""

    db: str
    space: str
    login: Login
    system: str
    entities: Sequence[str]
    parallel: int
    show: int
    repair: bool
    at_most: int
    json: bool


def run(errand: Errand) -> int:
    """Make a plan, print it, repair it if that is wanted; exit code 3 when something differs and was left alone.

    Raises ``ConfigInvalid`` for an unknown entity or setting, ``Conflict`` for more deletions than allowed.
    """
    entities = _entities(errand.entities)
    kingdee = settings(errand.login, "erplink reconcile")
    console = Console(stderr=errand.json)
    shown = console.status("compares") if console.is_terminal else None
    with connect(kingdee, parallel=errand.parallel) as erp, opened(errand.db, errand.space) as link:
        link.attach(errand.system, erp, parallel=errand.parallel)
        with shown or nullcontext():
            plan = link.reconcile(entities=entities, show=errand.show, progress=_Showing(shown))
        if not errand.json:
            _print(Console(), plan, repairs=errand.repair)
        done = None
        if errand.repair:
            with shown or nullcontext():
                done = link.repair(plan, at_most=errand.at_most, progress=_Showing(shown))
            if not errand.json:
                print(words_of(done))
    if errand.json:
        print(msgspec.json.encode({**as_json(plan), "repaired": done and asdict(done)}).decode())
    return 0 if plan.clean or errand.repair else STOP


@frozen
class _Showing:
    """Shows how far it is, on a terminal."""

    status: Status | None

    def __call__(self, progress: Progress) -> None:
        if self.status is not None:
            self.status.update(f"compares {in_words(progress.what)}: {progress.done:,}")


def _entities(named: Sequence[str]) -> tuple[Entity, ...]:
    unknown = sorted(set(named) - set(ENTITIES))
    if unknown:
        raise ConfigInvalid(
            f"{unknown[0]!r} is no entity", where="--entity", next_step=f"name any of {', '.join(ENTITIES)}"
        )
    return cast("tuple[Entity, ...]", tuple(named)) or ENTITIES


_KINDS = {
    "missing": "not kept here",
    "different": "kept in another version",
    "gone": "deleted there",
    "unreadable": "there, and cannot be read",
    "shown": "shows other points or another tier",
}


def _print(console: Console, plan: Plan, *, repairs: bool) -> None:
    print(f"{plan.compared:,} documents compared.")
    if plan.clean:
        print("Nothing differs.")
        return
    counts = tuple((one.system, one.entity, _KINDS[one.kind], one.number) for one in plan.counts)
    step = "" if repairs else "nothing was changed; --repair makes it good"
    show(console, Sheet("What differs", ("system", "of", "how", "records"), counts, step))
    first = tuple((one.system, one.entity, one.number, _KINDS[one.kind], one.detail) for one in plan.first)
    total = sum(count.number for count in plan.counts)
    show(console, Sheet("The first of them", ("system", "of", "number", "how", "more"), first, total=total))


def words_of(done: Repaired) -> str:
    """What a repair did, in a line."""
    parts = {
        "to be read by the next sync": done.asked,
        "marked as deleted, points to be taken back by the next sync": done.gone,
        "there after all": done.there,
        "values to be written by the next sync": done.rewritten,
    }
    return "; ".join(f"{what}: {number:,}" for what, number in parts.items() if number) or "nothing to repair"


def as_json(plan: Plan) -> dict[str, object]:
    """A plan as plain JSON values."""
    return {
        "systems": list(plan.systems),
        "made_at": plan.made_at,
        "compared": plan.compared,
        "counts": [asdict(count) for count in plan.counts],
        "first": [asdict(finding) for finding in plan.first],
    }
