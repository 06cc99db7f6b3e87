"""The books: accounts with their lots, and the journal with its double entry. Written in one piece per transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import define, field, frozen

from erplink.ledger.account import Account, Lot, Posting, Uncollected
from erplink.ledger.moves import Moves
from erplink.model.facts import Source
from erplink.store import tables as t
from erplink.store.upsert import chunks, insert_all, insert_new, upsert

SHAPE = 1
"""Number of the journal's row shape; readers of later shapes translate older rows, rows are never rewritten."""


@frozen
class Note:
    """What the journal keeps beside a posting: the policy's hash, the tier, the explanation as JSON or a sentence."""

    policy: str = ""
    tier: str = ""
    explanation: str = ""


@define
class Sheet:
    """One member's account in one pool while a transaction works on it: as loaded, as it is now, what was posted."""

    person: str
    pool: str
    before: Account
    account: Account
    entries: int
    tier: str = ""
    metric: int = 0
    posted: list[tuple[Posting, Note]] = field(factory=list)

    def post(self, after: Account, posting: Posting, note: Note | None = None) -> None:
        """Take over the account after a posting."""
        self.account = after
        self.posted.append((posting, note or Note()))


def load(
    connection: sa.Connection, space: str, persons: Sequence[str], pool: str, lots: Sequence[str] = ()
) -> dict[str, Sheet]:
    """The accounts of these members, locked for this transaction in id order.

    Lots that are spent and will not be heard of again are left out, unless ``lots`` names them.
    """
    rows: dict[str, Any] = {}
    for part in chunks(sorted(persons)):
        rows.update(_locked(connection, space, part, pool))
    return _sheets(connection, space, rows, pool, lots)


def look(connection: sa.Connection, space: str, persons: Sequence[str], pool: str) -> dict[str, Sheet]:
    """The accounts of those members who have one, as they are; for reading only."""
    a = t.accounts.c
    rows: dict[str, Any] = {}
    for part in chunks(sorted(persons)):
        query = sa.select(t.accounts).where(a.space == space, a.pool == pool, a.person.in_(part))
        rows.update({row.person: row for row in connection.execute(query)})
    return _sheets(connection, space, rows, pool, ())


def _sheets(
    connection: sa.Connection, space: str, rows: Mapping[str, Any], pool: str, lots: Sequence[str]
) -> dict[str, Sheet]:
    held: dict[str, list[Lot]] = {person: [] for person in rows}
    owed: dict[str, list[Uncollected]] = {person: [] for person in rows}
    for part in chunks(sorted(rows)):
        for row in _lots(connection, space, part, pool, lots):
            held[row.person].append(_lot(row))
        for row in _uncollected(connection, space, part, pool):
            owed[row.person].append(Uncollected(Source.parse(row.sale) if row.sale else None, row.points))
    sheets = {}
    for person, row in rows.items():
        account = Account(tuple(held[person]), row.debt, tuple(owed[person]))
        sheets[person] = Sheet(person, pool, account, account, row.entries, row.tier, row.metric)
    return sheets


def save(connection: sa.Connection, space: str, sheets: Sequence[Sheet], now: datetime) -> int:
    """Write what was posted: journal, double entry, lots, accounts. Returns the number of journal entries."""
    journal, entries, moves = [], [], []
    for sheet in sheets:
        for posting, note in sheet.posted:
            journal.append(_journal_row(space, sheet, posting, note, now))
            entries += [
                {"space": space, "key": posting.key, "account": account, "amount": amount}
                for account, amount in posting.entries
            ]
            moves += [
                {"space": space, "key": posting.key, "n": n, "lot": lot, "change": change}
                for n, (lot, change) in enumerate(posting.lot_moves)
            ]
    for table, rows in ((t.journal, journal), (t.postings, entries), (t.lot_moves, moves)):
        insert_all(connection, table, rows)
    upsert(connection, t.lots, [row for sheet in sheets for row in _changed_lots(space, sheet)])
    _save_uncollected(connection, space, sheets)
    upsert(connection, t.accounts, [_account_row(space, sheet) for sheet in sheets])
    return len(journal)


def moves_of(connection: sa.Connection, space: str, key: str) -> Moves:
    """The lot moves of one posting, in the order in which they happened."""
    m = t.lot_moves.c
    query = sa.select(m.lot, m.change).where(m.space == space, m.key == key).order_by(m.n)
    return tuple((row.lot, row.change) for row in connection.execute(query))


Entry = sa.Row[Any]
"""One journal row."""


def journal_entry(connection: sa.Connection, space: str, key: str) -> Entry | None:
    """One journal row by its key."""
    j = t.journal.c
    return connection.execute(sa.select(t.journal).where(j.space == space, j.key == key)).one_or_none()


def _locked(connection: sa.Connection, space: str, persons: Sequence[str], pool: str) -> dict[str, sa.Row[Any]]:
    a = t.accounts.c
    zero = {"space": space, "pool": pool, "debt": 0, "tier": "", "metric": 0, "entries": 0}
    insert_new(connection, t.accounts, [{**zero, "person": person} for person in persons])
    # On SQLite the whole transaction is locked; elsewhere whoever locks several does so in the same order.
    query = sa.select(t.accounts).where(a.space == space, a.pool == pool, a.person.in_(persons)).with_for_update()
    return {row.person: row for row in connection.execute(query.order_by(a.person))}


def _lots(
    connection: sa.Connection, space: str, persons: Sequence[str], pool: str, named: Sequence[str]
) -> list[sa.Row[Any]]:
    c = t.lots.c
    heard = (
        sa.or_(c.remainder != 0, c.lapsed != 0, c.lot.in_(named)) if named else sa.or_(c.remainder != 0, c.lapsed != 0)
    )
    query = sa.select(t.lots).where(c.space == space, c.person.in_(persons), c.pool == pool, heard)
    # Sorted here: asked to sort by its key, SQLite would read every lot of the space.
    return sorted(connection.execute(query), key=lambda row: str(row.lot))


def _uncollected(connection: sa.Connection, space: str, persons: Sequence[str], pool: str) -> list[sa.Row[Any]]:
    u = t.uncollected.c
    query = sa.select(t.uncollected).where(u.space == space, u.person.in_(persons), u.pool == pool, u.points != 0)
    return list(connection.execute(query.order_by(u.sale)))


def _lot(row: sa.Row[Any]) -> Lot:
    return Lot(
        id=row.lot,
        order=Source.parse(row.sale) if row.sale else None,
        opened=row.opened,
        remainder=row.remainder,
        available_at=row.available_at,
        expires_at=row.expires_at,
        lapsed=row.lapsed,
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


def _journal_row(space: str, sheet: Sheet, posting: Posting, note: Note, now: datetime) -> dict[str, Any]:
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
        "policy": note.policy,
        "tier": note.tier,
        "explanation": note.explanation,
    }


def pools_of(connection: sa.Connection, space: str, person: str) -> list[str]:
    """The pools in which a member has an account."""
    a = t.accounts.c
    return list(connection.execute(sa.select(a.pool).where(a.space == space, a.person == person)).scalars())


def own_lots(connection: sa.Connection, space: str, absorbed: str, survivor: str) -> None:
    """Every lot of the absorbed member, spent ones too, is the survivor's."""
    c = t.lots.c
    connection.execute(sa.update(t.lots).where(c.space == space, c.person == absorbed).values(person=survivor))
