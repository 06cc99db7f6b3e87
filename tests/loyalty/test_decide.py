"""The whole decision for one person: what is booked, what is not booked twice, what changes when the past does."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.errors import ConfigInvalid, Conflict
from erplink.loyalty.decide import decide
from erplink.loyalty.decision import Booked, Decision, History
from erplink.loyalty.earning import award
from erplink.model.facts import ReturnFact, SaleFact
from tests.loyalty.shop import BASE, LADDER, ZONE, at, line, order, paid, policy, returned, sale

if TYPE_CHECKING:
    from erplink.policy.programme import Policy

P1 = policy()
TIER = "{id: tier, kind: multiplier, role: tier}"
WELCOME = "{id: welcome, kind: bonus, points: 500, when: {first_purchase: true}}"
TIERED = policy(BASE, TIER, tiers=LADDER)
NOW = at(60)


def history(*facts: SaleFact | ReturnFact) -> History:
    return History(
        tuple(fact for fact in facts if isinstance(fact, SaleFact)),
        tuple(fact for fact in facts if isinstance(fact, ReturnFact)),
    )


def run(rules: Policy, *facts: SaleFact | ReturnFact, booked: Booked | None = None) -> Decision:
    return decide(history(*facts), rules, booked or Booked(), as_of=NOW)


def told(decision: Decision) -> list[tuple[str, str, int]]:
    return [(effect.document.number, effect.sale.number, effect.points) for effect in decision.effects]


def total(decision: Decision) -> int:
    return sum(effect.points for effect in decision.effects)


def test_a_refund_of_three_quarters_keeps_a_quarter() -> None:
    decision = run(P1, sale("1", at(1), line(1, "M1", 4, 100)), returned("r", at(2), ("M1", 3), of="1"))
    assert told(decision) == [("1", "1", 100), ("r", "1", -75)]
    assert [effect.kind for effect in decision.effects] == ["earn", "clawback"]
    assert [effect.effective_at for effect in decision.effects] == [at(1), at(2)]


def test_deciding_again_books_nothing() -> None:
    facts = (paid("1", at(1), 100), paid("2", at(2), 50), returned("r", at(3), ("M1", 1)))
    first = run(TIERED, *facts)
    booked = Booked().after(first)
    assert told(run(TIERED, *facts, booked=booked)) == []
    assert run(TIERED, *facts, booked=booked).frozen == {}


def test_an_edit_books_the_difference_with_the_next_revision() -> None:
    booked = Booked().after(run(P1, paid("1", at(1), 100)))
    decision = run(P1, sale("1", at(1), line(1, "M1", 1, 80), version="2"), booked=booked)
    assert [(each.points, each.kind, each.revision, each.version) for each in decision.effects] == [
        (-20, "clawback", 2, "2")
    ]


def test_a_cancelled_document_gives_back_what_it_did() -> None:
    facts = (paid("1", at(1), 100), paid("2", at(2), 70), returned("r", at(3), ("M1", 1), of="1"))
    booked = Booked().after(run(P1, *facts))
    assert told(run(P1, facts[0], facts[1], booked=booked)) == [("r", "1", 100)]
    gone = run(P1, booked=booked)
    assert told(gone) == [("1", "1", -100), ("2", "2", -70), ("r", "1", 100)]
    assert told(run(P1, booked=booked.after(gone))) == []
    assert told(run(P1, *facts, booked=booked.after(gone))) == [("1", "1", 100), ("2", "2", 70), ("r", "1", -100)]


def test_a_late_purchase_redoes_the_matching_and_the_difference_is_booked() -> None:
    first = paid("1", at(1), 100)
    back_again = returned("r", at(9), ("M1", 1))
    booked = Booked().after(run(P1, first, back_again))
    decision = run(P1, first, paid("2", at(5), 40), back_again, booked=booked)
    assert told(decision) == [("2", "2", 40), ("r", "1", 100), ("r", "2", -40)]
    assert total(decision) == 100


def test_nothing_is_booked_before_the_trigger() -> None:
    waiting = SaleFact(order("1"), "1", (line(1, "M1", 1, 100),), at(1), at(1))
    decision = run(P1, waiting, returned("r", at(2), ("M1", 1), of="1"))
    assert told(decision) == []
    assert decision.left_out == {"not_triggered": 1}


def test_a_return_before_the_trigger_is_booked_when_the_award_is() -> None:
    bought = SaleFact(order("1"), "1", (line(1, "M1", 4, 100),), at(1), at(1), at(3), at(5))
    decision = run(TIERED, bought, returned("r", at(2), ("M1", 1), of="1"))
    assert told(decision) == [("1", "1", 100), ("r", "1", -25)]
    assert {effect.effective_at for effect in decision.effects} == {at(5)}
    assert decision.metric == 7500


def test_documents_before_the_start_count_for_tiers_and_award_nothing() -> None:
    rules = policy(BASE, TIER, WELCOME, tiers=LADDER, top=f"starts_at: {at(10, 0).isoformat()}")
    decision = run(rules, paid("1", at(1), 1000), paid("2", at(10, 0), 100), returned("r", at(11), ("M1", 1), of="1"))
    assert told(decision) == [("2", "2", 120)]
    assert decision.left_out == {"before_start": 1}
    assert (decision.metric, decision.tier) == (10000, "A")


def test_an_order_earns_at_the_tier_before_it() -> None:
    decision = run(TIERED, paid("1", at(1), 1000), paid("2", at(2), 2000), paid("3", at(3), 100))
    assert [(effect.points, effect.tier) for effect in decision.effects] == [(1000, "A"), (2400, "B"), (150, "C")]
    assert (decision.tier, decision.metric) == ("C", 310000)


def test_points_earned_at_a_tier_stay_earned() -> None:
    first, second = paid("1", at(1), 1000), paid("2", at(5), 100)
    booked = Booked().after(run(TIERED, first, second))
    decision = run(TIERED, first, second, returned("r", at(3), ("M1", 1), of="1"), booked=booked)
    assert told(decision) == [("r", "1", -1000)]
    fresh = run(TIERED, first, second, returned("r", at(3), ("M1", 1), of="1"))
    assert told(fresh) == [("1", "1", 1000), ("r", "1", -1000), ("2", "2", 100)]


def test_a_return_takes_back_at_the_tier_of_the_award() -> None:
    decision = run(TIERED, paid("1", at(1), 1000), paid("2", at(2), 100), returned("r", at(9), ("M1", 1), of="2"))
    assert told(decision) == [("1", "1", 1000), ("2", "2", 120), ("r", "2", -120)]


def test_a_fully_refunded_first_order_frees_the_bonus() -> None:
    rules = policy(BASE, WELCOME)
    first, refund = paid("1", at(1, 10), 100), returned("r", at(1, 10, 30), ("M1", 1), of="1")
    second = paid("2", at(1, 11), 100)
    assert total(run(rules, first)) == 600
    assert total(run(rules, first, refund)) == 0
    assert told(run(rules, first, refund, second)) == [("1", "1", 600), ("r", "1", -600), ("2", "2", 600)]
    assert told(run(rules, first, second)) == [("1", "1", 600), ("2", "2", 100)]


def test_only_one_order_at_a_time_holds_the_bonus() -> None:
    rules = policy(BASE, WELCOME)
    later = paid("2", at(5), 100)
    booked = Booked().after(run(rules, later))
    decision = run(rules, paid("1", at(1), 100), later, booked=booked)
    assert told(decision) == [("1", "1", 100)]


def test_the_version_that_awarded_takes_back() -> None:
    double = policy("{id: base, kind: rate, per_yuan: 2}")
    facts = (paid("1", at(1), 100), returned("r", at(9), ("M1", 1), of="1"), paid("2", at(9), 10))
    booked = Booked().after(run(P1, facts[0]))
    decision = decide(history(*facts), double, booked, as_of=NOW, earlier=[P1])
    assert told(decision) == [("2", "2", 20), ("r", "1", -100)]
    with pytest.raises(ConfigInvalid, match="not at hand"):
        decide(history(*facts), double, booked, as_of=NOW)


def test_lots_live_to_the_end_of_the_day_months_later() -> None:
    rules = policy(points="expiry: {kind: months_end_of_day, months: 6}")
    last_of_august = datetime(2026, 8, 31, 23, 59, tzinfo=ZONE)
    (effect,) = run(rules, paid("1", last_of_august, 100)).effects
    assert effect.available_at == last_of_august
    assert effect.expires_at == datetime(2027, 3, 1, tzinfo=ZONE)
    assert run(P1, paid("1", at(1), 100)).effects[0].expires_at is None


def test_the_refund_of_one_line_leaves_the_shares_of_the_others() -> None:
    bought = sale("1", at(1), line(1, "M1", 1, "33.33"), line(2, "M2", 1, "33.33"), line(3, "M3", 1, "33.34"))
    decision = run(P1, bought, returned("r", at(2), ("M2", 1), of="1", amount="30"))
    assert told(decision) == [("1", "1", 100), ("r", "1", -34)]
    assert [(each.stated, each.sold_for) for each in decision.differences] == [(3000, 3333)]


def test_a_return_document_may_touch_several_sales() -> None:
    decision = run(P1, paid("1", at(1), 100), paid("2", at(2), 50), returned("r", at(3), ("M1", 2)))
    assert told(decision) == [("1", "1", 100), ("2", "2", 50), ("r", "1", -100), ("r", "2", -50)]


def test_a_document_given_twice_is_refused() -> None:
    with pytest.raises(Conflict, match="twice"):
        run(P1, paid("1", at(1), 100), paid("1", at(1), 200))
    doubled = sale("1", at(1), line(1, "M1", 1, 10), line(1, "M2", 1, 10))
    with pytest.raises(Conflict, match="two lines"):
        run(P1, doubled, returned("r", at(2), ("M1", 1), of="1"))


def test_what_is_left_out_is_counted() -> None:
    rules = policy(points="trigger: shipped")
    shipped_only = SaleFact(order("9"), "1", (line(1, "M1", 1, 100),), at(1), None, at(1))
    decision = run(rules, sale("1", at(1), line(1, "M1", 1, 100), line(2, "G", 1, 0)), shipped_only)
    assert decision.left_out == {"free_lines": 1, "no_clock": 1}


UNITS = 6
RULES = policy(
    BASE,
    TIER,
    "{id: tea, kind: multiplier, role: campaign, factor: 1.7, when: {category: tea}}",
    "{id: big, kind: bonus, points: 13, when: {order_at_least: 50}}",
    WELCOME,
    tiers=LADDER,
)
NETS = st.lists(st.integers(0, 9999), min_size=1, max_size=3)
PARTS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(2, 20)), max_size=5)


@given(NETS, PARTS, st.permutations(range(5)))
def test_however_a_return_is_split_and_ordered_it_ends_at_what_is_kept(
    nets: list[int], parts: list[tuple[int, int, int]], order_of_arrival: list[int]
) -> None:
    lines = [line(n, f"S{n}", UNITS, str(Decimal(net) / 100), "tea" if n == 1 else "") for n, net in enumerate(nets)]
    bought = sale("1", at(1), *lines)
    left = dict.fromkeys(range(len(nets)), UNITS)
    returns: list[ReturnFact] = []
    for number, (which, units, day) in enumerate(parts):
        if which < len(nets) and left[which] >= units:
            left[which] -= units
            returns.append(returned(str(number), at(day), (f"S{which}", units), of="1"))
    kept = {n: Decimal(units) for n, units in left.items()}
    expected = award(bought, RULES, "A", first_purchase=True, kept=kept).points
    assert total(run(RULES, bought, *returns)) == expected
    booked = Booked()
    arrived: list[ReturnFact] = []
    for n in [None, *(each for each in order_of_arrival if each < len(returns))]:
        arrived += [] if n is None else [returns[n]]
        booked = booked.after(run(RULES, bought, *arrived, booked=booked))
        assert all(entry.points >= 0 for (document, _), entry in booked.entries.items() if document == bought.source)
        assert sum(entry.points for entry in booked.entries.values()) >= 0
    assert sum(entry.points for entry in booked.entries.values()) == expected
    assert told(run(RULES, bought, *returns, booked=booked)) == []


ORDERS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 200000)), max_size=5)
BACKS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 5), st.sampled_from(["", "0", "1"])), max_size=4)


@given(ORDERS, BACKS)
def test_arrival_order_does_not_matter_and_booking_settles(
    orders: list[tuple[int, int, int]], backs: list[tuple[int, int, str]]
) -> None:
    sales = [
        sale(str(n), at(day), line(1, "M1", qty, str(Decimal(net) / 100))) for n, (day, qty, net) in enumerate(orders)
    ]
    returns = [returned(str(n), at(day), ("M1", qty), of=of) for n, (day, qty, of) in enumerate(backs)]
    decision = run(RULES, *sales, *returns)
    assert run(RULES, *sales[::-1], *returns[::-1]) == decision
    assert told(run(RULES, *sales, *returns, booked=Booked().after(decision))) == []
    for each in sales:
        assert sum(effect.points for effect in decision.effects if effect.sale == each.source) >= 0
    keys = [(effect.document, effect.sale, effect.revision) for effect in decision.effects]
    assert len(keys) == len(set(keys))
