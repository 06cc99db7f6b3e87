"""What was awarded so far: the frozen facts of each awarded sale, and what was booked per document and sale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from erplink.loyalty.decision import Booked, BookedEntry, Frozen, Pair
from erplink.model.facts import Source
from erplink.store import tables as t
from erplink.store.people import selves
from erplink.store.upsert import chunks, insert_new, upsert


def booked(connection: sa.Connection, space: str, persons: Sequence[str], pool: str) -> dict[str, Booked]:
    """Everything a decision has to know of what was booked for each of these members.

    Points are those given or taken back, whatever became of them (debt, uncollected, lapsed): the counter-entry of
    ``issued``.
    """
    ids = selves(connection, space, persons)
    entries: dict[str, dict[Pair, BookedEntry]] = {person: {} for person in persons}
    frozen: dict[str, dict[Source, Frozen]] = {person: {} for person in persons}
    for part in chunks(sorted(ids)):
        for row in _entries(connection, space, part, pool):
            _add(entries[ids[row["person"]]], row)
        for award in _frozen(connection, space, part, pool):
            frozen[ids[award.person]][Source.parse(award.sale)] = Frozen(award.policy, award.tier, award.first)
    return {person: Booked(entries[person], frozen[person]) for person in persons}


def freeze(connection: sa.Connection, space: str, pool: str, awards: Iterable[tuple[str, Source, Frozen]]) -> None:
    """Keep the frozen facts of new awards as (person, sale, facts)."""
    rows = [
        {
            "space": space,
            "person": person,
            "pool": pool,
            "sale": str(sale),
            "policy": facts.policy,
            "tier": facts.tier,
            "first": facts.first_purchase,
        }
        for person, sale, facts in awards
    ]
    insert_new(connection, t.awards, rows)


def move(connection: sa.Connection, space: str, absorbed: str, survivor: str) -> None:
    """The awards of an absorbed person are the survivor's."""
    w = t.awards.c
    rows = connection.execute(sa.select(t.awards).where(w.space == space, w.person == absorbed)).mappings().all()
    connection.execute(sa.delete(t.awards).where(w.space == space, w.person == absorbed))
    upsert(connection, t.awards, [{**row, "person": survivor} for row in rows])


def _frozen(connection: sa.Connection, space: str, persons: Sequence[str], pool: str) -> Iterable[sa.Row[Any]]:
    w = t.awards.c
    return connection.execute(sa.select(t.awards).where(w.space == space, w.person.in_(persons), w.pool == pool))


def _entries(connection: sa.Connection, space: str, persons: Sequence[str], pool: str) -> Sequence[sa.RowMapping]:
    j, e = t.journal.c, t.postings.c
    issued = sa.and_(e.space == j.space, e.key == j.key, e.account == "issued")
    query = (
        sa.select(j.person, j.document, j.sale, e.amount, j.effective_at, j.available_at, j.expires_at)
        .select_from(t.journal.join(t.postings, issued))
        .where(j.space == space, j.person.in_(persons), j.pool == pool, j.kind.in_(("earn", "clawback")))
        .order_by(j.seq)
    )
    return connection.execute(query).mappings().all()


def _add(entries: dict[Pair, BookedEntry], row: sa.RowMapping) -> None:
    pair = Source.parse(row["document"]), Source.parse(row["sale"])
    before = entries.get(pair)
    points, revision = (before.points, before.revision) if before else (0, 0)
    entries[pair] = BookedEntry(
        points - row["amount"], revision + 1, row["effective_at"], row["available_at"], row["expires_at"]
    )
