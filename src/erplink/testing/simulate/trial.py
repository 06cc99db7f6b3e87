"""One run of one company under one fate, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from attrs import define, field, frozen

from erplink.testing.simulate import shop
from erplink.testing.simulate.adapter import CRM, ERP
from erplink.testing.simulate.company import Company
from erplink.testing.simulate.database import EMPTY, Databases
from erplink.testing.simulate.faults import Fate, Fault, Scripted, Seeded
from erplink.testing.simulate.invariants import Books, Violation, check_all, check_erp, check_shared, unfinished
from erplink.testing.simulate.io import BEGINNING
from erplink.testing.simulate.network import SimNetwork
from erplink.testing.simulate.scenario import YESTERDAY, Scenario, draw, stock
from erplink.testing.simulate.scheduler import Actor, Scheduler
from erplink.testing.simulate.server import SimErp, in_capitals, in_small_letters
from erplink.testing.simulate.steps import Send, Step, Transact

_ALWAYS_TOLD = (".create", ".cancel")
STOCKED = "stocked"
MOST_STEPS = 2_000
"""A company that takes more steps than this has lost its way."""

Pair = tuple[str, str]


@frozen
class Line:
    """One step of a story, or something that happened beside it; ``told`` ones are events of their own."""

    at: int
    actor: str
    point: str
    said: str = ""
    told: bool = False


@frozen
class Script:
    """Everything a run depends on: the same script gives the same run, in any process."""

    seed: int
    scenario: Scenario
    faults: tuple[Fault, ...]
    delays: Mapping[str, Sequence[int]]


@frozen
class Trial:
    """What came of a run: ``broken`` says what did not hold, and is empty when everything did."""

    script: Script
    steps: int
    pairs: Counter[Pair]
    broken: str
    story: tuple[Line, ...] = ()
    ended_at: int = 0


@define
class _Watch:
    """Looks on at every step."""

    world: _World
    books: Books
    story: list[Line] = field(factory=list)
    pairs: Counter[Pair] = field(factory=Counter)

    def begins(self, actor: Actor, step: Step, fault: Fault | None) -> None:
        """Note it."""
        point = step.point
        told = fault is not None or point.endswith(_ALWAYS_TOLD)
        said = fault.kind if fault else ""
        self.story.append(Line(self.world.scheduler.now, actor.name, point, said, told))
        if fault is not None:
            self.pairs[point, fault.kind] += 1
        if actor.skew or self.world.company.scenario.skews.get("server"):
            self.pairs[point, "clock skew"] += 1

    def note(self, actor: str, what: str) -> None:
        """Something that is no step."""
        self.story.append(Line(self.world.scheduler.now, actor, what, told=True))

    def happened(self, actor: Actor, step: Step) -> None:  # noqa: ARG002 - whoever it was
        """Check what must always hold."""
        if isinstance(step, Transact):
            self.books.check()
        elif isinstance(step, Send):
            if step.point.endswith(".create"):
                check_erp(self.world.erp)
            for system in (self.world.erp, self.world.crm):
                if system.late_seen:
                    self.pairs[step.point, "late document"] += 1
                    system.late_seen = 0


@cache
def ground() -> tuple[Databases, SimErp]:
    """The templates of this process: the databases, and the ERP of a company that is known already."""
    bases = Databases.make(lambda connection: shop.prepare(connection, BEGINNING))
    bases.clone(EMPTY)
    fate = Scripted({}, {})
    past = _World(0, stock(), fate, bases, YESTERDAY)
    broken = past.go(fate)
    if broken:
        raise Violation(f"the past of a stocked company: {broken}")
    bases.keep(STOCKED)
    return bases, past.erp


def run_seed(seed: int) -> Trial:
    """One run drawn from a seed."""
    return _run(seed, draw(_chance("scenario", seed)), Seeded(_chance("fate", seed)))


def _chance(purpose: str, seed: int) -> Random:
    """One series for each purpose, so that none depends on how much another one draws."""
    return Random(f"{purpose} {seed}")  # noqa: S311 - repeatable chance is the point


def run_script(script: Script) -> Trial:
    """The same run again, or what is left of it."""
    faults = {(fault.actor, fault.point, fault.nth): fault for fault in script.faults}
    return _run(script.seed, script.scenario, Scripted(faults, script.delays))


class _World:
    """Everything there is in one run."""

    def __init__(self, seed: int, scenario: Scenario, fate: Fate, bases: Databases, now: int = 0) -> None:
        skew = scenario.skews.get("server", 0)
        self.bases = bases
        self.erp = SimErp(lambda: self.scheduler.now + skew, in_capitals)
        self.crm = SimErp(lambda: self.scheduler.now, in_small_letters)
        self.watch = _Watch(self, Books(bases.looking))
        self.scheduler = Scheduler(fate, SimNetwork({ERP: self.erp, CRM: self.crm}), self.watch, now)
        self.company = Company(
            scenario, self.scheduler, self.erp, self.crm, bases, _chance("io", seed), self.watch.note
        )

    def unfinished(self) -> str:
        """What is still to be done."""
        scenario = self.company.scenario
        systems = {ERP: self.erp, CRM: self.crm} if scenario.mirrored else {ERP: self.erp}
        return unfinished(systems, self.bases.looking, echoes=scenario.echoes)

    def go(self, fate: Seeded | Scripted) -> str:
        """Live through it; what does not hold, empty when everything does."""
        company = self.company
        try:
            company.open()
            if not self.scheduler.run(MOST_STEPS):
                return f"not done after {MOST_STEPS} steps"
            fate.calm = True
            company.settle_down(lambda: not self.unfinished())
            if company.defects or self.unfinished():
                return company.defects[0] if company.defects else self.unfinished()
            check_all(company.scenario.deeds, self.erp, self.bases.looking)
            if company.scenario.mirrored:
                check_shared(company.scenario.deeds, self.erp, self.crm)
        except Violation as violation:
            return str(violation)
        finally:
            self.scheduler.close()
        return ""


def _run(seed: int, scenario: Scenario, fate: Seeded | Scripted) -> Trial:
    bases, past = ground()
    bases.clone(STOCKED if scenario.stocked else EMPTY)
    world = _World(seed, scenario, fate, bases)
    if scenario.stocked:
        world.erp.take_over(past)
    broken = world.go(fate)
    delays = (
        {name: tuple(each) for name, each in fate.delays.items()} if isinstance(fate, Seeded) else dict(fate.script)
    )
    script = Script(seed, scenario, tuple(fate.struck), delays)
    watch = world.watch
    return Trial(script, world.scheduler.steps, watch.pairs, broken, tuple(watch.story), world.scheduler.now)
