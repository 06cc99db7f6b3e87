"""A policy file is read exactly, or refused with the line and the word."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from erplink.errors import PolicyInvalid
from erplink.policy.points import BonusRule, MultiplierRule, RateRule
from erplink.policy.programme import Policy, load_policy

TEXT = """\
programme: 会员积分
id: loyalty
version: 3
zone: Asia/Shanghai
currency: CNY
starts_at: 2026-01-01T00:00:00+08:00
assembly: {completed: shipped}
points:
  pool: points
  basis: net_paid
  clock: completed_at
  trigger: completed
  rounding: floor
  scope: order
  stacking: multiply
  rules:
    - {id: base, kind: rate, per_yuan: "1"}
    - {id: tier, kind: multiplier, role: tier}
    - {id: member-day, kind: multiplier, role: campaign, factor: 1.20, priority: 10, when: {day_of_month: 8}}
    - {id: welcome, kind: bonus, points: 100, when: {first_purchase: true}}
  return: {mode: recompute, collect: unlimited, unreferenced: match}
  expiry: {kind: months_end_of_day, months: 24}
tiers:
  metric: spend
  window: {kind: rolling_days, n: 365}
  levels:
    - {name: 普通, from: 0, factor: 1}
    - {name: 银卡, from: "5000", factor: "1.2"}
  crossing: tier_before
