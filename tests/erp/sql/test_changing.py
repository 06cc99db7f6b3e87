"""Tables change while they are read: nothing is lost, nothing comes twice, no document is put together of two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from erplink.wire.adapter import Window
from tests.erp.sql.conftest import Place
from tests.erp.sql.old_erp import NOON, ORDERS, OldErp, numbers, order, pages, shop

ZONE = ZoneInfo("Asia/Shanghai")
ROUNDS = 12


def test_a_document_is_of_one_instant(place: Place) -> None:
    """Somebody writes figures that go together, head and lines in one transaction, as long as we read."""
    with shop(place, 20, lines=3) as old, writing(old) as versions:
        seen = set[Decimal]()
        with old.open(ORDERS, page=4) as erp:
            for _ in range(ROUNDS):
                for found in erp.orders.list():
                    amounts = {line.amount for line in found.lines}
                    assert amounts == {Decimal(found.note or "19.9")}, found.number
                    seen |= amounts
        assert len(seen) > 2, versions


@contextmanager
def writing(old: OldErp) -> Iterator[list[int]]:
    """A writer in another thread, as long as the block lasts."""
    orders, entries = old.metadata.tables["SEOrder"], old.metadata.tables["SEOrderEntry"]
    stop, versions = Event(), [0]

    def write() -> None:
        while not stop.is_set():
            versions[0] += 1
            version = versions[0]
            old.do(
                sa.update(entries).where(entries.c.FInterID % 2 == version % 2).values(FAmount=version),
                sa.update(orders).where(orders.c.FInterID % 2 == version % 2).values(FNote=str(version)),
            )

    writer = Thread(target=write)
    writer.start()
    try:
        yield versions
    finally:
        stop.set()
        writer.join()


def test_what_is_edited_while_it_is_read_comes_now_or_with_the_next_window(place: Place) -> None:
    since, until, later = (NOON.replace(tzinfo=ZONE) + timedelta(seconds=n) for n in (-1, 60, 120))
    with shop(place, 30) as old, old.open(ORDERS, page=4) as erp:
        orders = old.metadata.tables["SEOrder"]
        walk = pages(erp, Window(since, until))
        found = [*next(walk).items]
        moved = [2, 3, 10, 11, 25]
        stamp = NOON + timedelta(seconds=90)
        old.do(sa.update(orders).where(orders.c.FInterID.in_(moved)).values(FModified=stamp))
        old.do(sa.delete(orders).where(orders.c.FInterID == 12))
        found += [each for page in walk for each in page.items]
        told = numbers(found)
        again = numbers([*erp.orders.changes(until, later)])
    assert len(told) == len(set(told))
    assert again == [f"SO{n:05d}" for n in moved]
    assert {*told, *again} == {f"SO{n:05d}" for n in range(1, 31) if n != 12}


@settings(max_examples=60)
@given(
    stamps=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    late=st.dictionaries(st.integers(0, 60), st.integers(7, 12), max_size=12),
    page=st.integers(1, 9),
    cuts=st.sets(st.integers(1, 12), max_size=4),
    gap=st.sampled_from([1, 7, 3600]),
)
def test_every_row_comes_once_in_a_chain_of_windows(
    tmp_path_factory: pytest.TempPathFactory,
    stamps: list[int],
    late: dict[int, int],
    page: int,
    cuts: set[int],
    gap: int,
) -> None:
    """Whatever the stamps, many of them alike, whatever the pages and the windows, and with rows that are added."""
    folder = tmp_path_factory.mktemp("chain")
    place = Place("sqlite", f"sqlite:///{folder / 'erp.db'}", folder)
    with shop(place) as old:
        orders = old.metadata.tables["SEOrder"]
        old.put(orders, [order(n * 3, stamp * gap) for n, stamp in enumerate(stamps, 1)])
        waiting = dict(late)
        bounds: list[datetime | None] = [None, *(_at(cut * gap) for cut in sorted(cuts)), _at(14 * gap)]
        found: list[str] = []
        with old.open(ORDERS, page=page) as erp:
            for since, until in pairwise(bounds):
                for one in pages(erp, Window(since, until)):
                    found += numbers(list(one.items))
                    # What is added meanwhile has a stamp behind the window that is being read.
                    fresh = [key for key, stamp in waiting.items() if until is not None and _at(stamp * gap) >= until]
                    old.put(orders, [order(key * 3 + 1, waiting.pop(key) * gap) for key in fresh[:2]])
        there = {row[0] for row in old.all('SELECT "FBillNo" FROM "SEOrder"')}
        assert len(found) == len(set(found))
        assert set(found) == there


def _at(seconds: int) -> datetime:
    return (NOON + timedelta(seconds=seconds)).replace(tzinfo=ZONE).astimezone(UTC)
