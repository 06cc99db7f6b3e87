"""The words of a points policy. Only what is listed here exists; any other word is refused by name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from erplink.model.exact import Rounding
from erplink.policy.conditions import When
from erplink.policy.words import Exact, ExactPositive, Whole
from erplink.text.parts import Part

Clock = Literal["created_at", "paid_at", "shipped_at", "completed_at"]
"""The instant of an order that selects window, day and tier."""

Trigger = Literal["paid", "shipped", "completed"]
"""What releases an award: its lot counts from this instant."""

Stacking = Literal["multiply", "add", "best"]
"""How several factors on one line combine: product, ``1 + sum of (factor - 1)``, or the largest alone."""

Collect = Literal["unlimited", "within_balance", "only_pending"]
"""What happens to points that a return takes back and the member has spent."""

Unreferenced = Literal["match", "review"]
"""What a return that names no order does: match newest purchases, or wait for a person."""

Id = Annotated[str, Field(min_length=1)]


class RateRule(Part):
    """``per_yuan`` points for each 1.00 of the basis of the lines it matches, fractions included."""

    id: Id
    kind: Literal["rate"]
    per_yuan: Exact
    when: When = When()


class MultiplierRule(Part):
    """A factor on the base points of the lines it matches. Role ``tier`` takes its factor from ``tiers.levels``."""

    id: Id
    kind: Literal["multiplier"]
    role: Literal["tier", "campaign"]
    factor: Exact | None = None
    priority: Whole = 0
    when: When = When()

    @model_validator(mode="after")
    def _factor(self) -> MultiplierRule:
        if self.role == "campaign" and self.factor is None:
            raise ValueError("a campaign multiplier needs a factor")
        if self.role == "tier" and self.factor is not None:
            raise ValueError("a tier multiplier takes its factor from tiers.levels, not from here")
        return self


class BonusRule(Part):
    """Fixed points for an order, never multiplied."""

    id: Id
    kind: Literal["bonus"]
    points: Annotated[Whole, Field(gt=0)]
    when: When = When()


Rule = Annotated[RateRule | MultiplierRule | BonusRule, Field(discriminator="kind")]


class ReturnPolicy(Part):
    """What a return takes back, and from where."""

    mode: Literal["recompute"] = "recompute"
    collect: Collect = "unlimited"
    unreferenced: Unreferenced = "match"


class NoExpiry(Part):
    """Points never expire."""

    kind: Literal["none"]


class MonthsEndOfDay(Part):
    """Points live until the end of the day ``months`` months after the award, clamped to the month's end."""

    kind: Literal["months_end_of_day"]
    months: Annotated[Whole, Field(ge=1, le=1200)]


Expiry = Annotated[NoExpiry | MonthsEndOfDay, Field(discriminator="kind")]


class PointsPolicy(Part):
    """How an order earns, and what a return takes back."""

    pool: Id = "points"
    basis: Literal["net_paid"] = "net_paid"
    clock: Clock = "paid_at"
    trigger: Trigger = "completed"
    rounding: Rounding = "floor"
    scope: Literal["order"] = "order"
    stacking: Stacking = "multiply"
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    returns: ReturnPolicy = Field(default=ReturnPolicy(), alias="return")
    expiry: Expiry = NoExpiry(kind="none")

    @model_validator(mode="after")
    def _ids(self) -> PointsPolicy:
        ids = [rule.id for rule in self.rules]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"two rules have the id {twice[0]}")
        return self


class RollingDays(Part):
    """The ``n`` calendar days that end with the current one."""

    kind: Literal["rolling_days"]
    n: Annotated[Whole, Field(ge=1, le=36600)]


class Lifetime(Part):
    """Everything since the first order."""

    kind: Literal["lifetime"]


Window = Annotated[RollingDays | Lifetime, Field(discriminator="kind")]


class Level(Part):
    """A tier: reached from a kept spend of ``from`` (yuan, inclusive); ``factor`` is what a tier multiplier applies."""

    name: Id
    from_: Exact = Field(alias="from")
    factor: ExactPositive | None = None


class TierPolicy(Part):
    """How a member's tier follows from kept spend: up immediately, down at the nightly review (00:00 of the zone)."""

    metric: Literal["spend"] = "spend"
    window: Window = RollingDays(kind="rolling_days", n=365)
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    crossing: Literal["tier_before"] = "tier_before"

    @model_validator(mode="after")
    def _ladder(self) -> TierPolicy:
        names = [level.name for level in self.levels]
        if len(set(names)) != len(names):
            raise ValueError("two levels have the same name")
        if self.levels[0].from_ != 0:
            raise ValueError("the first level begins at 0")
        if any(low.from_ >= high.from_ for low, high in zip(self.levels, self.levels[1:], strict=False)):
            raise ValueError("each level must begin above the one before")
        return self
