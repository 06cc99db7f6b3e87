"""Who waits for a decision, and what the last decision left over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVarTuple

import sqlalchemy as sa

from erplink.loyalty.matching import Unmatched
from erplink.store import tables as t
from erplink.store.documents import NOBODY
from erplink.store.people import adopt, alone_with_people
from erplink.store.upsert import insert_all, picked

Ts = TypeVarTuple("Ts")


def adopt_strangers(connection: sa.Connection, space: str, behind: Collection[str], limit: int) -> int:
    """Give a person to waiting customer codes that no customer record has introduced; returns how many.

    Codes of systems that are ``behind`` wait: their customer record may still come.
    """
    alone_with_people(connection, space)
    p = t.parties.c
    query = sa.select(p.system, p.code).where(p.space == space, p.pending, p.person.is_(None))
    query = query.where(p.system.not_in(behind)).limit(limit) if behind else query.limit(limit)
    rows = connection.execute(query).all()
    for row in rows:
        adopt(connection, space, row.system, row.code)
    return len(rows)


def claim(connection: sa.Connection, space: str, behind: Collection[str], limit: int) -> list[str]:
    """The next people who wait, in id order, nobody else's until this transaction ends; they wait no longer then.

    Who has a customer code in a system that is ``behind`` goes on waiting: what counts first is not all there yet.
    On PostgreSQL, people whom another transaction has in hand are left out, and a customer code to which another one
    is just bringing a document still waits afterwards. Nothing here waits for anybody.
    """
    p, who, code = t.parties.c, t.people.c, t.parties.alias("code").c
    first = sa.select(p.person).where(p.space == space, p.pending, p.person != NOBODY)
    if behind:
        held = t.parties.alias("held").c
        first = first.where(~sa.exists().where(held.space == space, held.person == p.person, held.system.in_(behind)))
    first = first.order_by(p.person).limit(limit)
    free = sa.select(who.person).where(who.space == space, picked(connection.dialect.name, who.person, _locked(first)))
    codes = sa.select(code.system, code.code).where(
        code.space == space, code.pending, picked(connection.dialect.name, code.person, _locked(free))
    )
    statement = (
        sa.update(t.parties)
        .where(p.space == space, sa.tuple_(p.system, p.code).in_(_locked(codes)))
        .values(pending=False)
        .returning(p.person)
    )
    return sorted(set(connection.execute(statement).scalars()))


def count(connection: sa.Connection, space: str) -> int:
    """How many people wait."""
    p = t.parties.c
    query = sa.select(sa.func.count(p.person.distinct())).where(p.space == space, p.pending, p.person != NOBODY)
    return int(connection.execute(query).scalar_one())


def anybody(connection: sa.Connection, space: str) -> bool:
    """Whether a decision has anything to look at: people, strangers, or walk-in customers."""
    p = t.parties.c
    return bool(connection.execute(sa.select(sa.exists().where(p.space == space, p.pending))).scalar_one())


def nobody(connection: sa.Connection, space: str) -> bool:
    """Whether a document of a walk-in customer is new; they wait no longer, and are ours until the transaction ends."""
    p = t.parties.c
    mine = sa.and_(p.space == space, p.person == NOBODY, p.pending)
    return connection.execute(sa.update(t.parties).where(mine).values(pending=False)).rowcount > 0


def leave_over(
    connection: sa.Connection,
    space: str,
    rests: Mapping[str, Sequence[Unmatched]],
    tallies: Mapping[str, Mapping[str, int]],
) -> None:
    """Replace what earlier decisions about these people left over."""
    for table in (t.remainders, t.tallies):
        connection.execute(sa.delete(table).where(table.c.space == space, table.c.person.in_([*rests, *tallies])))
    insert_all(connection, t.remainders, [row for person, rest in rests.items() for row in _rows(space, person, rest)])
    insert_all(
        connection,
        t.tallies,
        [
            {"space": space, "person": person, "reason": reason, "count": number}
            for person, counts in tallies.items()
            for reason, number in counts.items()
            if number
        ],
    )


def _rows(space: str, person: str, rest: Sequence[Unmatched]) -> Iterable[dict[str, object]]:
    for part, each in enumerate(rest):
        yield {
            "space": space,
            "person": person,
            "document": str(each.document),
            "line": each.line,
            "part": part,
            "sku": each.sku,
            "qty": str(each.qty),
            "amount": each.amount,
            "reason": each.reason,
        }


def _locked(query: sa.Select[*Ts]) -> sa.Select[*Ts]:
    """The rows of a query that nobody else has locked, locked now; on SQLite a transaction is alone."""
    return query.with_for_update(skip_locked=True, key_share=True)
