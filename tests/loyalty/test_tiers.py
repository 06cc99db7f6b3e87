"""Tiers: thresholds, windows, up at once, down at the nightly review; against looking at everything again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink.loyalty.tiers import SpendEvent, track_tiers
from erplink.policy.points import TierPolicy
from tests.loyalty.shop import ZONE, at, back, order

if TYPE_CHECKING:
    from erplink.loyalty.tiers import TierTrack


def ladder(n: int | None, *thresholds: int) -> TierPolicy:
    window = {"kind": "lifetime"} if n is None else {"kind": "rolling_days", "n": n}
    levels = [{"name": str(each), "from": each} for each in (0, *thresholds)]
    return TierPolicy.model_validate({"window": window, "levels": levels})


def spent(number: int, when: datetime, yuan: int) -> SpendEvent:
    return SpendEvent(when, order(str(number)) if yuan > 0 else back(str(number)), yuan * 100)


def track(policy: TierPolicy, *events: SpendEvent) -> TierTrack:
    return track_tiers(events, policy, ZONE)


@pytest.mark.parametrize(
    ("before", "now", "tier"),
    [
        (0, 6000, "0"),
        (0, 15000, "10000"),
        (0, 25000, "20000"),
        (4000, 500, "0"),
        (8000, 3000, "10000"),
        (18000, 3000, "20000"),
        (22000, 5000, "20000"),
        (9000, 1000, "10000"),
    ],
)
def test_the_tier_after_an_order(before: int, now: int, tier: str) -> None:
    found = track(ladder(365, 10000, 20000), spent(1, at(1), before or 1), spent(2, at(2), now))
    assert found.at(at(2)).tier == tier


def test_an_order_does_not_count_for_itself_and_one_before_it_counts_at_once() -> None:
    found = track(ladder(365, 1000), spent(1, at(1, 10), 1000), spent(2, at(1, 11), 5))
    assert found.before(at(1, 10), order("1")).tier == "0"
    assert found.before(at(1, 11), order("2")).tier == "1000"
    assert found.before(at(1, 10), order("2")).tier == "1000"


def test_a_return_lowers_the_tier_at_the_next_midnight_not_before() -> None:
    found = track(ladder(365, 1000), spent(1, at(1), 1000), spent(2, at(5, 9), -1))
    standings = [found.at(moment) for moment in (at(5, 8), at(5, 9), at(5, 23, 59), at(6, 0))]
    assert [each.tier for each in standings] == ["1000", "1000", "1000", "0"]
    assert [each.metric for each in standings] == [100000, 99900, 99900, 99900]


def test_spend_leaves_the_window_after_n_days_and_the_review_takes_the_day_that_ended() -> None:
    found = track(ladder(10, 1000), spent(1, at(1), 1000))
    assert (found.at(at(10, 23)).tier, found.at(at(10, 23)).metric) == ("1000", 100000)
    assert (found.at(at(11, 0)).tier, found.at(at(11, 0)).metric) == ("1000", 0)
    assert found.at(at(12, 0)).tier == "0"


def test_a_lifetime_never_forgets() -> None:
    found = track(ladder(None, 1000), spent(1, at(1), 1000))
    assert found.at(at(9000)).tier == "1000"


def test_days_are_those_of_the_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=ZONE)
    found = track(ladder(1, 1000), spent(1, late, 1000))
    assert found.at(late + timedelta(minutes=29)).metric == 100000
    assert found.at(late + timedelta(minutes=30)).metric == 0


MOMENTS = st.tuples(st.integers(1, 14), st.integers(0, 23))
CHANGES = st.lists(st.tuples(MOMENTS, st.integers(-80, 100).filter(bool)), max_size=12)


@given(CHANGES, MOMENTS, st.sampled_from([1, 3, 7]))
def test_one_pass_equals_looking_at_everything_again(
    changes: list[tuple[tuple[int, int], int]], asked: tuple[int, int], n: int
) -> None:
    policy = ladder(n, 50, 120)
    events = [spent(number, at(*moment), yuan) for number, (moment, yuan) in enumerate(changes)]
    now = at(*asked)
    known = sorted((each for each in events if each.at <= now), key=lambda each: (each.at, each.source))
    today = now.date()
    before = [each for each in known if each.at.date() < today]
    moments = [window(before, today - timedelta(days=1), n), window(before, today, n)]
    moments += [window(known[: end + 1], today, n) for end, each in enumerate(known) if each.at.date() == today]
    reached = max(moments)
    standing = track(policy, *events[::-1]).at(now)
    assert standing.tier == ("120" if reached >= 12000 else "50" if reached >= 5000 else "0")
    assert standing.metric == window(known, today, n)


def window(events: list[SpendEvent], last: date, n: int) -> int:
    days = {last - timedelta(days=back) for back in range(n)}
    return sum(each.amount for each in events if each.at.astimezone(ZONE).date() in days)
