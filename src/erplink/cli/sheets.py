"""What the tables say: an overview and what led to it as plain sheets, for the terminal and for the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from attrs import frozen

from erplink.cli.words import in_words
from erplink.link.values import Overview, Redemption, Write
from erplink.model.exact import from_minor
from erplink.model.money import places_of

Cell = str | int | Decimal
"""Text stands left; numbers stand right, with thousands apart."""

_MEMBERS = 15
_LINES = 12


@frozen
class Sheet:
    """One table: title, column heads, rows, and a sentence below. ``total`` counts rows of which some are not shown."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    total: int = 0

    @property
    def more(self) -> int:
        """How many rows there are beyond those shown."""
        return max(0, self.total - len(self.rows))


def overview_sheets(overview: Overview, gifts: Iterable[Redemption]) -> tuple[Sheet, ...]:
    """Every sheet about a space, in reading order; a sheet without rows is left out, except the members."""
    sheets = (
        members(overview),
        gift_wishes(gifts),
        written_back(overview),
        written_samples(overview),
        refused(overview),
        left_sums(overview),
        left_lines(overview),
        left_out(overview),
        doubts(overview),
    )
    return tuple(sheet for sheet in sheets if sheet.rows or sheet is sheets[0])


def members(overview: Overview) -> Sheet:
    """Who leads."""
    rows = tuple(
        (place, who.name or who.code, who.code, who.tier or "–", who.points, who.earned, who.taken_back)
        for place, who in enumerate(overview.top[:_MEMBERS], start=1)
    )
    heads = ("#", "member", "customer", "tier", "points", "earned", "taken back")
    return Sheet("Members by points", heads, rows, "ranked by points earned and kept", overview.members)


def gift_wishes(gifts: Iterable[Redemption]) -> Sheet:
    """What was redeemed, and what the ERP made of it."""
    rows = tuple((g.key, g.order, g.points, _STATES.get(g.state, g.state), _first(g.outcome)) for g in gifts)
    heads = ("wish", "0-yuan order", "points", "state", "the ERP's answer")
    return Sheet("Gifts asked for", heads, rows, "points of a refused gift went back to the lots they came from")


def written_back(overview: Overview) -> Sheet:
    """What the ERP was told, in numbers."""
    rows = tuple(
        (in_words(operation), _STATES.get(state, state), number)
        for (operation, state), number in sorted(overview.writes.items())
    )
    return Sheet("What was written back to the ERP", ("write", "state", "count"), rows)


def written_samples(overview: Overview) -> Sheet:
    """Some of the writes, gift orders first."""
    rows = tuple((in_words(w.operation), w.target, payload_words(w)) for w in _mixed(overview.recent_writes))
    done = sum(number for (_, state), number in overview.writes.items() if state == "done")
    return Sheet("… some of it", ("write", "document", "content"), rows, "", done)


def refused(overview: Overview) -> Sheet:
    """What the ERP refused, in its own words."""
    rows = tuple((in_words(w.operation), w.target, w.outcome) for w in overview.refused[:_LINES])
    total = sum(number for (_, state), number in overview.writes.items() if state == "refused")
    return Sheet("What was refused and why", ("write", "document", "why"), rows, "", total)


def left_sums(overview: Overview) -> Sheet:
    """Return parts that took nothing back, by reason."""
    rows = tuple(
        (in_words(reason), lines, _amount(amount, overview.currency))
        for reason, lines, amount in overview.left_over_sums
    )
    heads = ("why it took nothing back", "lines", f"amount {overview.currency}")
    return Sheet("Returns that took nothing back", heads, rows, "listed line by line in the database")


def left_lines(overview: Overview) -> Sheet:
    """The first of them, line by line."""
    rows = tuple(
        (
            _number(left.document),
            left.line,
            left.sku,
            left.qty,
            _amount(left.amount, overview.currency),
            in_words(left.reason),
        )
        for left in overview.left_over[:_LINES]
    )
    heads = ("return", "line", "sku", "quantity", f"amount {overview.currency}", "why")
    return Sheet("… the first of them", heads, rows, "", sum(lines for _, lines, _ in overview.left_over_sums))


