"""Lists that change while they are walked: whoever stays is met exactly once, whatever else moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from erplink.manifest.paging import Spot
from erplink.manifest.steady import ByLookingBack, ByOverlap, ByTime
from erplink.model.documents import Key

START = datetime(2026, 11, 1, tzinfo=UTC)
Row = tuple[int, int]
"""A second after the start, and an id."""


def instant(text: str) -> datetime | None:
    return START + timedelta(seconds=int(text)) if text else None


def second(at: datetime | None) -> int:
    return -1 if at is None else int((at - START).total_seconds())


rows = st.lists(st.integers(0, 6), min_size=0, max_size=40).map(
    lambda stamps: sorted(zip(stamps, range(99), strict=False))
)
sizes = st.integers(1, 9)
upheavals = st.lists(st.lists(st.integers(0, 39), max_size=3), max_size=60)
LATER = 1000
"""What is touched while a window is walked leaves it: its stamp lies behind the window's end."""


def walk_by_time(table: list[Row], size: int, margin: int, upheaval: Callable[[int], None]) -> Counter[int]:
    """Every id a walk of a window gives; the server's filter takes the stamp in, or leaves it out with a margin."""
    steady, spot, met = ByTime(instant, timedelta(seconds=margin), "test"), Spot(), Counter[int]()
    for turn in range(1000):
        floor = second(steady.floor(spot))
        chosen = [row for row in sorted(table) if row[0] < LATER and (row[0] > floor if margin else row[0] >= floor)]
        page = chosen[spot.page * size : (spot.page + 1) * size]
        step = steady.step(spot, [Key(str(one), "", str(stamp)) for stamp, one in page], ended=not page)
        met.update(page[n][1] for n in step.fresh)
        if step.next is None:
            return met
        spot = step.next
        upheaval(turn)
    raise AssertionError("the walk does not end")


@settings(max_examples=300)
@given(rows, sizes, st.sampled_from([0, 1]), upheavals)
def test_a_walk_by_time_meets_everybody_who_stays_exactly_once(
    table: list[Row], size: int, margin: int, touched: list[list[int]]
) -> None:
    left: set[int] = set()

    def upheaval(turn: int) -> None:
        for one in touched[turn] if turn < len(touched) else []:
            for place, (stamp, other) in enumerate(table):
                if other == one and stamp < LATER:
                    table[place] = (LATER, other)
                    left.add(other)

    everybody = {one for _, one in table}
    met = walk_by_time(table, size, margin, upheaval)
    assert {one for one in met if one not in left} == everybody - left
    assert all(times == 1 for one, times in met.items() if one not in left)


def walk_by_overlap(table: list[int], size: int, cap: int, upheaval: Callable[[int], None]) -> Counter[int]:
    steady, spot, met = ByOverlap(size), Spot(), Counter[int]()
    for turn in range(2000):
        offset = steady.offset(spot)
        page = sorted(table)[offset : offset + min(size + 1, cap)]
        step = steady.step(spot, [Key(str(one), "", "") for one in page], ended=False)
        met.update(page[n] for n in step.fresh)
        if step.next is None:
            return met
        spot = step.next
        upheaval(turn)
    raise AssertionError("the walk does not end")


@settings(max_examples=300)
@given(st.sets(st.integers(0, 60)), sizes, st.integers(1, 20), upheavals)
def test_a_walk_by_overlap_misses_nobody_when_rows_before_it_vanish(
    there: set[int], size: int, cap: int, gone: list[list[int]]
) -> None:
    table, left = sorted(there), set[int]()

    def upheaval(turn: int) -> None:
        for one in gone[turn] if turn < len(gone) else []:
            if one in table:
                table.remove(one)
                left.add(one)

    met = walk_by_overlap(table, size, cap, upheaval)
    assert there - left <= set(met)


@given(st.sets(st.integers(0, 60)), sizes, st.integers(1, 20))
def test_a_walk_by_overlap_over_a_quiet_list_gives_each_once(there: set[int], size: int, cap: int) -> None:
    met = walk_by_overlap(sorted(there), size, cap, lambda _: None)
    assert met == Counter(there)


def walk_by_looking_back(table: list[int], size: int, upheaval: Callable[[int], None]) -> Counter[int]:
    steady, spot, met = ByLookingBack(), Spot(), Counter[int]()
    for turn in range(2000):
        page = sorted(table)[spot.page * size : (spot.page + 1) * size]
        step = steady.step(spot, [Key(str(one), "", "") for one in page], ended=not page)
        met.update(page[n] for n in step.fresh)
        if step.next is None:
            return met
        spot = step.next
        upheaval(turn)
    raise AssertionError("the walk does not end")


@settings(max_examples=300)
@given(st.sets(st.integers(0, 60)), sizes, upheavals)
@example({0, 1, 2, 3}, 1, [[], [], [0], [1]])
def test_a_walk_by_looking_back_misses_nobody_when_rows_before_it_vanish(
    there: set[int], size: int, gone: list[list[int]]
) -> None:
    table, left = sorted(there), set[int]()

    def upheaval(turn: int) -> None:
        for one in gone[turn] if turn < len(gone) else []:
            if one in table:
                table.remove(one)
                left.add(one)

    met = walk_by_looking_back(table, size, upheaval)
    assert there - left <= set(met)
    assert all(times == 1 for times in met.values())
