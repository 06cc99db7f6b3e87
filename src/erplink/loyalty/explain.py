"""Explanations as sentences, in the reader's language."""

from __future__ import annotations

from erplink.loyalty.earning import Award
from erplink.model.exact import from_minor
from erplink.model.money import places_of
from erplink.policy.explanation import Contribution, Explanation, Language

_ROUNDING = {
    "zh": {"floor": "向下取整", "half_up": "四舍五入", "half_even": "四舍六入五成双", "ceil": "向上取整"},
    "en": {
        "floor": "rounded down",
        "half_up": "rounded half up",
        "half_even": "rounded half even",
        "ceil": "rounded up",
    },
}
_NOTHING = {"zh": "0 积分：没有计分的实付金额。", "en": "0 points: no paid goods are kept."}


def explain(of: Award | Explanation, language: Language = "zh", currency: str = "CNY") -> str:
    """Why an order earns what it earns, in one line.

    >>> told = Explanation(
    ...     650,
    ...     50000,
    ...     "650",
    ...     "floor",
    ...     (Contribution("base", "rate", "1", 500), Contribution("tier", "tier", "1.3", 150)),
    ...     tier="金卡",
    ... )
    >>> print(explain(told, "en"))
    650 points: 500.00 CNY x 1 per yuan (base, 500) x 1.3 for tier 金卡 (tier, +150).
    >>> print(explain(told, "zh"))
    650 积分：实付 500.00 CNY × 每元 1 分（base，500）× 1.3 等级 金卡（tier，+150）。
    """
    told = of.explanation if isinstance(of, Award) else of
    if not told.by_rule:
        return _NOTHING[language]
    amount = f"{from_minor(told.basis, places_of(currency))} {currency}"
    parts = [_part(each, told.tier, language, first=n == 0) for n, each in enumerate(told.by_rule)]
    rounded = "" if told.exact == str(told.points) else _ROUNDING[language][told.rounding]
    if language == "zh":
        tail = f"，合计 {told.exact} {rounded}" if rounded else ""
        return f"{told.points} 积分：实付 {amount}{''.join(parts)}{tail}。"
    tail = f"; {told.exact} {rounded}" if rounded else ""
    return f"{told.points} points: {amount}{''.join(parts)}{tail}."


def _part(each: Contribution, tier: str, language: Language, *, first: bool) -> str:
    signed = str(each.points) if first else f"{each.points:+d}"
    if language == "zh":
        words = {"rate": f" × 每元 {each.value} 分", "tier": f"× {each.value} 等级 {tier}"}
        words |= {"campaign": f"× {each.value} 活动", "bonus": " + 固定奖励"}
        return f"{words[each.kind]}（{each.rule}，{signed}）"
    words = {"rate": f" x {each.value} per yuan", "tier": f" x {each.value} for tier {tier}"}
    words |= {"campaign": f" x {each.value} in a campaign", "bonus": " + a fixed bonus"}
    return f"{words[each.kind]} ({each.rule}, {signed})"
