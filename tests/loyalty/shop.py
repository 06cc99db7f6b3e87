"""Small builders for facts and policies, so that a test shows only what it is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from erplink.model.exact import to_minor
from erplink.model.facts import ReturnFact, ReturnFactLine, SaleFact, SaleFactLine, Source
from erplink.policy.programme import Policy, load_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

ZONE = ZoneInfo("Asia/Shanghai")
BASE = "{id: base, kind: rate, per_yuan: 1}"
LADDER = (
    "levels: [{name: A, from: 0, factor: 1}, {name: B, from: 1000, factor: 1.2}, {name: C, from: 3000, factor: 1.5}]"
)


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment: days counted from 2026-03-01."""
    return datetime(2026, 3, 1, hour, minute, tzinfo=ZONE) + timedelta(days=day - 1)


def order(number: str) -> Source:
    return Source("kingdee", "orders", number)


def back(number: str) -> Source:
    return Source("kingdee", "returns", number)


def line(n: int, sku: str, qty: str | int, net: str | int, category: str = "") -> SaleFactLine:
    """A goods line; ``net`` in yuan."""
    return SaleFactLine(n, sku, Decimal(qty), to_minor(Decimal(net), 2), ref=f"e{n}", category=category)


def sale(number: str, when: datetime, *lines: SaleFactLine, version: str = "1") -> SaleFact:
    """An order that was created, paid, shipped and completed at one moment."""
    return SaleFact(order(number), version, lines, when, when, when, when)


def paid(number: str, when: datetime, net: str | int) -> SaleFact:
    """An order of one unit of one line."""
    return sale(number, when, line(1, "M1", 1, net))


def returned(
    number: str, when: datetime, *lines: tuple[str, str | int], of: str = "", amount: str | int = 0
) -> ReturnFact:
    """A return of (sku, quantity) lines, naming order ``of`` if given; ``amount`` in yuan for each line."""
    made = tuple(
        ReturnFactLine(n, sku, Decimal(qty), to_minor(Decimal(amount), 2), order=of)
        for n, (sku, qty) in enumerate(lines, 1)
    )
    return ReturnFact(back(number), "1", made, when)


def policy(*rules: str, points: str = "", tiers: str = "", top: str = "") -> Policy:
    """A policy of the rules given (or 1 point per yuan); ``points`` and ``tiers`` are further lines of these parts."""
    text = ["programme: Points", "id: p", "zone: Asia/Shanghai", *_lines(top), "points:", "  clock: completed_at"]
    text += [f"  {each}" for each in _lines(points)] + ["  rules:"]
    text += [f"    - {each}" for each in rules or (BASE,)]
    if tiers:
        text += ["tiers:", *(f"  {each}" for each in _lines(tiers))]
    return load_policy("\n".join(text), "test.yaml")


def _lines(text: str) -> Iterable[str]:
    return [each for each in text.split("\n") if each]
