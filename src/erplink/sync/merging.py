"""Two people turn out to be one: their lots, debt and awards become one account's, by a posting on each side."""

from __future__ import annotations

from datetime import datetime

from erplink.ledger.keys import derive_key
from erplink.ledger.moves import Occasion
from erplink.ledger.people import merge
from erplink.store import awards, books
from erplink.store.database import Connection
from erplink.store.locks import write_first


def merge_accounts(connection: Connection, space: str, absorbed: str, survivor: str, now: datetime) -> None:
    """Move everything the absorbed person has in every pool to the survivor, in this transaction.

    Lots keep their order and expiry; the totals over both stay what they were.
    """
    write_first(connection)
    for pool in books.pools_of(connection, space, absorbed):
        sheets = books.load(connection, space, (absorbed, survivor), pool)
        source, target = sheets[absorbed], sheets[survivor]
        key = derive_key(space, "merge", absorbed, survivor, pool)
        moved = merge(source.account, target.account, Occasion(key, now))
        source.post(moved.source, moved.out)
        target.post(moved.target, moved.into)
        books.save(connection, space, (source, target), now)
    books.own_lots(connection, space, absorbed, survivor)
    awards.move(connection, space, absorbed, survivor)
