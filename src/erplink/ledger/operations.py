"""What can be done with an account: credit, collect, spend, restore, expire. Each returns account and posting.

Instants are passed in (``Occasion.at``). Book ``expire`` up to an operation's instant before the operation itself, so
that lapsed points are counted as such; usability does not depend on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from erplink.errors import ConfigInvalid, InsufficientBalance
from erplink.ledger.account import Account, EntryAccount, Lot, Posting, consumption_order
from erplink.ledger.keys import derive_key
from erplink.ledger.moves import (
    Moves,
    Occasion,
    apply_moves,
    in_consumption_order,
    note_uncollected,
    posting,
    repay,
    take,
    taken,
)

Collect = Literal["unlimited", "within_balance", "only_pending"]
"""How far a take-back reaches: into debt, to zero, or only this order's pending lots."""


def credit(
    account: Account,
    occasion: Occasion,
    points: int,
    *,
    available_at: datetime,
    expires_at: datetime | None = None,
    kind: Literal["earn", "grant"] = "earn",
) -> tuple[Account, Posting]:
    """Give points: what is uncollected of the same sale is settled first, debt is repaid next, the rest opens a lot.

    The lot's id is the occasion's key. A credit that is not available yet opens a pending lot, which repays debt once
    it is. Raises ``ConfigInvalid`` when ``points`` is below 1.

    >>> from datetime import UTC
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> account, booked = credit(Account(debt=30), Occasion("k1", at), 100, available_at=at)
    >>> account.balance(at), booked.opened.opened, booked.entries
    (70, 70, (('member', 100), ('issued', -100)))
    """
    _at_least_one(points, "credit")
    missing = 0
    if occasion.sale is not None:
        missing = sum(each.points for each in account.uncollected if each.order == occasion.sale)
    settled = min(points, missing)
    account = note_uncollected(account, occasion.sale, -settled)
    given = points - settled
    repaid = min(given, account.debt) if available_at <= occasion.at else 0
    opened = None
    if given > repaid:
        opened = Lot(occasion.key, occasion.sale, given - repaid, given - repaid, available_at, expires_at)
    lots = account.lots if opened is None else (*account.lots, opened)
    entries: dict[EntryAccount, int] = {"member": given, "uncollected": settled, "issued": -points}
    moves: Moves = () if opened is None else ((opened.id, opened.opened),)
    after = msgspec.structs.replace(account, lots=lots, debt=account.debt - repaid)
    return after, posting(occasion, kind, entries, moves, opened)


def collect(
    account: Account, occasion: Occasion, points: int, policy: Collect = "unlimited"
) -> tuple[Account, Posting]:
    """Take back points of ``occasion.sale``, in this order.

    Points of this sale that have lapsed count as collected; then this sale's pending lots, its available remainder,
    other available lots in consumption order; the rest becomes debt (``unlimited``) or is recorded as uncollected.
    ``only_pending`` stops after this sale's pending lots. Never refused. Raises ``ConfigInvalid`` below 1 point.
    """
    _at_least_one(points, "take-back")
    account, lapsed = _count_lapsed(account, occasion, points)
    wanted = points - lapsed
    moves = take(wanted, _sources_of(account, occasion, policy))
    account = apply_moves(account, moves)
    short = wanted - taken(moves)
    owed = short if policy == "unlimited" else 0
    account = msgspec.structs.replace(account, debt=account.debt + owed)
    account = note_uncollected(account, occasion.sale, short - owed)
    entries: dict[EntryAccount, int] = {
        "member": -(taken(moves) + owed),
        "expired": -lapsed,
        "uncollected": -(short - owed),
        "issued": points,
    }
    return account, posting(occasion, "clawback", entries, moves)


def spend(account: Account, occasion: Occasion, points: int) -> tuple[Account, Posting]:
    """Redeem points from usable lots in consumption order, all or nothing.

    Raises ``InsufficientBalance`` when fewer are usable (debt is repaid first), ``ConfigInvalid`` below 1 point.
    """
    _at_least_one(points, "redemption")
    account, repaid = repay(account, occasion.at)
    usable = account.balance(occasion.at)
    if usable < points:
        raise InsufficientBalance(
            f"{points} points were asked for and {max(usable, 0)} are available",
            where="ledger",
            next_step="ask for fewer, or wait until pending points become available",
        )
    moves = take(points, in_consumption_order(lot for lot in account.lots if lot.usable(occasion.at)))
    entries: dict[EntryAccount, int] = {"member": -points, "redeemed": points}
    return apply_moves(account, moves), posting(occasion, "spend", entries, (*repaid, *moves))


