"""What was awarded so far: the frozen facts of each awarded sale, and what was booked per document and sale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from erplink.loyalty.decision import Booked, BookedEntry, Frozen, Pair
from erplink.model.facts import Source
from erplink.store import tables as t
from erplink.store.people import selves
from erplink.store.upsert import insert_new, upsert


def booked(connection: sa.Connection, space: str, person: str, pool: str) -> Booked:
    """Everything a decision has to know of what was booked for a member.

    Points are those given or taken back, whatever became of them (debt, uncollected, lapsed): the counter-entry of
    ``issued``.
    """
    return Booked(_entries(connection, space, person, pool), _frozen(connection, space, person, pool))


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


def _frozen(connection: sa.Connection, space: str, person: str, pool: str) -> dict[Source, Frozen]:
    w = t.awards.c
    query = sa.select(w.sale, w.policy, w.tier, w.first).where(w.space == space, w.person == person, w.pool == pool)
    return {Source.parse(row.sale): Frozen(row.policy, row.tier, row.first) for row in connection.execute(query)}


def _entries(connection: sa.Connection, space: str, person: str, pool: str) -> Mapping[Pair, BookedEntry]:
    j, e = t.journal.c, t.postings.c
    issued = sa.and_(e.space == j.space, e.key == j.key, e.account == "issued")
    query = (
        sa.select(j.document, j.sale, e.amount, j.effective_at, j.available_at, j.expires_at)
        .select_from(t.journal.join(t.postings, issued))
        .where(j.space == space, j.person.in_(selves(connection, space, person)), j.pool == pool)
        .where(j.kind.in_(("earn", "clawback")))
        .order_by(j.seq)
    )
    entries: dict[Pair, BookedEntry] = {}
    for row in connection.execute(query):
        pair = Source.parse(row.document), Source.parse(row.sale)
        before = entries.get(pair)
        points, revision = (before.points, before.revision) if before else (0, 0)
        entries[pair] = BookedEntry(
            points - row.amount, revision + 1, row.effective_at, row.available_at, row.expires_at
        )
    return entries
