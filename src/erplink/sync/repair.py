"""Repair: what a reconciliation found, made good through inbox and outbox, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from attrs import evolve, frozen

from erplink.errors import Conflict
from erplink.model.documents import Key
from erplink.store import documents, findings, keys, outbox
from erplink.store.cursors import Feed
from erplink.store.database import Connection
from erplink.store.findings import Finding, Kind
from erplink.sync import refetch
from erplink.sync.balances import balances_of
from erplink.sync.engine import Attached
from erplink.sync.joining import Extra
from erplink.sync.programme import in_force
from erplink.sync.progress import Progress
from erplink.sync.reconcile import Looked, Plan, look
from erplink.sync.run import Run

BATCH = 200
AT_MOST = 1000
"""So many documents may be taken for deleted without a further word: an integration user may just see less today."""


@frozen
class Repaired:
    """What a repair did: documents asked for again, marked as gone, found to be there after all, values to be written.

    The next sync reads what was asked for, takes back the points of what is gone, and writes the values.
    """

    asked: int = 0
    gone: int = 0
    there: int = 0
    rewritten: int = 0


async def repair(run: Run, attached: Sequence[Attached], plan: Plan, at_most: int = AT_MOST) -> Repaired:
    """Make good what a plan lists and an attached system can be asked about; goes on where it was interrupted.

    What was deleted is looked for once more. Raises ``Conflict`` when more than ``at_most`` documents would count as
    deleted; nothing is repaired then.
    """
    here = [each for each in attached if each.name in plan.systems]
    for each in here:
        counts = await each.io.transact(run.store, findings.counts, run.space, (each.name,))
        _refuse_many(sum(count.number for count in counts if count.kind == "gone"), at_most)
    total = Repaired()
    kinds: tuple[Kind, ...] = ("missing", "different", "gone", "shown")
    for each in here:
        for kind in kinds:
            while found := await each.io.transact(run.store, findings.take, run.space, (each.name,), kind, BATCH):
                total = await _made_good(run, each, found, total)
                run.tell(
                    Progress("reconcile", found[0].entity, total.asked + total.gone + total.there + total.rewritten)
                )
    return total


def _refuse_many(gone: int, at_most: int) -> None:
    if gone > at_most:
        step = f"check that the integration user still sees them; if it does, allow {gone:,} at most"
        raise Conflict(
            f"{gone:,} documents would count as deleted, and points be taken back for them",
            where="repair",
            next_step=step,
        )


async def _made_good(run: Run, each: Attached, found: Sequence[Finding], total: Repaired) -> Repaired:
    kind, now = found[0].kind, run.clock()
    if kind == "gone":
        jobs = [partial(look, each.adapter, one.entity, Extra(_key(one))) for one in found]
        looked = await each.io.gather(each.parallel, jobs)
        gone = await each.io.transact(run.store, _take_leave, run.space, found, looked, now)
        return evolve(total, gone=total.gone + gone, there=total.there + len(found) - gone)
    if kind == "shown":
        written = await each.io.transact(run.store, _write, run.space, found, now)
        return evolve(total, rewritten=total.rewritten + written)
    await each.io.transact(run.store, _ask, run.space, found, now)
    return evolve(total, asked=total.asked + len(found))


def _key(finding: Finding) -> Key:
    return Key(finding.id, finding.number, finding.version)


def _ask(connection: Connection, space: str, found: Sequence[Finding], now: datetime) -> None:
    """Have documents read again, and kept whatever their stamp: it is older where an ERP was restored."""
    system, entity = found[0].system, found[0].entity
    keys.doubt(connection, Feed(space, system, entity), [one.id for one in found])
    refetch.ask(connection, space, system, entity, [one.number for one in found], now)
    findings.drop(connection, space, found)


def _take_leave(
    connection: Connection, space: str, found: Sequence[Finding], looked: Sequence[Looked], now: datetime
) -> int:
    """Mark as gone what is not there, and wake whom it concerned; how many. What cannot be read is there."""
    system, entity = found[0].system, found[0].entity
    gone = [each.key for each in looked if each.there is None and each.error is None]
    codes = keys.vanish(connection, Feed(space, system, entity), gone, now)
    if entity not in ("customers", "products"):
        documents.wake(connection, space, system, codes, ())
    findings.drop(connection, space, found)
    return len(codes)


def _write(connection: Connection, space: str, found: Sequence[Finding], now: datetime) -> int:
    pool = in_force(connection, space, now).points.pool
    numbers = [one.number for one in found]
    messages = balances_of(connection, space, found[0].system, numbers, pool, now)
    outbox.renew(connection, space, list(messages.values()), now)
    findings.drop(connection, space, found)
    return len(messages)
