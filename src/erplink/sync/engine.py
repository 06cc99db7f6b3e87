"""One sync: pull every attached system, decide for everybody concerned, write back what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from erplink.errors import ConfigInvalid
from erplink.policy.programme import Assembly
from erplink.store import cursors, outbox
from erplink.store.cursors import Span
from erplink.store.outbox import Write
from erplink.store.queue import OPEN
from erplink.sync.arrivals import work_off
from erplink.sync.assemble import sources
from erplink.sync.decide import decide_all
from erplink.sync.deliver import Delivered
from erplink.sync.events import HOST, Tell, tell_host
from erplink.sync.programme import in_force, rules_in_force
from erplink.sync.pull import ENTITIES, Feed, Pulled, pull
from erplink.sync.push import Target, push
from erplink.sync.refetch import refetch
from erplink.sync.run import Run
from erplink.wire.adapter import Adapter
from erplink.wire.io import Io

_SHOWN = 50


@frozen
class Attached:
    """One system of a space: its name there, adapter and Io, the writes it accepts, and how its windows are cut."""

    name: str
    adapter: Adapter
    io: Io
    writes: frozenset[str]
    parallel: int
    span: Span = field(factory=Span)


@frozen
class SyncReport:
    """What one sync did.

    ``withheld`` counts, per operation, what waits because it was not named at attach or because nothing was pushed;
    ``would_write`` shows the first of them. ``told`` is how host events were delivered, ``worked`` how documents were
    worked off that came as events, by system.
    """

    pulled: tuple[Pulled, ...]
    decided: int
    entries: int
    pushed: tuple[tuple[str, Delivered], ...] = ()
    withheld: Mapping[str, int] = field(factory=dict)
    would_write: tuple[Write, ...] = ()
    told: Delivered = field(factory=Delivered)
    worked: tuple[tuple[str, Delivered], ...] = ()

    @property
    def unchanged(self) -> bool:
        """Whether the books stayed as they were and nothing was written anywhere."""
        return self.entries == 0 and not any(done.done or done.refused or done.dead for _, done in self.pushed)


@frozen
class Booked:
    """What was done with what is there: documents that came as events by system, people, journal entries, listeners."""

    worked: tuple[tuple[str, Delivered], ...]
    decided: int
    entries: int
    told: Delivered = field(factory=Delivered)


async def sync(run: Run, attached: Sequence[Attached], listeners: Mapping[str, Tell]) -> SyncReport:
    """Pull, decide, book, push and tell the host; resumable at any point. Raises what stopped it."""
    report = await _pull_and_decide(run, attached)
    pushed = [
        (
            each.name,
            await push(each.io, run, Target(each.name, each.adapter, each.writes, each.parallel)),
        )
        for each in attached
        if each.writes
    ]
    told = await tell_host(attached[0].io, run, listeners)
    return evolve(await _seen(run, attached, report, tuple(pushed)), told=told)


async def shadow(run: Run, attached: Sequence[Attached]) -> SyncReport:
    """Pull, decide and book, and show what would have been written. Nothing leaves the process but reads."""
    report = await _pull_and_decide(run, attached)
    return await _seen(run, attached, report, ())


def feeds_of(space: str, each: Attached, anonymous: frozenset[str] = frozenset()) -> list[Feed]:
    """Whatever can be read of a system, in the order in which it should be."""
    able = {one.entity for one in each.adapter.offers if one.verb == "changes"}
    return [Feed(space, each.name, entity, anonymous, each.span) for entity in ENTITIES if entity in able]


def cursors_of(space: str, attached: Sequence[Attached], rule: Assembly) -> list[cursors.Feed]:
    """Every feed of these systems that counts under the rule, as its cursor is filed."""
    count = sources(rule)
    return [feed.cursor for each in attached for feed in feeds_of(space, each) if feed.entity in count]


async def book(io: Io, run: Run, attached: Sequence[Attached], listeners: Mapping[str, Tell]) -> Booked:
    """Work off what came as events, decide, book and tell the host. Calls no system."""
    policy = await io.transact(run.store, in_force, run.space, run.clock())
    booked = await _book(io, run, frozenset(policy.assembly.anonymous), attached)
    return evolve(booked, told=await tell_host(io, run, listeners))


async def _book(io: Io, run: Run, anonymous: frozenset[str], attached: Sequence[Attached]) -> Booked:
    worked = await work_off(io, run, anonymous)
    rules = await io.transact(run.store, rules_in_force, run.space, run.clock())
    decided = await decide_all(io, run, rules, cursors_of(run.space, attached, rules.policy.assembly))
    return Booked(worked, decided.people, decided.entries)


async def _pull_and_decide(run: Run, attached: Sequence[Attached]) -> SyncReport:
    if not attached:
        raise ConfigInvalid("no system is attached", where="sync", next_step="call link.attach(name, erp) first")
    io = attached[0].io
    policy = await io.transact(run.store, in_force, run.space, run.clock())
    pulled: list[Pulled] = []
    anonymous = frozenset(policy.assembly.anonymous)
    for each in attached:
        feeds = feeds_of(run.space, each, anonymous)
        pulled += [await pull(each.io, run, each.adapter, feed) for feed in feeds]
        await refetch(each.io, run, each.adapter, feeds)
    booked = await _book(io, run, anonymous, attached)
    return SyncReport(tuple(pulled), booked.decided, booked.entries, worked=booked.worked)


async def _seen(
    run: Run, attached: Sequence[Attached], report: SyncReport, pushed: tuple[tuple[str, Delivered], ...]
) -> SyncReport:
    io = attached[0].io
    counts = await io.transact(run.store, outbox.counts, run.space, HOST)
    withheld: dict[str, int] = {}
    for (operation, state), number in counts.items():
        if state == "pending":
            withheld[operation] = withheld.get(operation, 0) + number
    shown = await io.transact(run.store, outbox.listed, run.space, OPEN, _SHOWN, HOST)
    return evolve(report, pushed=pushed, withheld=withheld, would_write=tuple(shown))
