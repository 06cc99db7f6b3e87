"""Reconciliation: every document that a system has against every one that is kept, and what it shows against the books.

The keys of both sides are walked side by side, page by page. The two streams are not of one instant, so whatever seems
to differ is read again by its number before it counts. What was found lies in the store: a plan that a person can read
before ``sync.repair`` acts on it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from attrs import evolve, field, frozen

from erplink.errors import ConfigInvalid, NotFound, SkipError
from erplink.model.documents import Entity, Key
from erplink.store import cursors, echoes, findings, keys
from erplink.store.cursors import Cursor, Feed
from erplink.store.database import Connection
from erplink.store.findings import Count, Finding, Kind
from erplink.sync.engine import Attached
from erplink.sync.joining import Different, Extra, merge_join
from erplink.sync.joining import Finding as Candidate
from erplink.sync.progress import Progress
from erplink.sync.pull import ENTITIES
from erplink.sync.run import Run
from erplink.sync.showing import compare_shown
from erplink.wire.adapter import Adapter, can

BATCH = 1000
_SHOWN = 20
_KINDS: tuple[Kind, ...] = ("missing", "different", "gone", "unreadable")


@frozen
class Plan:
    """What differs, for a person to read, and for ``repair`` to act on.

    ``compared`` is how many kept documents were looked at, ``counts`` how many differ, ``first`` the first of them.
    """

    systems: tuple[str, ...]
    made_at: datetime
    compared: int
    counts: tuple[Count, ...]
    first: tuple[Finding, ...] = field(repr=False)

    @property
    def clean(self) -> bool:
        """Whether nothing differs."""
        return not self.counts

    def number(self, kind: Kind) -> int:
        """How many records differ in this way."""
        return sum(count.number for count in self.counts if count.kind == kind)


async def reconcile(
    run: Run, attached: Sequence[Attached], entities: Collection[Entity] = ENTITIES, show: int = _SHOWN
) -> Plan:
    """Compare attached systems with the store, and make a plan. Changes nothing elsewhere; resumes where it stopped.

    Raises ``ConfigInvalid`` when no system is attached or one cannot list its keys, and what else the adapters raise.
    """
    if not attached:
        raise ConfigInvalid("no system is attached", where="reconcile", next_step="call link.attach(name, erp) first")
    compared = 0
    for each in attached:
        for entity in ENTITIES:
            if entity in entities and can(each.adapter, entity, "keys"):
                compared += await _compare(run, each, Feed(run.space, each.name, entity), entity)
        if "customers" in entities:
            await compare_shown(run, each)
    systems = tuple(each.name for each in attached)
    return await attached[0].io.transact(run.store, plan_of, run.space, systems, compared, show, run.clock())


def plan_of(
    connection: Connection, space: str, systems: Collection[str], compared: int, show: int, now: datetime
) -> Plan:
    """The plan of these systems, as it lies in the store."""
    counts = tuple(findings.counts(connection, space, systems))
    first = tuple(findings.listed(connection, space, systems, show))
    return Plan(tuple(systems), now, compared, counts, first)


async def _compare(run: Run, each: Attached, feed: Feed, entity: Entity) -> int:
    """Walk through one entity of one system; how many kept documents were looked at."""
    io = each.io
    cursor = await io.transact(run.store, findings.begin, feed, "keys", _KINDS, run.clock())
    walk = _Walk(run, each, feed, entity, cursor)
    async for page in each.adapter.keys(entity, cursor.token):
        if page.keys:
            walk = await _through(walk, page.keys)
    walk = await _through(walk, None)
    await io.transact(run.store, cursors.close_window, findings.errand(feed, "keys"), cursor)
    return walk.compared


@frozen
class _Walk:
    """A walk under way. ``cursor.token`` is the last id of which both sides were compared."""

    run: Run
    each: Attached
    feed: Feed
    entity: Entity
    cursor: Cursor
    compared: int = 0


async def _through(walk: _Walk, page: Sequence[Key] | None) -> _Walk:
    """Compare a page of a system's keys, or without one, what the store has beyond the last of them."""
    upto = page[-1].id if page else None
    theirs = [key for key in page or () if key.number]
    while True:
        run, io, reached = walk.run, walk.each.io, walk.cursor.token
        ours = await io.transact(run.store, keys.between, walk.feed, reached, upto, BATCH)
        more = len(ours) == BATCH
        last = ours[-1] if more else None
        here = [key for key in theirs if last is None or key.place <= last.place]
        theirs = theirs[len(here) :]
        jobs = [partial(look, walk.each.adapter, walk.entity, each) for each in merge_join(here, ours)]
        looked = await io.gather(walk.each.parallel, jobs) if jobs else []
        token = last.id if last is not None else upto or reached
        cursor = evolve(walk.cursor, token=token)
        await io.transact(run.store, _note, walk.feed, walk.entity, cursor, looked, run.clock())
        walk = evolve(walk, cursor=cursor, compared=walk.compared + len(ours))
        run.tell(Progress("reconcile", walk.entity, walk.compared))
        if not more:
            return walk


@frozen
class Looked:
    """What reading a record again showed: its key as it is there now (None: it is not), or why it cannot be read."""

    candidate: Candidate
    there: Key | None = None
    error: SkipError | None = None

    @property
    def key(self) -> Key:
        """The key under which it was looked for."""
        return self.candidate.left if isinstance(self.candidate, Different) else self.candidate.key


async def look(adapter: Adapter, entity: Entity, candidate: Candidate) -> Looked:
    """Read a record again by its number. Raises what the adapter raises, but for errors of this one document."""
    looked = Looked(candidate)
    try:
        found = await adapter.get(entity, looked.key.number)
    except NotFound:
        return looked
    except SkipError as error:
        return evolve(looked, error=error)
    there = Key(found.id, found.number, found.version)
    return evolve(looked, there=there if found.id == looked.key.id else None)


def _note(
    connection: Connection, feed: Feed, entity: Entity, cursor: Cursor, looked: Sequence[Looked], now: datetime
) -> None:
    """Keep what still differs from what is kept by now, and how far the walk has come."""
    numbers = [each.key.number for each in looked]
    # What we wrote, and have not read since, is another version there: it comes with the next pull.
    unseen = echoes.of_records(connection, feed.space, feed.system, entity, numbers, seen=False)
    kept = keys.of(connection, feed, [each.key.id for each in looked])
    found = [_finding(feed, entity, each, kept.get(each.key.id)) for each in looked]
    real = [each for each in found if each is not None and not (each.kind == "different" and each.number in unseen)]
    findings.note(connection, feed.space, real, now)
    cursors.advance(connection, findings.errand(feed, "keys"), cursor, cursor.token)


def _finding(feed: Feed, entity: Entity, looked: Looked, kept: Key | None) -> Finding | None:
    key, there = looked.key, looked.there
    found = Finding(feed.system, entity, "missing", key.id, key.number, "" if kept is None else kept.version)
    if looked.error is not None:
        return evolve(found, kind="unreadable", detail=str(looked.error))
    if there is None:
        # One that the walk met, and that is not there under its number now, is looked for by the next walk.
        gone = isinstance(looked.candidate, Extra) and kept == key
        return evolve(found, kind="gone") if gone else None
    if kept is None:
        return found
    return (
        evolve(found, kind="different", detail=f"kept {kept.version}, there {there.version}") if kept != there else None
    )
