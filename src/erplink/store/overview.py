"""The state of a space in figures: what a person looks at after a sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from attrs import frozen

from erplink.store import documents, outbox, views
from erplink.store import tables as t
from erplink.store.outbox import Write
from erplink.store.views import Left, Standing

_TOP = 20
_LISTED = 50


@frozen
class Month:
    """Points booked in one calendar month of the programme's zone, by kind; take-backs and redemptions negative."""

    month: str
    earned: int = 0
    taken_back: int = 0
    redeemed: int = 0
    expired: int = 0
    other: int = 0


@frozen
class Overview:
    """One space at a glance. Amounts of ``left_over`` are minor units of ``currency``."""

    documents: Mapping[str, int]
    members: int
    outstanding: int
    debt: int
    uncollected: int
    monthly: tuple[Month, ...]
    outstanding_by_day: tuple[tuple[date, int], ...]
    top: tuple[Standing, ...]
    writes: Mapping[tuple[str, str], int]
    recent_writes: tuple[Write, ...]
    refused: tuple[Write, ...]
    left_over: tuple[Left, ...]
    left_over_sums: tuple[tuple[str, int, int], ...]
    tallies: Mapping[str, int]
    doubts: tuple[tuple[str, str, str], ...]
    currency: str


def overview(connection: sa.Connection, space: str, pool: str, zone: ZoneInfo, currency: str) -> Overview:
    """Look at a space. Reads every journal entry once, holding one figure per day."""
    months, days = _by_time(views.stream(connection, space, pool), zone)
    a = t.accounts.c
    members, debt = connection.execute(
        sa.select(sa.func.count(), sa.func.sum(a.debt)).where(a.space == space, a.pool == pool, a.entries > 0)
    ).one()
    return Overview(
        documents=documents.count(connection, space),
        members=int(members),
        outstanding=days[-1][1] if days else 0,
        debt=int(debt or 0),
        uncollected=views.uncollected_points(connection, space, pool),
        monthly=months,
        outstanding_by_day=days,
        top=tuple(views.top(connection, space, pool, _TOP)),
        writes=outbox.counts(connection, space),
        recent_writes=tuple(outbox.listed(connection, space, ("done",), _LISTED)),
        refused=tuple(outbox.listed(connection, space, ("refused", "dead"), _LISTED)),
        left_over=tuple(views.left_over(connection, space, _LISTED)),
        left_over_sums=tuple(views.left_over_sums(connection, space)),
        tallies=views.tallies(connection, space),
        doubts=tuple(views.doubts(connection, space, _LISTED)),
        currency=currency,
    )


_COLUMN = {"earn": "earned", "clawback": "taken_back", "spend": "redeemed", "restore": "redeemed", "expire": "expired"}


def _by_time(
    entries: Iterable[tuple[datetime, str, int]], zone: ZoneInfo
) -> tuple[tuple[Month, ...], tuple[tuple[date, int], ...]]:
    months: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    days: dict[date, int] = {}
    outstanding = 0
    for at, kind, points in entries:
        day = at.astimezone(zone).date()
        outstanding += points
        days[day] = outstanding
        months[f"{day:%Y-%m}"][_COLUMN.get(kind, "other")] += points
    return tuple(Month(month, **figures) for month, figures in sorted(months.items())), tuple(sorted(days.items()))
