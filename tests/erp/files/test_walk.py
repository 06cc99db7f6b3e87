"""What is new is read once, from file to file; whatever is added, changed or interrupted meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from erplink import Order
from erplink.errors import Busy, ConfigInvalid
from erplink.facade.step import iterate
from erplink.wire.adapter import Page, Window
from tests.erp.files.shop import CUSTOMERS, HEAD, HEADINGS, ORDERS, Shop, line

LATER = datetime(2100, 1, 1, tzinfo=UTC)
STAMPED = ORDERS.replace("note = {", 'modified = { path = "修改时间", optional = true }\nnote = {')
DONE = ORDERS.replace('files = "in/orders*"', 'files = "in/orders*"\ndone = "in/done"')


def numbers(pages: list[Page]) -> list[str]:
    return [one.number for page in pages for one in page.items]


def written(path: Path, minutes: float) -> Path:
    """A file that was written so many minutes after an hour ago."""
    at = time.time() - 3600 + minutes * 60
    os.utime(path, (at, at))
    return path


def came(path: Path) -> datetime:
    """The instant a file came."""
    return datetime.fromtimestamp(path.stat().st_ctime_ns // 1000 / 1e6, UTC)


def after(path: Path) -> datetime:
    """An instant behind that, and before anything that comes later."""
    while (now := came(touched(path.parent / ".clock"))) <= came(path):
        pass
    return now


def touched(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def test_files_are_read_in_the_order_of_writing_and_then_by_name(shop: Shop) -> None:
    for name, minutes in [("c", 1), ("a", 2), ("b", 2), ("d", 0)]:
        written(shop.csv(f"orders-{name}.csv", [line(f"SO-{name}")]), minutes)
    assert numbers(shop.pages()) == ["SO-d", "SO-c", "SO-a", "SO-b"]


def test_a_document_in_several_files_comes_once_from_the_one_that_was_written_last(shop: Shop) -> None:
    written(shop.csv("orders-b.csv", [line("SO1", amount="1"), line("SO2")]), 1)
    written(shop.csv("orders-a.csv", [line("SO1", amount="3"), line("SO3")]), 3)
    written(shop.xlsx("orders-c.xlsx", [line("SO1", amount="2")]), 2)
    documents, _ = shop.read()
    assert set(documents) == {"SO1", "SO2", "SO3"}
    order = documents["SO1"]
    assert isinstance(order, Order)
    assert order.lines[0].amount == 3
    with shop.open() as erp:
        assert erp.orders.get("SO1") == order


def test_a_window_has_the_files_that_came_in_it(shop: Shop) -> None:
    first = shop.csv("orders-1.csv", [line("SO1")])
    between = after(first)
    second = shop.csv("orders-2.csv", [line("SO2")])
    files = shop.orders()
    assert numbers(shop.pages(files, Window(came(first), between))) == ["SO1"]
    assert numbers(shop.pages(files, Window(between, after(second)))) == ["SO2"]
    assert numbers(shop.pages(files, Window(after(second)))) == []


def test_a_copy_that_keeps_its_time_of_writing_is_new(shop: Shop) -> None:
    begun = after(touched(shop.folder / "x"))
    written(shop.csv("orders.csv", [line()]), -100_000)
    assert numbers(shop.pages(window=Window(begun))) == ["SO1"]


def test_a_file_that_is_moved_in_is_new(shop: Shop) -> None:
    shop.csv("elsewhere.csv", [line()])
    begun = after(shop.folder / "in" / "elsewhere.csv")
    (shop.folder / "in" / "elsewhere.csv").rename(shop.folder / "in" / "orders.csv")
    assert numbers(shop.pages(window=Window(begun))) == ["SO1"]


def test_a_file_is_left_alone_until_nobody_has_touched_it_for_a_while(shop: Shop) -> None:
    path = shop.csv("orders.csv", [line()])
    files = shop.orders(head=HEAD.replace("settle = 0", "settle = 30"))
    with shop.open(files) as erp:
        assert timedelta(seconds=29) < after(path) - erp.now() < timedelta(seconds=31)
        assert list(iterate(erp.adapter.pages("orders", Window(None, LATER)))) == []
        assert [one.number for one in erp.orders.list()] == ["SO1"]
        assert [one.number for one in erp.orders.changes(came(path))] == ["SO1"]


def test_a_stamp_counts_beside_the_arrival_of_its_file(shop: Shop) -> None:
    rows = [[*line("old"), "2026-10-01"], [*line("new"), "2026-11-02 10:00"], [*line("none"), ""]]
    path = shop.csv("orders.csv", rows, (*HEADINGS, "修改时间"))
    files = shop.describe(HEAD, STAMPED)
    november = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    assert numbers(shop.pages(files, november)) == ["new"]
    assert numbers(shop.pages(files, Window(came(path), after(path)))) == ["old", "new", "none"]
    assert [one.version for one in shop.read(files)[0].values()] == ["2026-09-30T16:00:00", "2026-11-02T02:00:00", ""]


def test_a_walk_goes_on_after_any_token_and_tells_the_rest(shop: Shop) -> None:
    for name in ("a", "b", "c"):
        rows = [line(f"{name}{n}", f"M{m}") for n in range(5) for m in range(2)]
        rows[4][7] = "x"  # the third order of each file
        shop.csv(f"orders-{name}.csv", rows)
    files = shop.orders(head=f"{HEAD}page = 2\n")
    pages = shop.pages(files)
    assert numbers(pages) == [f"{name}{n}" for name in "abc" for n in (0, 1, 3, 4)]
    for place, page in enumerate(pages):
        rest = pages[place + 1 :]
        again = shop.pages(files, after=page.token)
        assert numbers(again) == numbers(rest)
        assert [one.number for each in again for one in each.broken] == [one.number for e in rest for one in e.broken]


def test_what_is_no_token_is_told(shop: Shop) -> None:
    shop.csv("orders.csv", [line()])
    for token in ("x", "{}", "[1]", '["a",1,2,3]'):
        with pytest.raises(ConfigInvalid, match="is not a token"):
            shop.pages(after=token)


def two_files(shop: Shop) -> datetime:
    """Two files of six orders and of one; an instant at which both have come."""
    written(shop.csv("orders-a.csv", [line(f"A{n}") for n in range(6)]), 0)
    return after(written(shop.csv("orders-b.csv", [line("B1")]), 1))


@contextmanager
def begun(shop: Shop, window: Window) -> Iterator[Iterator[Page]]:
    """A walk over them after its first page."""
    with shop.open(shop.orders(head=f"{HEAD}page = 2\n")) as erp:
        pages = iterate(erp.adapter.pages("orders", window))
        assert numbers([next(pages)]) == ["A0", "A1"]
        yield pages


def test_a_file_that_is_replaced_while_it_is_read_comes_whole_with_the_next_window(shop: Shop) -> None:
    until = two_files(shop)
    with begun(shop, Window(None, until)) as pages:
        beside = shop.csv("new.csv", [line("A0", amount="1"), line("A7")])
        beside.replace(shop.folder / "in" / "orders-a.csv")
        assert numbers(list(pages)) == ["B1"]
    assert numbers(shop.pages(window=Window(until))) == ["A0", "A7"]


def test_a_file_that_grows_while_it_is_read_comes_whole_with_the_next_window(shop: Shop) -> None:
    until = two_files(shop)
    with begun(shop, Window(None, until)) as pages:
        with (shop.folder / "in" / "orders-a.csv").open("a", encoding="utf-8") as file:
            file.write("A6,C1,已审核,2026-11-01,,M1,1,9.9\n")
        assert numbers(list(pages)) == ["B1"]
    assert numbers(shop.pages(window=Window(until))) == [f"A{n}" for n in range(7)]


def test_without_a_window_whoever_reads_is_told_that_a_file_has_changed(shop: Shop) -> None:
    two_files(shop)
    with begun(shop, Window()) as pages:
        shop.csv("orders-a.csv", [line("A0")])
        with pytest.raises(Busy, match="the file was changed while it was read.*read again"):
            list(pages)


def test_a_file_that_vanishes_takes_nothing_else_along(shop: Shop) -> None:
    two_files(shop)
    with begun(shop, Window()) as pages:
        (shop.folder / "in" / "orders-a.csv").unlink()
        assert numbers(list(pages)) == ["B1"]


def test_a_file_that_changes_before_its_turn_is_read_as_it_is_then(shop: Shop) -> None:
    two_files(shop)
    with begun(shop, Window()) as pages:
        shop.csv("orders-b.csv", [line("B2"), line("B3"), line("B2", "M2")])
        rest = list(pages)
    assert numbers(rest) == ["A2", "A3", "A4", "A5", "B3"]
    assert {one.number for page in rest for one in page.broken} == {"B2"}


def test_a_token_of_a_file_that_has_changed_begins_it_again(shop: Shop) -> None:
    files = shop.orders(head=f"{HEAD}page = 2\n")
    shop.csv("orders.csv", [line(f"A{n}") for n in range(5)])
    token = shop.pages(files)[0].token
    assert numbers(shop.pages(files, after=token)) == ["A2", "A3", "A4"]
    shop.csv("orders.csv", [line(f"A{n}", amount="1") for n in range(6)])
    assert numbers(shop.pages(files, after=token)) == [f"A{n}" for n in range(6)]


def test_files_are_put_away_when_the_page_behind_them_is_asked_for(shop: Shop) -> None:
    for name in ("a", "b"):
        shop.csv(f"orders-{name}.csv", [line(f"SO-{name}")])
    there, done = shop.folder / "in", shop.folder / "in" / "done"
    window = Window(None, LATER)
    with shop.open(shop.describe(HEAD, DONE)) as erp:
        pages = iterate(erp.adapter.pages("orders", window))
        first = next(pages)
        assert (there / "orders-a.csv").exists()
        next(pages)
        assert not (there / "orders-a.csv").exists()
        assert (done / "orders-a.csv").exists()
        assert (there / "orders-b.csv").exists()
        assert list(pages) == []
    assert sorted(path.name for path in done.iterdir()) == ["orders-a.csv", "orders-b.csv"]
    assert first.token


def test_a_file_that_was_stored_before_a_crash_is_put_away_by_the_next_run(shop: Shop) -> None:
    for name in ("a", "b"):
        shop.csv(f"orders-{name}.csv", [line(f"SO-{name}")])
    files = shop.describe(HEAD, DONE)
    window = Window(None, LATER)
    with shop.open(files) as erp:
        token = next(iterate(erp.adapter.pages("orders", window))).token  # stored; then the process dies
    assert numbers(shop.pages(files, window, token)) == ["SO-b"]
    assert sorted(path.name for path in (shop.folder / "in").glob("*")) == ["done"]


def test_files_of_one_name_are_put_away_side_by_side(shop: Shop) -> None:
    files = shop.describe(HEAD, DONE)
    for n in range(3):
        shop.csv("orders.csv", [line(f"SO{n}")])
        assert numbers(shop.pages(files, Window(LATER - timedelta(days=1), LATER))) == [f"SO{n}"]
    done = {path.name: path.read_text(encoding="utf-8") for path in (shop.folder / "in" / "done").iterdir()}
    assert sorted(done) == ["orders (2).csv", "orders (3).csv", "orders.csv"]
    assert "SO2" in done["orders (3).csv"]


def test_reading_without_a_window_puts_nothing_away(shop: Shop) -> None:
    shop.csv("orders.csv", [line()])
    files = shop.describe(HEAD, DONE)
    assert numbers(shop.pages(files)) == numbers(shop.pages(files)) == ["SO1"]


def test_a_damaged_file_is_not_put_away(shop: Shop) -> None:
    (shop.folder / "in").mkdir()
    path = shop.folder / "in" / "orders.xlsx"
    path.write_bytes(b"PK")
    files = shop.describe(HEAD, DONE)
    window = Window(None, LATER)
    (page,) = shop.pages(files, window)
    assert shop.pages(files, window, page.token) == []
    assert path.exists()


def test_keys_are_offered_where_the_files_hold_everything_and_come_in_order(shop: Shop) -> None:
    rows = [[f"C{n}", "甲"] for n in (100, 9, 11, 99, 8)]
    shop.csv("customers-1.csv", rows, ("客户编码", "客户名称"))
    shop.csv("customers-2.csv", [["C8", "乙"], ["C7", "丙"]], ("客户编码", "客户名称"))
    words = CUSTOMERS.replace('files = "in/customers*"', 'files = "in/customers*"\ncomplete = true')
    with shop.open(shop.describe(HEAD, words)) as erp:
        keys = [key.id for page in iterate(erp.adapter.keys("customers")) for key in page.keys]
        rest = [key.id for page in iterate(erp.adapter.keys("customers", "C9")) for key in page.keys]
    assert keys == ["C7", "C8", "C9", "C11", "C99", "C100"]
    assert rest == ["C11", "C99", "C100"]


@pytest.mark.parametrize("words", [ORDERS, DONE], ids=["left", "put away"])
@pytest.mark.parametrize("becomes", ["gone", "replaced", "replaced while it is read"])
def test_what_was_left_to_a_later_file_is_told_after_all_when_that_is_gone(
    shop: Shop, words: str, becomes: str
) -> None:
    written(shop.csv("orders-a.csv", [line("A1"), line("N1", amount="1"), line("N2", amount="1")]), 0)
    written(shop.csv("orders-b.csv", [line("N2", amount="2"), line("B1")]), 1)
    last = written(shop.csv("orders-c.csv", [line("N1", amount="3"), line("C1"), line("N2", amount="3")]), 2)
    files = shop.describe(f"{HEAD}page = 1\n", words)
    with shop.open(files) as erp:
        pages = iterate(erp.adapter.pages("orders", Window(None, after(last))))
        found = [next(pages), next(pages)]
        if becomes == "replaced while it is read":
            found.append(next(pages))
        if becomes == "gone":
            last.unlink()
        else:
            shop.csv("orders-c.csv", [line("C2")])
        found += pages
    told = [(one.number, str(one.lines[0].amount)) for page in found for one in page.items if isinstance(one, Order)]
    if becomes == "replaced while it is read":
        assert told == [("A1", "9.90"), ("B1", "9.90"), ("N1", "3"), ("N2", "1"), ("N2", "2")]
    else:
        assert told == [("A1", "9.90"), ("B1", "9.90"), ("N1", "1"), ("N2", "1"), ("N2", "2")]
