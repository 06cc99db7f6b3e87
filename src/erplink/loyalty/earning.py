"""What an order earns: the exact sum of everything rounded once, then shared among rules and lines without a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from erplink.errors import ConfigInvalid
from erplink.loyalty.matching import share_of
from erplink.loyalty.plan import Plan, Share, Sums, compile_policy, shares_of
from erplink.model.exact import round_fraction
from erplink.model.facts import SaleFact, SaleFactLine
from erplink.policy.explanation import Contribution, Explanation, LeftOut
from erplink.policy.programme import Policy


class Award(msgspec.Struct, frozen=True):
    """What an order earns. ``by_rule`` and ``by_line`` (line number, points) each sum to ``points``."""

    points: int
    by_rule: tuple[Contribution, ...]
    by_line: tuple[tuple[int, int], ...]
    left_out: tuple[LeftOut, ...]
    explanation: Explanation


def award(
    sale: SaleFact,
    policy: Policy,
    tier: str = "",
    *,
    first_purchase: bool = False,
    kept: Mapping[int, Decimal] | None = None,
) -> Award:
    """What ``sale`` earns under ``policy`` for a member of ``tier`` (empty: the first level).

    ``kept`` maps line numbers to the quantity still kept (a line not named is kept whole); conditions such as
    ``order_at_least`` are tested on what is kept, and nothing kept earns nothing. Raises ``ConfigInvalid`` when the
    sale has no instant for the policy's clock, the tier is unknown, or a line keeps more than was sold.
    """
    plan = compile_policy(policy)
    at = plan.clock_of(sale)
    if at is None:
        raise ConfigInvalid(
            f"order {sale.source.number} has no {plan.clock}",
            where="award",
            next_step="award it when that has happened, or choose another clock in the policy",
        )
    nets = [_kept_net(line, kept or {}) for line in sale.lines]
    sums = sums_of(plan, sale.lines, nets)
    shares = shares_of(plan, at, tier, sums, first_purchase=first_purchase)
    explanation = explain_shares(plan, shares, sums, tier, first_purchase=first_purchase)
    left_out = tuple(
        LeftOut(line.line, "service" if line.kind != "goods" else "free")
        for line in sale.lines
        if line.kind != "goods" or line.net == 0
    )
    by_line = _by_line(plan, sale.lines, nets, shares, explanation.by_rule)
    return Award(explanation.points, explanation.by_rule, by_line, left_out, explanation)


def sums_of(plan: Plan, lines: Sequence[SaleFactLine], nets: Sequence[int]) -> dict[tuple[bool, ...], int]:
    """The basis of an order per group of lines; services are not in it."""
    if not plan.conditions:
        return {(): sum(net for line, net in zip(lines, nets, strict=True) if line.kind == "goods")}
    sums: dict[tuple[bool, ...], int] = {}
    for line, net in zip(lines, nets, strict=True):
        if line.kind == "goods":
            group = plan.group_of(line)
            sums[group] = sums.get(group, 0) + net
    return sums


def explain_shares(plan: Plan, shares: Sequence[Share], sums: Sums, tier: str, *, first_purchase: bool) -> Explanation:
    """Round the exact sum of the shares once, never below zero, and share it among the rules."""
    exact = [share.exact(sums) for share in shares]
    total = sum(exact, Fraction(0))
    points = max(round_fraction(total, plan.rounding), 0)
    parts = share_exactly(points, exact)
    by_rule = tuple(
        Contribution(share.term.rule, share.term.kind, _text(share.amount), part)
        for share, part in zip(shares, parts, strict=True)
    )
    return Explanation(
        points=points,
        basis=sum(sums.values()),
        exact=_text(total),
        rounding=plan.rounding,
        by_rule=by_rule,
        tier=tier or plan.first_tier,
        first_purchase=first_purchase,
    )


def share_exactly(total: int, weights: Sequence[Fraction]) -> tuple[int, ...]:
    """Share ``total`` in proportion to exact weights that may be negative: largest remainder, ties to the first.

    Weights that sum to zero or less get nothing.

    >>> share_exactly(52, [Fraction(35), Fraction(35, 2)])
    (35, 17)
    """
    whole = sum(weights, Fraction(0))
    if whole <= 0 or total == 0:
        return (0,) * len(weights)
    exact = [weight * total / whole for weight in weights]
    shares = [part.numerator // part.denominator for part in exact]
    order = sorted(range(len(exact)), key=lambda n: (shares[n] - exact[n], n))
    for n in order[: total - sum(shares)]:
        shares[n] += 1
    return tuple(shares)


def _kept_net(line: SaleFactLine, kept: Mapping[int, Decimal]) -> int:
    left = kept.get(line.line, line.qty)
    if not 0 <= left <= line.qty:
        raise ConfigInvalid(
            f"line {line.line} keeps {left} of {line.qty} units", where="award", next_step="keep between none and all"
        )
    return share_of(line.net, left, line.qty)


def _by_line(
    plan: Plan,
    lines: Sequence[SaleFactLine],
    nets: Sequence[int],
    shares: Sequence[Share],
    by_rule: Sequence[Contribution],
) -> tuple[tuple[int, int], ...]:
    goods = [(line, net, plan.group_of(line)) for line, net in zip(lines, nets, strict=True) if line.kind == "goods"]
    points = [0] * len(goods)
    for share, given in zip(shares, by_rule, strict=True):
        condition = share.term.condition
        if share.fixed:
            weights = [Fraction(net if condition is None or group[condition] else 0) for _, net, group in goods]
        else:
            weights = [share.per_unit.get(group, Fraction(0)) * net for _, net, group in goods]
        sign = -1 if sum(weights, Fraction(0)) < 0 else 1
        parts = share_exactly(sign * given.points, [sign * weight for weight in weights])
        points = [sum(pair) for pair in zip(points, (sign * part for part in parts), strict=True)]
    return tuple((line.line, part) for (line, _, _), part in zip(goods, points, strict=True))


def _text(value: Fraction) -> str:
    """An exact ratio as people write it: a decimal when it ends, else a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    return format((Decimal(value.numerator) / Decimal(value.denominator)).normalize(), "f")
