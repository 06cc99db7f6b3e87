"""Which units of which sale a return takes back. The answer does not depend on the order in which documents arrived.

Lines that name their order take first; the others take, in order of time, document id and line, from the newest
purchase of the SKU that keeps enough for the whole line, else from newest to oldest. What cannot be matched is listed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from attrs import define, field

from erplink.model.exact import round_ratio
from erplink.model.facts import ReturnFact, ReturnFactLine, SaleFact, SaleFactLine, Source
from erplink.policy.points import Clock, Unreferenced

UnmatchedReason = Literal[
    "bought_too_little",
    "never_bought",
    "free",
    "service",
    "unknown_order",
    "unknown_line",
    "over_return",
    "no_quantity",
    "review",
    "no_customer",
]
"""Why (a part of) a return line took nothing back.

``bought_too_little`` earlier purchases keep too few units; ``never_bought`` no earlier purchase; ``free`` earlier ones
cost nothing; ``service`` not goods; ``unknown_order`` parked until the order is known; ``unknown_line`` the order has
no such line; ``over_return`` more than the order still keeps; ``no_quantity`` no units are named; ``review`` a person
decides; ``no_customer`` a walk-in customer's.
"""


class Take(msgspec.Struct, frozen=True):
    """``qty`` units of a sale line that a return line takes. ``stated`` is the refund stated for them (minor units)."""

    document: Source
    line: int
    sale: Source
    sale_line: int
    qty: Decimal
    stated: int


class Unmatched(msgspec.Struct, frozen=True):
    """The remainder of a return line that takes nothing back: quantity, stated amount (minor units), reason."""

    document: Source
    line: int
    sku: str
    qty: Decimal
    amount: int
    reason: UnmatchedReason


class Matching(msgspec.Struct, frozen=True):
    """What the returns of one subject take, and what is left over."""

    takes: tuple[Take, ...]
    unmatched: tuple[Unmatched, ...]


@define
class _Open:
    """A sale line that can still be returned."""

    sale: Source
    at: datetime | None
    line: SaleFactLine
    left: Decimal


@define
class _Shelf:
    """All purchases of one SKU: paid ones from oldest to newest, and when it was first bought."""

    paid: list[_Open] = field(factory=list)
    first_paid: datetime | None = None
    first_free: datetime | None = None


@define
class _Stock:
    by_sku: dict[str, _Shelf] = field(factory=dict)
    by_order: dict[tuple[str, str], list[_Open]] = field(factory=dict)


_Claim = tuple[ReturnFact, ReturnFactLine]


def match_returns(
    sales: Iterable[SaleFact],
    returns: Iterable[ReturnFact],
    *,
    clock: Clock,
    unreferenced: Unreferenced = "match",
) -> Matching:
    """Match the returns of one subject with its sales. ``clock`` is the instant that makes a purchase earlier.

    Takes are ordered by time of the return, document and line; nothing is matched twice.
    """
    claims = sorted(
        ((document, line) for document in returns for line in document.lines),
        key=lambda claim: (claim[0].returned_at, claim[0].source, claim[1].line),
    )
    goods = [claim for claim in claims if claim[1].kind == "goods" and claim[1].qty > 0]
    named = [claim for claim in goods if claim[1].order]
    free = [claim for claim in goods if not claim[1].order]
    stock = _stock_of(sales, clock, named, free)
    takes: list[Take] = []
    unmatched = [
        _rest(claim, claim[1].qty, 0, "service" if claim[1].kind == "service" else "no_quantity")
        for claim in claims
        if claim[1].kind == "service" or claim[1].qty <= 0
    ]
    for claim in named:
        _settle(claim, *_named_candidates(stock, claim), takes, unmatched)
    for claim in free:
        if unreferenced == "review":
            unmatched.append(_rest(claim, claim[1].qty, 0, "review"))
        else:
            _settle(claim, *_earlier_candidates(stock, claim), takes, unmatched)
    when = {document.source: document.returned_at for document, _ in claims}
    takes.sort(key=lambda take: (when[take.document], take.document, take.line, take.sale, take.sale_line))
    unmatched.sort(key=lambda rest: (when[rest.document], rest.document, rest.line))
    return Matching(tuple(takes), tuple(unmatched))


def _stock_of(sales: Iterable[SaleFact], clock: Clock, named: Sequence[_Claim], free: Sequence[_Claim]) -> _Stock:
    orders = {(document.source.system, line.order) for document, line in named}
    skus = {line.sku for _, line in free}
    stock = _Stock(by_sku={sku: _Shelf() for sku in skus})
    if not orders and not skus:
        return stock
    for sale in sales:
        at: datetime | None = getattr(sale, clock)
        order = (sale.source.system, sale.source.number)
        is_named = order in orders
        for line in sale.lines:
            if not is_named and (line.sku not in skus or line.kind != "goods"):
                continue
            entry = _Open(sale.source, at, line, line.qty)
            if is_named:
                stock.by_order.setdefault(order, []).append(entry)
            if line.sku in skus and line.kind == "goods":
                _shelve(stock.by_sku[line.sku], entry)
    for shelf in stock.by_sku.values():
        shelf.paid.sort(key=lambda each: (each.at, each.sale, each.line.line))
    return stock


def _shelve(shelf: _Shelf, entry: _Open) -> None:
    if entry.at is None:
        return
    if entry.line.net > 0:
        shelf.paid.append(entry)
        shelf.first_paid = entry.at if shelf.first_paid is None else min(shelf.first_paid, entry.at)
    else:
        shelf.first_free = entry.at if shelf.first_free is None else min(shelf.first_free, entry.at)


def _named_candidates(stock: _Stock, claim: _Claim) -> tuple[list[_Open], UnmatchedReason]:
    document, line = claim
    lines = stock.by_order.get((document.source.system, line.order))
    if lines is None:
        return [], "unknown_order"
    if line.order_line:
        meant = [each for each in lines if each.line.ref == line.order_line]
    else:
        meant = [each for each in lines if each.line.sku == line.sku]
        meant.sort(key=lambda each: (each.line.net > 0, each.line.line), reverse=True)
    return meant, "over_return" if meant else "unknown_line"


def _earlier_candidates(stock: _Stock, claim: _Claim) -> tuple[list[_Open], UnmatchedReason]:
    document, line = claim
    shelf = stock.by_sku[line.sku]
    before = document.returned_at
    reason: UnmatchedReason = "never_bought"
    if shelf.first_paid is not None and shelf.first_paid < before:
        reason = "bought_too_little"
    elif shelf.first_free is not None and shelf.first_free < before:
        reason = "free"
    shelf.paid = [each for each in shelf.paid if each.left > 0]
    end = bisect_left(shelf.paid, before, key=lambda each: each.at or before)
    return shelf.paid[:end][::-1], reason


def _settle(
    claim: _Claim,
    candidates: Sequence[_Open],
    reason: UnmatchedReason,
    takes: list[Take],
    unmatched: list[Unmatched],
) -> None:
    """Take from one candidate that keeps enough for the whole line, else from each in turn; list what remains."""
    document, line = claim
    whole = next((each for each in candidates if each.left >= line.qty), None)
    left, told = line.qty, 0
    for each in candidates if whole is None else [whole]:
        part = min(left, each.left)
        if part <= 0:
            continue
        each.left -= part
        left -= part
        # Shares are differences of running totals, so that together they are exactly what the document states.
        stated = share_of(line.amount, line.qty - left, line.qty) - told
        told += stated
        takes.append(Take(document.source, line.line, each.sale, each.line.line, part, stated))
    if left > 0:
        unmatched.append(_rest(claim, left, told, reason))


def _rest(claim: _Claim, left: Decimal, told: int, reason: UnmatchedReason) -> Unmatched:
    document, line = claim
    return Unmatched(document.source, line.line, line.sku, left, line.amount - told, reason)


def share_of(amount: int, part: Decimal, whole: Decimal) -> int:
    """The amount of ``part`` of ``whole`` units: ``amount x part / whole``, rounded half up.

    >>> share_of(1000, Decimal(2), Decimal(3))
    667
    """
    if part == whole:
        return amount
    part_over, part_under = part.as_integer_ratio()
    whole_over, whole_under = whole.as_integer_ratio()
    return round_ratio(amount * part_over * whole_under, part_under * whole_over, "half_up")
