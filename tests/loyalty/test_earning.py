"""What an order earns: rounding, stacking, conditions, and shares that sum to the whole."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import ConfigInvalid
from erplink.loyalty.earning import award
from erplink.loyalty.explain import explain
from erplink.model.facts import SaleFact, SaleFactLine
from tests.loyalty.shop import BASE, LADDER, at, line, order, paid, policy, sale

DOUBLE = "{id: double, kind: multiplier, role: campaign, factor: 2"
HALF_MORE = "{id: half, kind: multiplier, role: campaign, factor: 1.5"
TIER = "{id: tier, kind: multiplier, role: tier}"


def test_one_point_per_ten_is_rounded_down() -> None:
    assert award(paid("1", at(1), "105.00"), policy("{id: base, kind: rate, per_yuan: 0.1}")).points == 10


@pytest.mark.parametrize(("rounding", "points"), [("floor", 52), ("half_up", 53), ("half_even", 52), ("ceil", 53)])
def test_the_sum_is_rounded_once_at_its_end(rounding: str, points: int) -> None:
    rules = policy(BASE, f"{HALF_MORE}}}", points=f"rounding: {rounding}")
    assert award(paid("1", at(1), 35), rules).points == points


@pytest.mark.parametrize(("stacking", "points"), [("multiply", 300), ("add", 250), ("best", 200)])
def test_factors_stack_as_the_policy_says(stacking: str, points: int) -> None:
    rules = policy(BASE, f"{HALF_MORE}}}", f"{DOUBLE}}}", points=f"stacking: {stacking}")
    assert award(paid("1", at(1), 100), rules).points == points


def test_the_best_factor_is_chosen_line_by_line() -> None:
    rules = policy(BASE, f"{HALF_MORE}}}", f"{DOUBLE}, when: {{category: tea}}}}", points="stacking: best")
    told = award(sale("1", at(1), line(1, "M1", 1, 100, "tea"), line(2, "M2", 1, 100, "cups")), rules)
    assert told.points == 350
    assert told.by_line == ((1, 200), (2, 150))


def test_rules_apply_tier_first_then_priority_then_id_and_bonuses_last() -> None:
    rules = policy(
        "{id: gift, kind: bonus, points: 7}",
        "{id: z, kind: multiplier, role: campaign, factor: 2, priority: 5}",
        "{id: b, kind: multiplier, role: campaign, factor: 2}",
        "{id: a, kind: multiplier, role: campaign, factor: 2}",
        TIER,
        BASE,
        tiers=LADDER,
    )
    told = award(paid("1", at(1), 10), rules, "C")
    assert [(each.rule, each.points) for each in told.by_rule] == [
        ("base", 10),
        ("tier", 5),
        ("z", 15),
        ("a", 30),
        ("b", 60),
        ("gift", 7),
    ]


def test_several_base_rules_add_up_and_bonuses_are_never_multiplied() -> None:
    rules = policy(
        BASE,
        "{id: tea, kind: rate, per_yuan: 2, when: {category: tea}}",
        f"{DOUBLE}}}",
        "{id: ten, kind: bonus, points: 10, when: {sku: M1}}",
    )
    assert award(sale("1", at(1), line(1, "M1", 1, 100, "tea")), rules).points == 610
    assert award(sale("1", at(1), line(1, "M2", 1, 100, "cups")), rules).points == 200


def test_a_factor_below_one_takes_away_and_zero_excludes() -> None:
    rules = policy(BASE, "{id: none, kind: multiplier, role: campaign, factor: 0, when: {category: tea}}")
    told = award(sale("1", at(1), line(1, "M1", 1, 70, "tea"), line(2, "M2", 1, 30)), rules)
    assert told.points == 30
    assert told.by_line == ((1, 0), (2, 30))


def test_services_and_free_lines_are_left_out_and_said() -> None:
    freight = SaleFactLine(2, "POST", Decimal(1), 1500, kind="service")
    told = award(sale("1", at(1), line(1, "M1", 1, 100), freight, line(3, "GIFT", 1, 0)), policy())
    assert told.points == 100
    assert [(each.line, each.reason) for each in told.left_out] == [(2, "service"), (3, "free")]
    assert told.by_line == ((1, 100), (3, 0))


def test_conditions_are_tested_again_on_what_is_kept() -> None:
    rules = policy(BASE, "{id: big, kind: bonus, points: 50, when: {order_at_least: 100}}")
    bought = sale("1", at(1), line(1, "M1", 4, 100))
    assert award(bought, rules).points == 150
    assert award(bought, rules, kept={1: Decimal(3)}).points == 75
    assert award(bought, rules, kept={1: Decimal(0)}).points == 0


def test_a_line_cannot_keep_more_than_was_sold() -> None:
    with pytest.raises(ConfigInvalid, match="keeps 2 of 1"):
        award(paid("1", at(1), 100), policy(), kept={1: Decimal(2)})


def test_an_order_without_the_clocks_instant_cannot_be_awarded() -> None:
    bought = SaleFact(order("1"), "1", (line(1, "M1", 1, 100),), at(1))
    with pytest.raises(ConfigInvalid, match="completed_at"):
        award(bought, policy())


def test_an_unknown_tier_is_refused_by_name() -> None:
    with pytest.raises(ConfigInvalid, match="use one of: A, B, C"):
        award(paid("1", at(1), 100), policy(BASE, TIER, tiers=LADDER), "gold")


def test_a_currency_without_cents_counts_whole_units() -> None:
    rules = policy(top="currency: JPY")
    bought = sale("1", at(1), SaleFactLine(1, "M1", Decimal(1), 1050))
    assert award(bought, rules).points == 1050


def test_the_explanation_is_a_sentence_in_both_languages() -> None:
    told = award(paid("1", at(8), 500), policy(BASE, TIER, tiers=LADDER), "B")
    assert explain(told, "en") == "600 points: 500.00 CNY x 1 per yuan (base, 500) x 1.2 for tier B (tier, +100)."
    assert explain(told, "zh").startswith("600 积分：实付 500.00 CNY")
    odd = award(paid("1", at(8), "0.99"), policy())
    assert explain(odd, "en").endswith("; 0.99 rounded down.")
    nothing = award(paid("1", at(8), 500), policy(), kept={1: Decimal(0)})
    assert explain(nothing, "en") == "0 points: no paid goods are kept."


RULES = policy(
    BASE,
    TIER,
    f"{HALF_MORE}, when: {{category: tea}}}}",
    "{id: off, kind: multiplier, role: campaign, factor: 0.3, when: {sku: [S1, S2]}}",
    "{id: ten, kind: bonus, points: 10, when: {order_at_least: 20}}",
    tiers=LADDER,
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["S1", "S2", "S3"]), st.integers(1, 9), st.integers(0, 9999), st.sampled_from(["tea", ""])
    ),
    min_size=1,
    max_size=6,
)


@given(LINES, st.sampled_from(["A", "B", "C"]))
def test_shares_of_rules_and_lines_sum_to_the_points(rows: list[tuple[str, int, int, str]], tier: str) -> None:
    lines = tuple(
        SaleFactLine(n, sku, Decimal(qty), net, category=category)
        for n, (sku, qty, net, category) in enumerate(rows, 1)
    )
    told = award(sale("1", at(1), *lines), RULES, tier)
    assert sum(each.points for each in told.by_rule) == told.points
    assert sum(points for _, points in told.by_line) == told.points
    assert told.points >= 0


@given(LINES, st.data())
def test_what_is_kept_never_earns_more_than_the_whole(
    rows: list[tuple[str, int, int, str]], data: st.DataObject
) -> None:
    lines = tuple(
        SaleFactLine(n, sku, Decimal(qty), net, category=category)
        for n, (sku, qty, net, category) in enumerate(rows, 1)
    )
    bought = sale("1", at(1), *lines)
    kept = {each.line: Decimal(data.draw(st.integers(0, int(each.qty)))) for each in lines}
    assert award(bought, RULES, kept=kept).points <= award(bought, RULES).points
