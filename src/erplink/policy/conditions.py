"""Conditions: a closed set of typed predicates over the facts of an order and its lines. All that are named must hold.

Days and weekdays are those of the policy's zone; ``from``/``to`` are half-open instants; thresholds are inclusive.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from attrs import frozen
from pydantic import BeforeValidator, Field, model_validator

from erplink.policy.words import Exact, Instant, Whole, one_or_many
from erplink.text.parts import Part

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""Days of the week, Monday first."""

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Names = Annotated[tuple[str, ...], BeforeValidator(one_or_many), Field(min_length=1)]
Weekdays = Annotated[tuple[Weekday, ...], BeforeValidator(one_or_many), Field(min_length=1)]


class When(Part):
    """When a rule applies. ``category`` and ``sku`` choose lines, everything else chooses orders."""

    day_of_month: Annotated[Whole, Field(ge=1, le=31)] | None = None
    weekday: Weekdays | None = None
    category: Names | None = None
    sku: Names | None = None
    order_at_least: Exact | None = None
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    first_purchase: Literal[True] | None = None

    @model_validator(mode="after")
    def _window(self) -> When:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise ValueError("'to' must be later than 'from' (the window is half-open)")
        return self


@frozen
class OrderSight:
    """What conditions see of an order: its instant by the policy's clock, basis in minor units, first purchase or not.

    ``unit`` is the number of minor units of one yuan.
    """

    at: datetime
    zone: ZoneInfo
    basis: int
    unit: int
    first_purchase: bool


def order_holds(when: When, order: OrderSight) -> bool:
    """Whether everything that ``when`` asks of the order holds; what it asks of lines is another question.

    >>> at = datetime(2026, 3, 8, 4, 59, 59, tzinfo=ZoneInfo("UTC"))
    >>> order_holds(When(day_of_month=8), OrderSight(at, ZoneInfo("America/New_York"), 10000, 100, False))
    False
    """
    local = order.at.astimezone(order.zone)
    return (
        (when.day_of_month is None or local.day == when.day_of_month)
        and (when.weekday is None or WEEKDAYS[local.weekday()] in when.weekday)
        and (when.from_ is None or order.at >= when.from_)
        and (when.to is None or order.at < when.to)
        and (when.order_at_least is None or Fraction(order.basis, order.unit) >= Fraction(when.order_at_least))
        and (when.first_purchase is None or order.first_purchase)
    )


def line_holds(when: When, sku: str, category: str) -> bool:
    """Whether a line is one of those that ``when`` chooses.

    >>> line_holds(When(category="tea"), "M1", "tea"), line_holds(When(sku=["M2"]), "M1", "tea")
    (True, False)
    """
    return (when.category is None or category in when.category) and (when.sku is None or sku in when.sku)


def local_midnight(at: datetime, zone: ZoneInfo, days: int = 0) -> datetime:
    """00:00 of the local day of ``at``, ``days`` calendar days later.

    >>> local_midnight(datetime(2026, 3, 8, 12, tzinfo=ZoneInfo("UTC")), ZoneInfo("Asia/Shanghai"), 1).isoformat()
    '2026-03-09T00:00:00+08:00'
    """
    day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=zone)
