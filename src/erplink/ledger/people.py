"""Points that move between members: a transfer of some, a merge of everything. The total stays what it was."""

from __future__ import annotations

import msgspec

from erplink.errors import ConfigInvalid, InsufficientBalance
from erplink.ledger.account import Account, EntryAccount, Lot, Posting
from erplink.ledger.keys import derive_key
from erplink.ledger.moves import Occasion, apply_moves, in_consumption_order, note_uncollected, posting, repay, take


class Moved(msgspec.Struct, frozen=True):
    """Both accounts after a transfer or merge, with the posting of each; the two postings are linked by their key."""

    source: Account
    target: Account
    out: Posting
    into: Posting


def transfer(source: Account, target: Account, occasion: Occasion, points: int) -> Moved:
    """Move usable points in consumption order; each part keeps its expiry and order as a lot of its own at the target.

    Raises ``InsufficientBalance`` when fewer are usable, ``ConfigInvalid`` below 1 point.
    """
    if points < 1:
        raise ConfigInvalid(f"a transfer of {points} points", where="ledger", next_step="name at least 1 point")
    source, repaid = repay(source, occasion.at)
    usable = source.balance(occasion.at)
    if usable < points:
        raise InsufficientBalance(
            f"{points} points were to move and {max(usable, 0)} are available",
            where="ledger",
            next_step="move fewer",
        )
    moves = take(points, in_consumption_order(lot for lot in source.lots if lot.usable(occasion.at)))
    parts = dict(moves)
    arriving = tuple(
        msgspec.structs.replace(
            lot,
            id=derive_key("transfer", occasion.key, lot.id),
            opened=-parts[lot.id],
            remainder=-parts[lot.id],
            lapsed=0,
        )
        for lot in in_consumption_order(source.lots)
        if lot.id in parts
    )
    out = posting(_out(occasion), "transfer", {"member": -points, "transfer": points}, (*repaid, *moves))
    return _arrived(apply_moves(source, moves), target, occasion, arriving, out)


def merge(merged: Account, survivor: Account, occasion: Occasion) -> Moved:
    """Move everything of ``merged`` to ``survivor``: lots with id, order and expiry, debt, what was not collected."""
    points = merged.liability
    moves = tuple((lot.id, -lot.remainder) for lot in merged.lots if lot.remainder)
    short = merged.uncollected_points
    entries: dict[EntryAccount, int] = {"member": -points, "uncollected": short, "transfer": points - short}
    out = posting(_out(occasion), "transfer", entries, moves)
    survivor = msgspec.structs.replace(survivor, debt=survivor.debt + merged.debt)
    for each in merged.uncollected:
        survivor = note_uncollected(survivor, each.order, each.points)
    return _arrived(Account(), survivor, occasion, merged.lots, out)


def _out(occasion: Occasion) -> Occasion:
    return msgspec.structs.replace(occasion, key=derive_key("transfer-out", occasion.key))


def _arrived(source: Account, target: Account, occasion: Occasion, arriving: tuple[Lot, ...], out: Posting) -> Moved:
    target = msgspec.structs.replace(target, lots=(*target.lots, *arriving))
    target, repaid = repay(target, occasion.at)
    moves = tuple((lot.id, lot.remainder) for lot in arriving if lot.remainder)
    mirrored: dict[EntryAccount, int] = {account: -amount for account, amount in out.entries}
    return Moved(source, target, out, posting(occasion, "transfer", mirrored, (*moves, *repaid)))
