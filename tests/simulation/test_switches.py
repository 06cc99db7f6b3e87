"""The net has no hole: with any one mechanism switched off, the simulator finds it within a thousand seeds."""

# ruff: noqa: ANN401 - stands in for functions of any shape
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import evolve

from erplink.store import books, cursors, inbox, queue
from erplink.store import tables as t
from erplink.store.cursors import Cursor, Feed, Span
from erplink.store.queue import Message, Settled
from erplink.sync import engine, pull, push, redeem, worker
from erplink.testing.simulate.trial import run_seed
from erplink.wire.adapter import Page

pytestmark = pytest.mark.simulation

SEEDS = 1_000
Patch = pytest.MonkeyPatch


def no_probe(patch: Patch) -> None:
    """What may be there already is made again without a look."""

    async def never(*_: object) -> bool:
        return False

    patch.setattr(push, "_is_there", never)


def no_inbox_uniqueness(patch: Patch) -> None:
    """A message that comes twice is kept twice."""
    numbers, accept = count(), inbox.accept

    def accept_all(connection: Any, space: str, messages: Sequence[Message], now: datetime) -> Any:
        return accept(connection, space, [evolve(each, key=f"{each.key}#{next(numbers)}") for each in messages], now)

    patch.setattr(inbox, "accept", accept_all)


def no_lease_token(patch: Patch) -> None:
    """Whoever comes late settles all the same."""

    def settle_alike(connection: Any, table: sa.Table, ends: list[Settled], now: datetime) -> set[int]:
        c, first = table.c, ends[0]
        values = {
            "state": first.state,
            "outcome": first.outcome,
            "sent": first.sent,
            "due_at": first.due_at,
            "waits_for": first.waits_for,
            "lease": None,
            "leased_until": None,
            "done_at": now if first.state in ("done", "refused", "dead") else None,
        }
        held = sa.update(table).where(c.seq.in_([end.claimed.seq for end in ends])).values(values)
        return set(connection.execute(held.returning(c.seq)).scalars())

    patch.setattr(queue, "_settle_alike", settle_alike)


def no_checkpoint_with_effect(patch: Patch) -> None:
    """The cursor moves in a transaction of its own, before the page is kept."""
    real_keep = pull.keep

    def advance(connection: Any, feed: pull.Feed, cursor: Cursor, page: Page) -> None:
        cursors.advance(connection, feed.cursor, cursor, page.token)

    def watched(io: Any, run: Any) -> Any:
        class Io:
            def __getattr__(self, name: str) -> Any:
                return getattr(io, name)

            async def transact(self, db: Any, fn: Any, *args: Any, **named: Any) -> Any:
                if fn is real_keep:
                    await io.transact(db, advance, *args[:3])
                return await io.transact(db, fn, *args, **named)

        return Io()

    real_pull = pull.pull

    async def pulled(io: Any, run: Any, adapter: Any, feed: Any) -> Any:
        return await real_pull(watched(io, run), run, adapter, feed)

    for module in (engine, worker):
        patch.setattr(module, "pull", pulled)


def no_overlap(patch: Patch) -> None:
    """A window begins where the last one ended."""
    opened = cursors.open_window

    def open_window(connection: Any, feed: Feed, now: datetime, span: Span) -> Cursor:
        return opened(connection, feed, now, Span(timedelta(0), span.lag))

    patch.setattr(cursors, "open_window", open_window)


def no_subject_lock(patch: Patch) -> None:
    """An account is read before anything is written."""

    def unlocked(connection: Any, space: str, persons: Sequence[str], pool: str) -> dict[str, Any]:
        a = t.accounts.c
        query = sa.select(t.accounts).where(a.space == space, a.pool == pool, a.person.in_(persons))
        rows = {row.person: row for row in connection.execute(query)}
        nobody = {"debt": 0, "entries": 0, "tier": "", "metric": 0}
        return {person: rows.get(person) or SimpleNamespace(person=person, **nobody) for person in persons}

    patch.setattr(books, "_locked", unlocked)
    patch.setattr(redeem, "write_first", lambda *_: None)


def no_derived_keys(patch: Patch) -> None:
    """A key is made up anew each time."""
    numbers = count()
    patch.setattr(redeem, "derive_key", lambda *_: f"{next(numbers):032x}")


def no_echo_suppression(patch: Patch) -> None:
    """What comes back of our own writes is news."""
    patch.setattr(pull, "hear", lambda *_: frozenset())


SWITCHES: tuple[Callable[[Patch], None], ...] = (
    no_probe,
    no_inbox_uniqueness,
    no_lease_token,
    no_checkpoint_with_effect,
    no_overlap,
    no_subject_lock,
    no_derived_keys,
    no_echo_suppression,
)


@pytest.mark.parametrize("switch_off", SWITCHES, ids=lambda switch: switch.__name__)
def test_a_mechanism_that_is_switched_off_is_missed_within_a_thousand_seeds(
    switch_off: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    switch_off(monkeypatch)
    found = next(((seed, trial.broken) for seed in range(SEEDS) if (trial := run_seed(seed)).broken), None)
    assert found is not None
    print(f"{switch_off.__name__}: seed {found[0]}: {found[1]}")
