"""How points move between lots: the steps that every operation on an account is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from erplink.ledger.account import Account, EntryAccount, Lot, Posting, PostingKind, Uncollected, consumption_order
from erplink.model.facts import Source

Moves = tuple[tuple[str, int], ...]
"""(lot id, change of remainder), in the order in which they happened."""


class Occasion(msgspec.Struct, frozen=True):
    """Why and when an operation happens: its key, the document behind it, the sale it concerns, its effective time."""

    key: str
    at: datetime
    document: Source | None = None
    sale: Source | None = None


def in_consumption_order(lots: Iterable[Lot]) -> list[Lot]:
    """Lots as they are taken."""
    return sorted(lots, key=consumption_order)


def take(points: int, lots: Iterable[Lot]) -> Moves:
    """Take up to ``points`` from ``lots`` in the order given.

    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> take(5, [Lot("a", None, 3, 3, at), Lot("b", None, 9, 9, at)])
    (('a', -3), ('b', -2))
    """
    moves: list[tuple[str, int]] = []
    for lot in lots:
        part = min(points, lot.remainder)
        if part > 0:
            moves.append((lot.id, -part))
            points -= part
    return tuple(moves)


def taken(moves: Moves) -> int:
    """How many points ``moves`` took out of lots."""
    return -sum(change for _, change in moves)


def apply_moves(account: Account, moves: Moves) -> Account:
    """The account after its lots changed."""
    if not moves:
        return account
    changes: dict[str, int] = {}
    for lot_id, change in moves:
        changes[lot_id] = changes.get(lot_id, 0) + change
    lots = tuple(
        msgspec.structs.replace(lot, remainder=lot.remainder + changes[lot.id]) if lot.id in changes else lot
        for lot in account.lots
    )
    return msgspec.structs.replace(account, lots=lots)


def repay(account: Account, now: datetime) -> tuple[Account, Moves]:
    """Let lots that have become available repay debt; the liability stays what it is.

    A lot that was available before it expired counts, however late this is called.
    """
    if account.debt == 0:
        return account, ()
    ripe = [lot for lot in account.lots if lot.available_at <= now and not lot.expired(lot.available_at)]
    moves = take(account.debt, in_consumption_order(ripe))
    repaid = apply_moves(account, moves)
    return msgspec.structs.replace(repaid, debt=account.debt - taken(moves)), moves


def note_uncollected(account: Account, order: Source | None, change: int) -> Account:
    """The account with ``change`` more (or less) uncollected points of ``order``."""
    if change == 0:
        return account
    amounts: dict[Source | None, int] = {each.order: each.points for each in account.uncollected}
    amounts[order] = amounts.get(order, 0) + change
    kept = tuple(Uncollected(each, points) for each, points in amounts.items() if points)
    return msgspec.structs.replace(account, uncollected=kept)


def posting(
    occasion: Occasion,
    kind: PostingKind,
    entries: Mapping[EntryAccount, int],
    moves: Moves = (),
    opened: Lot | None = None,
) -> Posting:
    """A posting of ``entries`` (zero ones left out); the member's entry is its ``points``."""
    return Posting(
        key=occasion.key,
        kind=kind,
        document=occasion.document,
        sale=occasion.sale,
        effective_at=occasion.at,
        points=entries.get("member", 0),
        entries=tuple((account, amount) for account, amount in entries.items() if amount),
        lot_moves=moves,
        opened=opened,
    )
