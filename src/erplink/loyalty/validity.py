"""How long points live: calendar months, clamped to the month's end, to the end of a day of the zone."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from erplink.policy.conditions import local_midnight
from erplink.policy.points import MonthsEndOfDay, NoExpiry


def expiry_of(expiry: NoExpiry | MonthsEndOfDay, at: datetime, zone: ZoneInfo) -> datetime | None:
    """``expires_at`` of a lot awarded at ``at``, None for never: 00:00 after the last day of validity.

    >>> at = datetime(2026, 8, 31, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    >>> expiry_of(MonthsEndOfDay(kind="months_end_of_day", months=6), at, at.tzinfo).isoformat()
    '2027-03-01T00:00:00+08:00'
    """
    if isinstance(expiry, NoExpiry):
        return None
    last = add_months(at.astimezone(zone).date(), expiry.months)
    return local_midnight(datetime(last.year, last.month, last.day, 12, tzinfo=zone), zone, 1)


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, clamped to the month's end.

    >>> add_months(date(2024, 1, 31), 13)
    datetime.date(2025, 2, 28)
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
