"""Conditions: days of the zone, half-open windows, inclusive thresholds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from erplink.policy.conditions import OrderSight, When, line_holds, local_midnight, order_holds

NEW_YORK = ZoneInfo("America/New_York")


def seen(at: str, basis: int = 10000, *, first: bool = False, zone: ZoneInfo = NEW_YORK) -> OrderSight:
    return OrderSight(datetime.fromisoformat(at), zone, basis, 100, first)


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-03-08T04:59:59+00:00", False),
        ("2026-03-08T05:00:00+00:00", True),
        ("2026-03-09T03:59:59+00:00", True),
        ("2026-03-09T04:00:00+00:00", False),
    ],
)
def test_a_member_day_of_23_hours(at: str, *, holds: bool) -> None:
    assert order_holds(When(day_of_month=8), seen(at)) is holds


def test_weekdays_are_those_of_the_zone() -> None:
    when = When.model_validate({"weekday": ["sat", "sun"]})
    assert order_holds(when, seen("2026-03-09T03:59:59+00:00"))
    assert not order_holds(when, seen("2026-03-09T04:00:00+00:00"))


def test_a_window_is_half_open() -> None:
    when = When.model_validate({"from": "2026-03-01T00:00:00+08:00", "to": "2026-04-01T00:00:00+08:00"})
    moments = {
        "2026-02-28T15:59:59+00:00": False,
        "2026-02-28T16:00:00+00:00": True,
        "2026-03-31T15:59:59+00:00": True,
        "2026-03-31T16:00:00+00:00": False,
    }
    assert {at: order_holds(when, seen(at)) for at in moments} == moments


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="later than"):
        When.model_validate({"from": "2026-03-01T00:00:00+08:00", "to": "2026-02-28T16:00:00Z"})


def test_a_threshold_is_inclusive_to_the_fen() -> None:
    when = When.model_validate({"order_at_least": "100.00"})
    at = "2026-03-09T04:00:00+00:00"
    assert [order_holds(when, seen(at, fen)) for fen in (9999, 10000, 10001)] == [False, True, True]


def test_first_purchase_and_everything_named_must_hold() -> None:
    when = When.model_validate({"first_purchase": True, "order_at_least": 100})
    at = "2026-03-09T04:00:00+00:00"
    assert order_holds(when, seen(at, first=True))
    assert not order_holds(when, seen(at))
    assert not order_holds(when, seen(at, 9999, first=True))


def test_lines_are_chosen_by_category_and_sku() -> None:
    when = When.model_validate({"category": ["tea", "cups"], "sku": "M1"})
    assert line_holds(when, "M1", "tea")
    assert not line_holds(when, "M2", "tea")
    assert not line_holds(when, "M1", "coffee")
    assert line_holds(When(), "anything", "")


def test_the_midnight_after_a_short_day() -> None:
    noon = datetime(2026, 3, 8, 16, tzinfo=UTC)
    assert local_midnight(noon, NEW_YORK, 1).isoformat() == "2026-03-09T00:00:00-04:00"
    assert local_midnight(noon, NEW_YORK).isoformat() == "2026-03-08T00:00:00-05:00"
