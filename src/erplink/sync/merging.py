"""Two people turn out to be one: their lots, debt and awards become one account's, by a posting on each side."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from erplink.ledger.keys import derive_key
from erplink.ledger.moves import Occasion
from erplink.ledger.people import merge
from erplink.store import awards, books
from erplink.store import tables as t


def merge_accounts(connection: sa.Connection, space: str, absorbed: str, survivor: str, now: datetime) -> None:
    """Move everything the absorbed person has in every pool to the survivor, in this transaction.

    Lots keep their order and expiry; the totals over both stay what they were.
    """
    a = t.accounts.c
    pools = connection.execute(sa.select(a.pool).where(a.space == space, a.person == absorbed)).scalars().all()
    for pool in pools:
        first, second = sorted((absorbed, survivor))
        sheets = {person: books.load(connection, space, person, pool) for person in (first, second)}
        source, target = sheets[absorbed], sheets[survivor]
        key = derive_key(space, "merge", absorbed, survivor, pool)
        moved = merge(source.account, target.account, Occasion(key, now))
        _own(connection, space, absorbed, survivor, pool)
        source.post(moved.source, moved.out)
        target.post(moved.target, moved.into)
        books.save(connection, space, (source, target), now)
    awards.move(connection, space, absorbed, survivor)


def _own(connection: sa.Connection, space: str, absorbed: str, survivor: str, pool: str) -> None:
    c = t.lots.c
    connection.execute(
        sa.update(t.lots).where(c.space == space, c.person == absorbed, c.pool == pool).values(person=survivor)
    )
