"""Reading the books: balances, histories, rankings and the canonical export. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen

from erplink.store import tables as t
from erplink.store.people import selves

_STREAM = 2_000


@frozen
class Balance:
    """What one member has in one pool at an instant.

    ``points`` is usable lots less debt (it can be negative); ``pending`` lots are not usable yet; ``uncollected`` is
    what a return could not take back, in total so far.
    """

    points: int
    pending: int
    debt: int
    uncollected: int
    tier: str = ""
    metric: int = 0


@frozen
class Entry:
    """One journal entry of a member: signed ``points``, the document that caused it and the sale it concerns."""

    key: str
    kind: str
    document: str
    sale: str
    points: int
    effective_at: datetime
    expires_at: datetime | None
    booked_at: datetime
    tier: str
    policy: str
    explanation: str


@frozen
class Standing:
    """One row of a ranking."""

    person: str
    name: str = field(repr=False)
    code: str
    points: int
    earned: int
    taken_back: int
    tier: str


@frozen
class Left:
    """A part of a return that took nothing back, and why. ``amount`` is in minor units."""

    document: str
    line: int
    sku: str
    qty: str
    amount: int
    reason: str


def balance(connection: sa.Connection, space: str, person: str, pool: str, at: datetime) -> Balance:
    """A member's balance at an instant; usability is computed from the lots.

    One statement: between two, PostgreSQL would show what others commit meanwhile.
    """
    a, lot, u = t.accounts.c, t.lots.c, t.uncollected.c
    owed = sa.select(sa.func.coalesce(sa.func.sum(u.points), 0)).where(
        u.space == space, u.pool == pool, u.person == person
    )
    theirs = sa.and_(lot.space == space, lot.person == person, lot.pool == pool, lot.remainder != 0)
    query = (
        sa.select(a.debt, a.tier, a.metric, owed.scalar_subquery().label("uncollected"))
        .add_columns(lot.remainder, lot.available_at, lot.expires_at)
        .select_from(t.accounts.outerjoin(t.lots, theirs))
        .where(a.space == space, a.person == person, a.pool == pool)
    )
    rows = connection.execute(query).all()
    if not rows:
        return Balance(0, 0, 0, 0)
    live = [row for row in rows if row.remainder and (row.expires_at is None or at < row.expires_at)]
    account = rows[0]
    return Balance(
        points=sum(row.remainder for row in live if row.available_at <= at) - account.debt,
        pending=sum(row.remainder for row in live if row.available_at > at),
        debt=account.debt,
        uncollected=int(account.uncollected),
        tier=account.tier,
        metric=account.metric,
    )


def uncollected_points(connection: sa.Connection, space: str, pool: str, person: str | None = None) -> int:
    """What returns could not take back so far: of one member, or of everybody."""
    u = t.uncollected.c
    query = sa.select(sa.func.coalesce(sa.func.sum(u.points), 0)).where(u.space == space, u.pool == pool)
    return int(connection.execute(query if person is None else query.where(u.person == person)).scalar_one())


def entries(connection: sa.Connection, space: str, person: str, pool: str) -> list[Entry]:
    """A member's journal, by effective time, then in the order booked."""
    j = t.journal.c
    query = (
        sa.select(t.journal)
        .where(j.space == space, j.person.in_(selves(connection, space, [person])), j.pool == pool)
        .order_by(j.effective_at, j.seq)
    )
    return [
        Entry(
            key=row.key,
            kind=row.kind,
            document=row.document,
            sale=row.sale,
            points=row.points,
            effective_at=row.effective_at,
            expires_at=row.expires_at,
            booked_at=row.booked_at,
            tier=row.tier,
            policy=row.policy,
            explanation=row.explanation,
        )
        for row in connection.execute(query)
    ]


def top(connection: sa.Connection, space: str, pool: str, limit: int) -> list[Standing]:
    """Members by points earned net of what was taken back, highest first; ties by code.

    Redemptions do not move the ranking, so it is the same before and after gifts are handed out.
    """
    j, p, a = t.journal.c, t.parties.c, t.accounts.c
    who = _owner()
    kept = sa.func.sum(sa.case((j.kind.in_(("earn", "clawback", "grant")), j.points), else_=0))
    sums = (
        sa.select(
            who.label("owner"),
            sa.func.sum(j.points).label("points"),
            kept.label("kept"),
            sa.func.sum(sa.case((j.kind == "earn", j.points), else_=0)).label("earned"),
            sa.func.sum(sa.case((j.kind == "clawback", j.points), else_=0)).label("taken_back"),
        )
        .select_from(t.journal.outerjoin(t.people, _same_person()))
        .where(j.space == space, j.pool == pool)
        .group_by(who)
        .subquery()
    )
    code = sa.select(sa.func.min(p.code)).where(p.space == space, p.person == sums.c.owner).scalar_subquery()
    query = sa.select(sums, code.label("code")).order_by(sa.desc("kept"), sa.asc("code")).limit(limit)
    found = connection.execute(query).all()
    names = _names(connection, space, [row.owner for row in found])
    tiers = connection.execute(
        sa.select(a.person, a.tier).where(a.space == space, a.pool == pool, a.person.in_([row.owner for row in found]))
    ).all()
    tier_of = {row.person: row.tier for row in tiers}
    return [
        Standing(
            person=row.owner,
            name=names.get(row.owner, ""),
            code=row.code or "",
            points=int(row.points),
            earned=int(row.earned),
            taken_back=int(row.taken_back),
            tier=tier_of.get(row.owner, ""),
        )
        for row in found
    ]


