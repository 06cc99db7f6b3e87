"""The books: accounts with their lots, and the journal with its double entry. Written in one piece per transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import define, field

from erplink.ledger.account import Account, Lot, Posting, Uncollected
from erplink.ledger.moves import Moves
from erplink.model.facts import Source
from erplink.store import tables as t
from erplink.store.upsert import chunks, upsert

SHAPE = 1
"""Number of the journal's row shape; readers of later shapes translate older rows, rows are never rewritten."""


@define
class Sheet:
    """One member's account in one pool while a transaction works on it: as loaded, as it is now, and what was posted."""

    person: str
    pool: str
    before: Account
    account: Account
    entries: int
    tier: str = ""
    metric: int = 0
    posted: list[tuple[Posting, dict[str, Any]]] = field(factory=list)

    def post(self, after: Account, posting: Posting, **notes: Any) -> None:
        """Take over the account after a posting; ``notes`` are journal columns (policy, tier, explanation)."""
        self.account = after
        self.posted.append((posting, notes))


def load(connection: sa.Connection, space: str, person: str, pool: str, lots: Sequence[str] = ()) -> Sheet:
    """One member's account, locked for this transaction by writing to its row first.

    Lots that are spent and will not be heard of again are left out, unless ``lots`` names them.
    """
    a = t.accounts.c
    zero = {"space": space, "person": person, "pool": pool, "debt": 0, "tier": "", "metric": 0, "entries": 0}
    locked = connection.execute(
        sa.update(t.accounts).where(a.space == space, a.person == person, a.pool == pool).values(entries=a.entries)
    )
    if locked.rowcount == 0:
        connection.execute(sa.insert(t.accounts).values(zero))
    row = connection.execute(sa.select(t.accounts).where(a.space == space, a.person == person, a.pool == pool)).one()
    account = Account(
        _lots(connection, space, person, pool, lots), row.debt, _uncollected(connection, space, person, pool)
    )
    return Sheet(person, pool, account, account, row.entries, row.tier, row.metric)


def save(connection: sa.Connection, space: str, sheets: Sequence[Sheet], now: datetime) -> int:
    """Write what was posted: journal, double entry, lots, accounts. Returns the number of journal entries."""
    journal, entries, moves = [], [], []
    for sheet in sheets:
        for posting, notes in sheet.posted:
            journal.append(_journal_row(space, sheet, posting, notes, now))
            entries += [
                {"space": space, "key": posting.key, "account": account, "amount": amount}
                for account, amount in posting.entries
            ]
            moves += [
                {"space": space, "key": posting.key, "n": n, "lot": lot, "change": change}
                for n, (lot, change) in enumerate(posting.lot_moves)
            ]
    for table, rows in ((t.journal, journal), (t.postings, entries), (t.lot_moves, moves)):
        if rows:
            connection.execute(sa.insert(table), rows)
    upsert(connection, t.lots, [row for sheet in sheets for row in _changed_lots(space, sheet)])
    _save_uncollected(connection, space, sheets)
    upsert(connection, t.accounts, [_account_row(space, sheet) for sheet in sheets])
    return len(journal)


def moves_of(connection: sa.Connection, space: str, key: str) -> Moves:
    """The lot moves of one posting, in the order in which they happened."""
    m = t.lot_moves.c
    query = sa.select(m.lot, m.change).where(m.space == space, m.key == key).order_by(m.n)
    return tuple((row.lot, row.change) for row in connection.execute(query))


def journal_entry(connection: sa.Connection, space: str, key: str) -> sa.Row[Any] | None:
    """One journal row by its key."""
    j = t.journal.c
    return connection.execute(sa.select(t.journal).where(j.space == space, j.key == key)).one_or_none()


def _lots(connection: sa.Connection, space: str, person: str, pool: str, named: Sequence[str]) -> tuple[Lot, ...]:
    c = t.lots.c
    alive = sa.or_(c.remainder != 0, c.lapsed != 0)
    mine = sa.and_(c.space == space, c.person == person, c.pool == pool)
    rows = {row.lot: row for row in connection.execute(sa.select(t.lots).where(mine, alive))}
    for part in chunks(named):
        rows.update({row.lot: row for row in connection.execute(sa.select(t.lots).where(mine, c.lot.in_(part)))})
    return tuple(
        Lot(
            id=row.lot,
            order=Source.parse(row.sale) if row.sale else None,
            opened=row.opened,
            remainder=row.remainder,
            available_at=row.available_at,
            expires_at=row.expires_at,
            lapsed=row.lapsed,
        )
        for row in rows.values()
    )


def _uncollected(connection: sa.Connection, space: str, person: str, pool: str) -> tuple[Uncollected, ...]:
    u = t.uncollected.c
    query = sa.select(u.sale, u.points).where(u.space == space, u.person == person, u.pool == pool, u.points != 0)
    return tuple(
        Uncollected(Source.parse(row.sale) if row.sale else None, row.points) for row in connection.execute(query)
    )


def _changed_lots(space: str, sheet: Sheet) -> list[dict[str, Any]]:
    old = {lot.id: lot for lot in sheet.before.lots}
    return [
        {
            "space": space,
            "lot": lot.id,
            "person": sheet.person,
            "pool": sheet.pool,
            "sale": str(lot.order) if lot.order else "",
            "opened": lot.opened,
            "remainder": lot.remainder,
            "lapsed": lot.lapsed,
            "available_at": lot.available_at,
            "expires_at": lot.expires_at,
        }
        for lot in sheet.account.lots
        if old.get(lot.id) != lot
    ]


def _save_uncollected(connection: sa.Connection, space: str, sheets: Sequence[Sheet]) -> None:
    rows = []
    for sheet in sheets:
        old = {each.order: each.points for each in sheet.before.uncollected}
        new = {each.order: each.points for each in sheet.account.uncollected}
        rows += [
            {
                "space": space,
                "person": sheet.person,
                "pool": sheet.pool,
                "sale": str(order) if order else "",
                "points": new.get(order, 0),
            }
            for order in {**old, **new}
            if old.get(order, 0) != new.get(order, 0)
        ]
    upsert(connection, t.uncollected, rows)


def _account_row(space: str, sheet: Sheet) -> dict[str, Any]:
    return {
        "space": space,
        "person": sheet.person,
        "pool": sheet.pool,
        "debt": sheet.account.debt,
        "tier": sheet.tier,
        "metric": sheet.metric,
        "entries": sheet.entries + len(sheet.posted),
    }


def _journal_row(space: str, sheet: Sheet, posting: Posting, notes: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "space": space,
        "key": posting.key,
        "shape": SHAPE,
        "person": sheet.person,
        "pool": sheet.pool,
        "kind": posting.kind,
        "document": str(posting.document) if posting.document else "",
        "sale": str(posting.sale) if posting.sale else "",
        "points": posting.points,
        "effective_at": posting.effective_at,
        "available_at": posting.opened.available_at if posting.opened else posting.effective_at,
        "expires_at": posting.opened.expires_at if posting.opened else None,
        "booked_at": now,
        "policy": notes.get("policy", ""),
        "tier": notes.get("tier", ""),
        "explanation": notes.get("explanation", ""),
    }