def restore(account: Account, occasion: Occasion, points: int, spent: Moves) -> tuple[Account, Posting]:
    """Give spent points back to the lots they came from, last consumed first, with their original expiry.

    ``spent`` are the moves of the spending (negative changes, less what was restored already). What comes back to a lot
    that has expired meanwhile expires at once. Raises ``ConfigInvalid`` when more is asked for than was spent.
    """
    _at_least_one(points, "restoration")
    if points > taken(spent):
        raise ConfigInvalid(
            f"{points} points cannot go back where {taken(spent)} were spent",
            where="ledger",
            next_step="restore at most what the redemption took",
        )
    back: list[tuple[str, int]] = []
    left = points
    for lot_id, change in reversed(spent):
        part = min(left, -change)
        if part > 0:
            back.append((lot_id, part))
            left -= part
    return _put_back(account, occasion, points, tuple(back))


def expire(account: Account, now: datetime) -> tuple[Account, tuple[Posting, ...]]:
    """Book the expiry of every lot whose validity is over at ``now``, effective at the lot's ``expires_at``.

    Debt stays as it is. Keys derive from the lot, so booking twice gives the same keys.
    """
    account, repaid = repay(account, now)
    postings: list[Posting] = []
    if repaid:
        ripe = max(lot.available_at for lot in account.lots if lot.id in dict(repaid))
        occasion = Occasion(derive_key("repay", *(lot for lot, _ in repaid), account.debt), ripe)
        postings.append(posting(occasion, "repay", {}, repaid))
    lots = list(account.lots)
    due = [(consumption_order(lot), n) for n, lot in enumerate(lots) if lot.expired(now) and lot.remainder]
    for _, n in sorted(due):
        lot = lots[n]
        occasion = Occasion(derive_key("expire", lot.id), lot.expires_at or now, None, lot.order)
        entries: dict[EntryAccount, int] = {"member": -lot.remainder, "expired": lot.remainder}
        postings.append(posting(occasion, "expire", entries, ((lot.id, -lot.remainder),)))
        lots[n] = msgspec.structs.replace(lot, remainder=0, lapsed=lot.lapsed + lot.remainder)
    return msgspec.structs.replace(account, lots=tuple(lots)), tuple(postings)


def _put_back(account: Account, occasion: Occasion, points: int, back: Moves) -> tuple[Account, Posting]:
    dead = {lot.id for lot in account.lots if lot.expired(occasion.at)}
    lapsed = {lot_id: part for lot_id, part in back if lot_id in dead}
    lots = tuple(
        msgspec.structs.replace(lot, lapsed=lot.lapsed + lapsed[lot.id]) if lot.id in lapsed else lot
        for lot in account.lots
    )
    kept = tuple((lot_id, part) for lot_id, part in back if lot_id not in dead)
    account = apply_moves(msgspec.structs.replace(account, lots=lots), kept)
    account, repaid = repay(account, occasion.at)
    gone = sum(lapsed.values())
    entries: dict[EntryAccount, int] = {"member": points - gone, "expired": gone, "redeemed": -points}
    return account, posting(occasion, "restore", entries, (*kept, *repaid))


def _count_lapsed(account: Account, occasion: Occasion, points: int) -> tuple[Account, int]:
    """Let lapsed points of this sale count as collected; returns the account and how many counted."""
    counted = 0
    lots: list[Lot] = []
    for lot in account.lots:
        part = min(lot.lapsed, points - counted) if lot.order == occasion.sale and occasion.sale is not None else 0
        lots.append(msgspec.structs.replace(lot, lapsed=lot.lapsed - part) if part else lot)
        counted += part
    return msgspec.structs.replace(account, lots=tuple(lots)), counted


def _sources_of(account: Account, occasion: Occasion, policy: Collect) -> list[Lot]:
    """The lots a take-back may use, in order."""
    own = [lot for lot in account.lots if occasion.sale is not None and lot.order == occasion.sale]
    pending = in_consumption_order(lot for lot in own if lot.available_at > occasion.at)
    if policy == "only_pending":
        return pending
    # A lot whose expiry is not booked yet holds points of this sale that are gone already: they count before live ones.
    stale = in_consumption_order(lot for lot in own if lot.expired(occasion.at) and lot.available_at <= occasion.at)
    live = in_consumption_order(lot for lot in own if lot.usable(occasion.at))
    mine = {lot.id for lot in own}
    others = in_consumption_order(lot for lot in account.lots if lot.id not in mine and lot.usable(occasion.at))
    return [*stale, *pending, *live, *others]


def _at_least_one(points: int, what: str) -> None:
    if points < 1:
        raise ConfigInvalid(f"a {what} of {points} points", where="ledger", next_step="name at least 1 point")