def stream(connection: sa.Connection, space: str, pool: str) -> Iterator[tuple[datetime, str, int]]:
    """(effective time, kind, points) of every entry, in time order, without holding them all."""
    j = t.journal.c
    query = (
        sa.select(j.effective_at, j.kind, j.points)
        .where(j.space == space, j.pool == pool)
        .order_by(j.effective_at, j.seq)
    )
    for row in connection.execute(query.execution_options(yield_per=_STREAM)):
        yield row.effective_at, row.kind, row.points


def left_over(connection: sa.Connection, space: str, limit: int) -> list[Left]:
    """Return parts that took nothing back, in document order."""
    r = t.remainders.c
    query = sa.select(t.remainders).where(r.space == space).order_by(r.document, r.line, r.part).limit(limit)
    return [Left(row.document, row.line, row.sku, row.qty, row.amount, row.reason) for row in connection.execute(query)]


def left_over_sums(connection: sa.Connection, space: str) -> list[tuple[str, int, int]]:
    """(reason, lines, amount in minor units) of return parts that took nothing back."""
    r = t.remainders.c
    query = (
        sa.select(r.reason, sa.func.count(), sa.func.sum(r.amount))
        .where(r.space == space)
        .group_by(r.reason)
        .order_by(r.reason)
    )
    return [(reason, int(lines), int(amount)) for reason, lines, amount in connection.execute(query)]


def tallies(connection: sa.Connection, space: str) -> dict[str, int]:
    """How many lines or documents were left out of a decision, by reason."""
    y = t.tallies.c
    query = sa.select(y.reason, sa.func.sum(y.count)).where(y.space == space).group_by(y.reason).order_by(y.reason)
    return {reason: int(number) for reason, number in connection.execute(query)}


def doubts(connection: sa.Connection, space: str, limit: int) -> list[tuple[str, str, str]]:
    """(kind, customer code, code of the other person) of what somebody should look at."""
    c, p = t.conflicts.c, t.parties.c
    other = sa.select(sa.func.min(p.code)).where(p.space == space, p.person == c.other).correlate(t.conflicts)
    query = (
        sa.select(c.kind, c.code, sa.func.coalesce(other.scalar_subquery(), c.other).label("other"))
        .where(c.space == space)
        .order_by(c.kind, c.code, c.other)
        .limit(limit)
    )
    return [(row.kind, row.code, row.other) for row in connection.execute(query)]


def export(connection: sa.Connection, space: str) -> Iterator[str]:
    """The ledger in canonical form, sorted lines; equal text means equal ledger.

    Fields: strongest external id (unionid, else the first customer code), pool, document, kind, sale, points, effective
    time, expiry, tab-separated. No surrogate ids and no booking times. Entries that a restart booked in two parts read
    the same, because parts of one kind and document are added up.
    """
    j, who = t.journal.c, _owner()
    names = {row.person: row.name for row in connection.execute(_strongest(space))}
    same = (who, j.pool, j.document, j.kind, j.sale, j.effective_at, j.expires_at)
    query = (
        sa.select(*same, sa.func.sum(j.points))
        .select_from(t.journal.outerjoin(t.people, _same_person()))
        .where(j.space == space)
        .group_by(*same)
    )
    lines = [
        (names.get(owner, ""), pool, document, kind, sale, str(points), effective.isoformat(), _expiry(expires))
        for owner, pool, document, kind, sale, effective, expires, points in connection.execute(query)
        if points
    ]
    for line in sorted(lines):
        yield "\t".join(line)


def _expiry(expires_at: datetime | None) -> str:
    return "never" if expires_at is None else expires_at.isoformat()


def _owner() -> sa.ColumnElement[str]:
    """Whose an entry is today: journal rows are never rewritten when two people turn out to be one."""
    return sa.func.coalesce(t.people.c.merged_into, t.journal.c.person)


def _same_person() -> sa.ColumnElement[bool]:
    return sa.and_(t.people.c.space == t.journal.c.space, t.people.c.person == t.journal.c.person)


def _strongest(space: str) -> sa.Select[Any, Any]:
    i = t.identifiers.c
    unionid = sa.func.min(sa.case((i.kind == "unionid", "unionid:" + i.value)))
    code = sa.func.min(sa.case((i.kind.like("erp:%"), i.kind + ":" + i.value)))
    return sa.select(i.person, sa.func.coalesce(unionid, code).label("name")).where(i.space == space).group_by(i.person)


def _names(connection: sa.Connection, space: str, persons: list[str]) -> dict[str, str]:
    p = t.people.c
    query = sa.select(p.person, p.name).where(p.space == space, p.person.in_(persons))
    return {row.person: row.name for row in connection.execute(query)}