def left_out(overview: Overview) -> Sheet:
    """What earned nothing by rule."""
    rows = tuple((in_words(reason), number) for reason, number in overview.tallies.items())
    return Sheet("What was left out, and why", ("rule", "count"), rows, "counted, not dropped: each document is kept")


def doubts(overview: Overview) -> Sheet:
    """Customer records that contradict each other."""
    rows = tuple((in_words(kind), code, other) for kind, code, other in overview.doubts[:_LINES])
    heads = ("conflict", "customer", "with")
    return Sheet(
        "Customer records that contradict each other",
        heads,
        rows,
        "a person decides; nothing was guessed",
        len(overview.doubts),
    )


def seed_sheet(seed: Mapping[str, Any], currency: str) -> Sheet:
    """What the orders file held, row by row under the rule that took it."""
    rows = tuple((in_words(rule), held["rows"], _seeded(held, currency)) for rule, held in seed["rules"].items())
    traits = tuple(
        (f"… {in_words(_TRAITS.get(trait, trait))}", held["rows"], _seeded(held, currency))
        for trait, held in seed["traits"].items()
    )
    total = ("all rows", seed["rows"], _seeded(seed, currency))
    note = (
        f"{seed['split_walk_in']:,} orders had lines with and without a customer and became two documents; "
        f"{seed['time_differs']:,} had rows at several times and take the earliest"
    )
    return Sheet(f"What {seed['source']} held", ("rule", "rows", f"amount {currency}"), (*rows, *traits, total), note)


def fault_sheet(calls: Mapping[str, int], faults: Mapping[str, int], breaks: int) -> Sheet:
    """What the world did wrong, and what the client made of it."""
    committed = tuple((f"fault: {in_words(kind)}", number) for kind, number in sorted(faults.items()))
    seen = tuple((f"the client saw: {outcome}", number) for outcome, number in sorted(calls.items()))
    made_good = (
        ("all faults", sum(faults.values())),
        ("all calls", sum(calls.values())),
        ("syncs taken up again", breaks),
    )
    return Sheet(
        "What went wrong on purpose", ("what", "count"), (*committed, *seen, *made_good), "and nothing was lost"
    )


def payload_words(write: Write) -> str:
    """What a write says, briefly.

    >>> payload_words(Write("k", "kingdee", "customers.update", "C001", '{"points":120,"tier":"金卡"}'))
    'points 120, tier 金卡'
    """
    content: dict[str, object] = msgspec.json.decode(write.payload, type=dict[str, object])
    lines = content.get("lines")
    if not isinstance(lines, list):
        return ", ".join(f"{name} {value}" for name, value in content.items())
    goods = ", ".join(f"{line.get('qty')} × {line.get('sku')}" for line in lines if isinstance(line, dict))
    return f"{goods} for {content.get('customer', '')}"


def _first(outcome: str) -> str:
    """The ERP's own words, without the place and the advice that follow them."""
    return outcome.partition(" (")[0] or "–"


def _mixed(writes: tuple[Write, ...]) -> list[Write]:
    orders = [write for write in writes if write.operation == "orders.create"]
    return [*orders[:5], *[write for write in writes if write.operation != "orders.create"][:5]]


def _amount(minor: int, currency: str) -> Decimal:
    return from_minor(minor, places_of(currency))


def _seeded(held: Mapping[str, Any], currency: str) -> Decimal:
    """An exact amount of the file, shown to the places of the currency."""
    return Decimal(held["amount"]).quantize(Decimal(1).scaleb(-places_of(currency)))


def _number(document: str) -> str:
    """The number of a document that is written as system:entity:number."""
    return document.split(":", 2)[-1]


_STATES: Mapping[str, str] = {
    "pending": "waiting",
    "parked": "waiting for something else",
    "done": "done",
    "refused": "refused",
    "dead": "given up",
}

_TRAITS: Mapping[str, str] = {"service": "service_rows", "free": "free_rows"}