"""


def refused(text: str) -> PolicyInvalid:
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(text, "spring.yaml")
    return caught.value


def test_every_word_arrives_where_it_belongs() -> None:
    policy = load_policy(TEXT, "spring.yaml")
    assert (policy.programme, policy.id, policy.version) == ("会员积分", "loyalty", 3)
    assert policy.starts_at is not None
    assert policy.starts_at.isoformat() == "2026-01-01T00:00:00+08:00"
    assert [type(rule) for rule in policy.points.rules] == [RateRule, MultiplierRule, MultiplierRule, BonusRule]
    assert policy.points.returns.collect == "unlimited"
    assert policy.tiers is not None
    assert [level.name for level in policy.tiers.levels] == ["普通", "银卡"]
    assert policy.text == TEXT


def test_a_number_is_read_from_its_digits_not_from_a_float() -> None:
    text = TEXT.replace("factor: 1.20", "factor: 1.100000000000000000001")
    rule = load_policy(text).points.rules[2]
    assert isinstance(rule, MultiplierRule)
    assert rule.factor == Decimal("1.100000000000000000001")


def test_a_float_that_exists_already_is_refused() -> None:
    with pytest.raises(ValueError, match="per_yuan"):
        RateRule.model_validate({"id": "base", "kind": "rate", "per_yuan": 0.1})


def test_layout_does_not_change_the_hash_and_meaning_does() -> None:
    policy = load_policy(TEXT)
    assert load_policy("# a remark\n" + TEXT.replace("factor: 1.20", 'factor: "1.2"')).hash == policy.hash
    assert load_policy(TEXT.replace("stacking: multiply\n", "stacking: multiply   \n")).hash == policy.hash
    assert load_policy(TEXT.replace("factor: 1.20", "factor: 1.21")).hash != policy.hash
    assert load_policy(TEXT.replace("clock: completed_at", "clock: paid_at")).hash != policy.hash


def test_json_is_as_good_as_yaml() -> None:
    rules = [{"id": "base", "kind": "rate", "per_yuan": "1"}]
    minimal = {"programme": "P", "id": "p", "zone": "Asia/Shanghai", "points": {"rules": rules}}
    policy = load_policy(json.dumps(minimal, indent=2), "p.json")
    assert policy.points.rounding == "floor"
    assert policy.points.clock == "paid_at"


@pytest.mark.parametrize(
    ("written", "instead", "line", "words"),
    [
        ("priority: 10", "priorty: 10", 19, "unknown word 'priorty'|did you mean priority|factor, id, kind"),
        ("day_of_month: 8", "day: 8", 19, "unknown word 'day'|day_of_month|weekday"),
        ("trigger: completed", "triger: completed", 12, "unknown word 'triger'|did you mean trigger"),
        ("rounding: floor", "rounding: flor", 13, "points.rounding|'floor', 'half_up', 'half_even' or 'ceil'"),
        ("scope: order", "scope: line", 14, "points.scope|'order'"),
        ("mode: recompute", "mode: whole", 21, "points.return.mode|'recompute'"),
        ("crossing: tier_before", "crossing: tier_after", 29, "tiers.crossing|'tier_before'"),
        ("kind: bonus", "kind: gift", 20, "points.rules[3]|'gift'|bonus, multiplier, rate"),
        (
            "kind: rolling_days, n: 365",
            "kind: calendar_year",
            25,
            "tiers.window|lifetime, rolling_days",
        ),
        ("n: 365", "n: 365.5", 25, "tiers.window.n|whole number"),
        ("points: 100", "points: 1.5", 20, "points.rules[3].points|whole number"),
        ("factor: 1.20", "factor: abc", 19, "points.rules[2].factor|decimal"),
        ("factor: 1.20", "factor: -1", 19, "points.rules[2].factor|negative"),
        ("factor: 1.20", "factor: .inf", 19, "points.rules[2].factor"),
        ("factor: 1.20, ", "", 19, "points.rules[2]|needs a factor"),
        ("role: tier", "role: tier, factor: 2", 18, "points.rules[1]|tiers.levels"),
        ("day_of_month: 8", "sku: [00123]", 19, "points.rules[2].when.sku[0] must be text|in quotes"),
        ("zone: Asia/Shanghai", "zone: Asia/Beijing", 4, "zone|'Asia/Beijing'|IANA"),
        ("2026-01-01T00:00:00+08:00", "2026-01-01T00:00:00", 6, "starts_at|timezone"),
        ("starts_at: 2026", "starts_at: 1 # 2026", 6, "starts_at|offset"),
        ("id: tier,", "id: base,", 8, "two rules have the id base"),
        ("from: 0,", "from: 1,", 23, "first level begins at 0"),
        ('from: "5000"', "from: 0", 23, "must begin above the one before"),
        ("months: 24", "month: 24", 22, "unknown word 'month'|months"),
        ("id: loyalty\n", "", 1, "id is missing"),
        ("currency: CNY", "currency: yuan", 5, "currency"),
        ("  pool: points", "  pool: points\n  pool: other", 10, "points.pool is written twice"),
        ("pool: points", "pool: &a points", 9, "anchor"),
        ("pool: points", "pool: !!str points", 9, "tag"),
        ("rounding: floor", "rounding: [floor", 14, "not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(written: str, instead: str, line: int, words: str) -> None:
    assert written in TEXT
    said = str(refused(TEXT.replace(written, instead, 1)))
    assert f"spring.yaml, line {line}" in said
    for word in words.split("|"):
        assert word in said


def test_no_and_off_are_words() -> None:
    policy = load_policy(TEXT.replace("id: base", "id: off").replace("programme: 会员积分", "programme: NO"))
    assert (policy.programme, policy.points.rules[0].id) == ("NO", "off")


def test_a_tier_rule_needs_tiers() -> None:
    assert "has no tiers" in str(refused(TEXT[: TEXT.index("tiers:\n")]))


def test_text_that_is_no_policy_is_refused() -> None:
    for text in ("", "- a\n- b", "just words", "\x00", "a: *b"):
        assert "spring.yaml, line 1" in str(refused(text))


def test_nesting_without_end_is_refused() -> None:
    assert "nested too deeply" in str(refused("a: " + "[" * 60 + "]" * 60))


WORDS = [word for word in TEXT.replace("{", " ").replace(",", " ").split() if word.endswith(":")]


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_no_mistyped_word_is_ever_swallowed(word: str) -> None:
    mistyped = f"{word[:-1]}x"
    error = refused(re.sub(rf"(?<=[ {{\n]){re.escape(word)}|^{re.escape(word)}", f"{mistyped}:", TEXT, count=1))
    assert mistyped in str(error)
    assert error.next_step


def test_a_policy_cannot_be_changed() -> None:
    policy = load_policy(TEXT)
    with pytest.raises(ValueError, match="frozen"):
        policy.version = 4
    assert isinstance(policy, Policy)
