"""A whole year of a real wholesaler, decided customer by customer, against SQL and a naive replay."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from erplink.loyalty.decide import decide
from erplink.loyalty.decision import Booked, Decision, History
from erplink.policy.programme import load_policy
from tests.acceptance.online_retail import plain_sql, replay
from tests.acceptance.online_retail.facts import ZONE, histories

pytestmark = pytest.mark.slow

AS_OF = datetime(2011, 12, 10, tzinfo=ZONE)


@pytest.fixture(scope="module")
def parquet(shared: Path) -> Path:
    file = shared / "data" / "online_retail.parquet"
    if not file.is_file():
        pytest.skip(f"{file} is not here")
    return file


@pytest.fixture(scope="module")
def year(parquet: Path) -> dict[str, History]:
    return histories(parquet)


def decided(year: dict[str, History], text: str) -> dict[str, Decision]:
    policy = load_policy(text)
    began = time.perf_counter()
    found = {code: decide(history, policy, Booked(), as_of=AS_OF) for code, history in year.items()}
    print(f"\ndecided {sum(len(each.sales) for each in year.values())} sales in {time.perf_counter() - began:.1f} s")
    return found


def totals(decisions: dict[str, Decision]) -> dict[str, int]:
    return {code: sum(effect.points for effect in each.effects) for code, each in decisions.items()}


def without_zeros(points: dict[str, int]) -> dict[str, int]:
    return {code: each for code, each in points.items() if each}


def test_points_equal_plain_sql_and_nothing_is_dropped(parquet: Path, year: dict[str, History]) -> None:
    decisions = decided(year, plain_sql.P1)
    expected = plain_sql.points_by_customer(parquet)
    assert without_zeros(totals(decisions)) == without_zeros(expected)
    unmatched = [rest for each in decisions.values() for rest in each.unmatched]
    taken = sum(line.qty for history in year.values() for document in history.returns for line in document.lines) - sum(
        rest.qty for rest in unmatched
    )
    assert taken > 0
    by_reason = Counter(rest.reason for rest in unmatched)
    assert set(by_reason) <= {"bought_too_little", "never_bought", "free", "service"}
    print(f"points {sum(expected.values())}; unmatched {len(unmatched)} lines {dict(by_reason)},")
    print(
        f"quantity {sum(rest.qty for rest in unmatched)}, amount {sum(rest.amount for rest in unmatched)} minor units"
    )
    print(f"price differences {sum(len(each.differences) for each in decisions.values())}")


def test_points_of_a_tier_policy_equal_an_independent_replay(parquet: Path, year: dict[str, History]) -> None:
    decisions = decided(year, replay.TIERED)
    expected = replay.points_by_customer(parquet)
    assert without_zeros(totals(decisions)) == without_zeros(expected)
    assert sum(expected.values()) > sum(plain_sql.points_by_customer(parquet).values())


def test_a_second_decision_books_nothing_and_arrival_order_does_not_matter(year: dict[str, History]) -> None:
    policy = load_policy(replay.TIERED)
    busiest = sorted(year, key=lambda code: len(year[code].sales), reverse=True)[:200]
    for code in busiest:
        first = decide(year[code], policy, Booked(), as_of=AS_OF)
        shuffled = History(year[code].sales[::-1], year[code].returns[::-1])
        assert decide(shuffled, policy, Booked(), as_of=AS_OF) == first
        assert decide(shuffled, policy, Booked().after(first), as_of=AS_OF).effects == ()
