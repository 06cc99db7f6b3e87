"""A policy made ready to compute with: ordered rules, exact ratios, lines grouped by what applies to them.

Points are linear in the money of the lines that the same rules choose, so an order is its basis per such group: a
return changes one sum, and nothing else has to be looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.model.exact import Rounding
from erplink.model.facts import SaleFact, SaleFactLine
from erplink.model.money import places_of
from erplink.policy.conditions import OrderSight, When, line_holds, order_holds
from erplink.policy.explanation import EffectKind
from erplink.policy.points import BonusRule, Clock, MultiplierRule, RateRule, Rule, Stacking
from erplink.policy.programme import Policy

Group = tuple[bool, ...]
"""Which of the plan's line conditions a line meets."""

Sums = Mapping[Group, int]
"""The kept basis of an order in minor units, per group of lines."""

_ANY = When()
_INSTANTS = {"paid": "paid_at", "shipped": "shipped_at", "completed": "completed_at"}


@frozen
class Term:
    """One rule in order of application. ``amount`` is its rate per yuan, factor (None: the tier's) or bonus."""

    rule: str
    kind: EffectKind
    amount: Fraction | None
    when: When
    condition: int | None


@frozen
class Share:
    """What a term adds: per minor unit of each group, or ``fixed`` points for the whole order."""

    term: Term
    amount: Fraction
    per_unit: Mapping[Group, Fraction] = field(factory=dict)
    fixed: Fraction = Fraction(0)

    def exact(self, sums: Sums) -> Fraction:
        """The exact points that this share gives."""
        return self.fixed + sum((rate * sums[group] for group, rate in self.per_unit.items()), Fraction(0))


@frozen
class Plan:
    """One policy version, compiled."""

    policy: str
    zone: ZoneInfo
    unit: int
    clock: Clock
    trigger: str
    rounding: Rounding
    stacking: Stacking
    terms: tuple[Term, ...]
    conditions: tuple[When, ...]
    factors: Mapping[str, Fraction]
    first_tier: str

    def clock_of(self, sale: SaleFact) -> datetime | None:
        """The instant that selects day, window and tier."""
        at: datetime | None = getattr(sale, self.clock)
        return at

    def trigger_of(self, sale: SaleFact) -> datetime | None:
        """The instant that releases the award."""
        at: datetime | None = getattr(sale, self.trigger)
        return at

    def group_of(self, line: SaleFactLine) -> Group:
        """The group a line belongs to."""
        return tuple(line_holds(when, line.sku, line.category) for when in self.conditions)


def compile_policy(policy: Policy) -> Plan:
    """Put the rules in order of application: base, tier, other multipliers by priority then id, bonuses."""
    rules = policy.points.rules
    rates = [rule for rule in rules if isinstance(rule, RateRule)]
    factors = [rule for rule in rules if isinstance(rule, MultiplierRule)]
    factors.sort(key=lambda rule: (rule.role != "tier", -rule.priority, rule.id))
    bonuses = [rule for rule in rules if isinstance(rule, BonusRule)]
    conditions: list[When] = []
    ordered: list[Rule] = [*rates, *factors, *bonuses]
    terms = tuple(_term(rule, conditions) for rule in ordered)
    levels = policy.tiers.levels if policy.tiers else ()
    return Plan(
        policy=policy.hash,
        zone=policy.zoneinfo,
        unit=10 ** places_of(policy.currency),
        clock=policy.points.clock,
        trigger=_INSTANTS[policy.points.trigger],
        rounding=policy.points.rounding,
        stacking=policy.points.stacking,
        terms=terms,
        conditions=tuple(conditions),
        factors={level.name: Fraction(level.factor or 1) for level in levels},
        first_tier=levels[0].name if levels else "",
    )


def _term(rule: Rule, conditions: list[When]) -> Term:
    condition = None
    if rule.when.category is not None or rule.when.sku is not None:
        condition = len(conditions)
        conditions.append(rule.when)
    match rule:
        case RateRule():
            return Term(rule.id, "rate", Fraction(rule.per_yuan), rule.when, condition)
        case MultiplierRule():
            amount = None if rule.factor is None else Fraction(rule.factor)
            return Term(rule.id, rule.role, amount, rule.when, condition)
        case BonusRule():
            return Term(rule.id, "bonus", Fraction(rule.points), rule.when, condition)


def shares_of(plan: Plan, at: datetime, tier: str, sums: Sums, *, first_purchase: bool) -> tuple[Share, ...]:
    """What each applying rule adds to an order that keeps ``sums``, in order of application; empty if nothing is kept.

    Raises ``ConfigInvalid`` when the policy has no tier of that name.
    """
    basis = sum(sums.values())
    if basis <= 0:
        return ()
    sight = OrderSight(at, plan.zone, basis, plan.unit, first_purchase)
    holding = [term for term in plan.terms if term.when == _ANY or order_holds(term.when, sight)]
    linear = [(term, _amount(plan, term, tier)) for term in holding if term.kind != "bonus"]
    rates = {group: _rates(plan, linear, group) for group in sums}
    shares = [
        Share(term, amount, {group: rate[n] for group, rate in rates.items() if rate[n]})
        for n, (term, amount) in enumerate(linear)
    ]
    for term in holding:
        if term.kind == "bonus" and _touches(term, sums):
            points = term.amount or Fraction(0)
            shares.append(Share(term, points, fixed=points))
    return tuple(shares)


def _amount(plan: Plan, term: Term, tier: str) -> Fraction:
    if term.amount is not None:
        return term.amount
    name = tier or plan.first_tier
    if name not in plan.factors:
        raise ConfigInvalid(
            f"the policy has no tier {name!r}",
            where=f"rule {term.rule}",
            next_step=f"use one of: {', '.join(plan.factors)}",
        )
    return plan.factors[name]


def _touches(term: Term, sums: Sums) -> bool:
    return term.condition is None or any(total > 0 for group, total in sums.items() if group[term.condition])


def _rates(plan: Plan, linear: Sequence[tuple[Term, Fraction]], group: Group) -> list[Fraction]:
    """Points per minor unit that each linear term adds on lines of ``group``."""
    zero = Fraction(0)
    applies = [term.condition is None or group[term.condition] for term, _ in linear]
    rates = [
        amount / plan.unit if on and term.kind == "rate" else zero
        for (term, amount), on in zip(linear, applies, strict=True)
    ]
    base = sum(rates, zero)
    factors = [n for n, (term, _) in enumerate(linear) if term.kind != "rate" and applies[n]]
    if plan.stacking == "best" and factors:
        factors = [max(factors, key=lambda n: (linear[n][1], -n))]
    product = Fraction(1)
    for n in factors:
        factor = linear[n][1]
        after = product + factor - 1 if plan.stacking == "add" else product * factor
        rates[n] = base * (max(after, zero) - max(product, zero))
        product = after
    return rates
