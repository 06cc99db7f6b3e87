"""One round of a worker: read what is due, work off the inbox, decide, write back; each part by itself.

A part that fails rests for a while and holds up no other. Several workers on one database share the work: a feed is
read by one of them at a time, people and messages are handed out under claims.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from attrs import evolve

from erplink.errors import LoginRefused, RetryError, StoreUnavailable
from erplink.store import inbox, queue, turns, waiting
from erplink.store.backlog import Backlog, backlog
from erplink.store.database import Connection
from erplink.store.turns import PAUSED, Trouble, Turn
from erplink.sync.arrivals import document_lane
from erplink.sync.decide import decide_all
from erplink.sync.deliver import Delivered, Lane, Patience, deliver
from erplink.sync.engine import Attached, cursors_of
from erplink.sync.envelope import DOCUMENTS
from erplink.sync.letters import group_of
from erplink.sync.programme import in_force, rules_in_force
from erplink.sync.pull import Feed, pull
from erplink.sync.pulse import LEASE, Pulse
from erplink.sync.push import Target, push
from erplink.sync.refetch import refetch_lane
from erplink.sync.rounds import STORE, ListenerEnded, Problem, Round, Shift, Stopping, Tally, feeds_of, refetches_of
from erplink.wire.redact import redact

PROMPT = Patience(wait=timedelta(0))
"""A worker waits for nothing in the middle of a round: what is due soon is due in one of the next."""


async def work(shift: Shift, asked: Callable[[], bool]) -> Round:
    """One round; it ends between two batches when ``asked`` to. What goes wrong is part of the round.

    Raises what a listener raised.
    """
    tally, stopped = Tally(shift.run.clock()), False
    async with shift.io.span("round", worker=shift.pulse.worker) as span:
        try:
            await _parts(shift, tally, asked)
        except Stopping:
            stopped = True
        except ListenerEnded as ended:
            raise ended.error from None
        except StoreUnavailable as error:
            until = shift.rhythm.rest(error, 1, shift.run.clock(), shift.io.random())
            tally.problems.append(Problem(STORE, error, until))
        span.note(problems=len(tally.problems), people=tally.decided.people, stopped=stopped)
    return tally.as_round(shift.run.clock(), shift.rhythm, stopped=stopped)


async def _parts(shift: Shift, tally: Tally, asked: Callable[[], bool]) -> None:
    io, run = shift.io, shift.run
    tally.standing = {state.turn: state for state in await io.transact(run.store, turns.look, run.space)}
    parts: list[Callable[[], Awaitable[None]]] = [partial(_read, shift, tally, each) for each in shift.attached]
    parts += [partial(_read_again, shift, tally, each) for each in shift.attached]
    parts += [partial(_work_off_documents, shift, tally)]
    parts += [partial(_decide, shift, tally)]
    parts += [partial(_push, shift, tally, each) for each in shift.attached if each.writes]
    parts += [partial(_work_off, shift, tally, lane) for lane in shift.lanes]
    for part in parts:
        if asked():
            raise Stopping
        await part()
    async with io.span("backlog") as span:
        left = await io.transact(run.store, _close, run.space, shift.pulse)
        span.note(queues=[_figures(each, run.clock()) for each in left])


async def _read(shift: Shift, tally: Tally, each: Attached) -> None:
    """Read the feeds of a system that are due and that nobody else reads."""
    run, whole = shift.run, Turn("pull", each.name)
    if tally.rests(whole):
        return
    feeds, now = feeds_of(run.space, each), run.clock()
    dead = frozenset(state.held_by for state in tally.standing.values() if state.held_by and run.gone(state.held_by))
    claim = turns.Claim(run.worker, now + shift.rhythm.slack, now + LEASE, dead)
    ours = await each.io.transact(run.store, turns.take, run.space, feeds, claim)
    for turn in feeds.keys() - ours:
        tally.rests(turn)
    shift.pulse.turns |= ours
    try:
        await _read_feeds(shift, tally, each, {turn: feed for turn, feed in feeds.items() if turn in ours})
    except Exception as error:  # noqa: BLE001 - a defect in one part must not hold up the others
        await _rest(shift, tally, whole, error)
    finally:
        left = shift.pulse.turns & ours
        shift.pulse.turns -= ours
        if left:
            await each.io.transact(run.store, turns.hold, run.space, left, run.worker, now)


async def _read_feeds(shift: Shift, tally: Tally, each: Attached, feeds: Mapping[Turn, Feed]) -> None:
    """Raises what concerns the whole system; what concerns one of its feeds lets that one rest."""
    run, whole = shift.run, Turn("pull", each.name)
    if not feeds:
        return
    policy = await each.io.transact(run.store, in_force, run.space, run.clock())
    for turn, feed in feeds.items():
        try:
            known = evolve(feed, anonymous=frozenset(policy.assembly.anonymous))
            pulled = await pull(each.io, run, each.adapter, known)
        except (RetryError, LoginRefused):
            raise
        except Exception as error:  # noqa: BLE001 - as above
            await _rest(shift, tally, turn, error)
            continue
        tally.pulled.append(pulled)
        if pulled.paused_until is not None:
            await _pause(shift, tally, whole, pulled.paused_until)
            return
        await _settle(shift, tally, turn, tally.began + shift.rhythm.pull_every)
    await _recover(shift, tally, whole)


async def _read_again(shift: Shift, tally: Tally, each: Attached) -> None:
    """Read single documents of a system that were asked for."""
    io, run, feeds = each.io, shift.run, feeds_of(shift.run.space, each).values()
    asked = [operation for _, _, operation in refetches_of(each)]
    if not asked or not (await io.transact(run.store, queue.outlook, "inbox", run.space, each.name, asked)).waiting:
        return

    async def read() -> Delivered:
        policy = await io.transact(run.store, in_force, run.space, run.clock())
        known = [evolve(feed, anonymous=frozenset(policy.assembly.anonymous)) for feed in feeds]
        return await deliver(io, run, evolve(refetch_lane(each.adapter, known), patience=PROMPT))

    await _deliver(shift, tally, Turn("refetch", each.name), read)


async def _work_off_documents(shift: Shift, tally: Tally) -> None:
    """Keep the documents that came as events, of whatever system."""
    for system in await shift.io.transact(shift.run.store, inbox.systems, shift.run.space, DOCUMENTS):
        await _deliver(shift, tally, Turn("documents", system), partial(_keep_documents, shift, system))


async def _keep_documents(shift: Shift, system: str) -> Delivered:
    io, run = shift.io, shift.run
    policy = await io.transact(run.store, in_force, run.space, run.clock())
    return await deliver(io, run, document_lane(run.space, system, frozenset(policy.assembly.anonymous)))


async def _decide(shift: Shift, tally: Tally) -> None:
    io, run, turn = shift.io, shift.run, Turn("decide")
    if tally.rests(turn) or not await io.transact(run.store, waiting.anybody, run.space):
        return
    try:
        rules = await io.transact(run.store, rules_in_force, run.space, run.clock())
        tally.decided = await decide_all(io, run, rules, cursors_of(run.space, shift.attached, rules.policy.assembly))
    except Exception as error:  # noqa: BLE001 - as above
        await _rest(shift, tally, turn, error)
    else:
        await _recover(shift, tally, turn)


async def _push(shift: Shift, tally: Tally, each: Attached) -> None:
    target = Target(each.name, each.adapter, each.writes, each.parallel, PROMPT)
    await _deliver(shift, tally, Turn("push", each.name), partial(push, each.io, shift.run, target))


async def _work_off(shift: Shift, tally: Tally, lane: Lane) -> None:
    prompt = evolve(lane, patience=evolve(lane.patience, wait=PROMPT.wait))
    await _deliver(shift, tally, Turn(lane.box, lane.system), partial(deliver, shift.io, shift.run, prompt))


async def _deliver(shift: Shift, tally: Tally, turn: Turn, job: Callable[[], Awaitable[Delivered]]) -> None:
    if tally.rests(turn):
        return
    try:
        done = await job()
    except Exception as error:  # noqa: BLE001 - as above
        await _rest(shift, tally, turn, error)
        return
    tally.delivered.append((turn, done))
    if done.paused_until is None:
        await _recover(shift, tally, turn)
    else:
        await _pause(shift, tally, turn, done.paused_until)


async def _rest(shift: Shift, tally: Tally, turn: Turn, error: Exception) -> None:
    """Leave a part alone that failed."""
    failures = tally.failures(turn) + 1
    until = shift.rhythm.rest(error, failures, shift.run.clock(), shift.io.random())
    trouble = Trouble(group_of(error), type(error).__name__, redact(str(error)))
    await _settle(shift, tally, turn, until, failures, trouble)
    tally.problems.append(Problem(turn, error, until))


async def _pause(shift: Shift, tally: Tally, turn: Turn, until: datetime) -> None:
    """Leave a part alone because the other side asked for it."""
    await _settle(shift, tally, turn, until, 0, Trouble(PAUSED))


async def _recover(shift: Shift, tally: Tally, turn: Turn) -> None:
    """A part went well: whatever was wrong with it is over."""
    if tally.troubled(turn):
        await _settle(shift, tally, turn, shift.run.clock())


async def _settle(
    shift: Shift, tally: Tally, turn: Turn, due_at: datetime, failures: int = 0, trouble: Trouble | None = None
) -> None:
    # No longer held: a sign of life in this very transaction would take the turn back.
    shift.pulse.turns.discard(turn)
    await shift.io.transact(shift.run.store, turns.settle, shift.run.space, turn, due_at, failures, trouble)
    tally.due.append(due_at)


def _close(connection: Connection, space: str, pulse: Pulse) -> list[Backlog]:
    pulse.sign(connection, "waits")
    return backlog(connection, space)


def _figures(each: Backlog, now: datetime) -> dict[str, object]:
    oldest = 0.0 if each.oldest_at is None else (now - each.oldest_at).total_seconds()
    return {
        "box": each.box,
        "system": each.system,
        "operation": each.operation,
        "waiting": each.waiting,
        "parked": each.parked,
        "dead": each.dead,
        "oldest": oldest,
    }
