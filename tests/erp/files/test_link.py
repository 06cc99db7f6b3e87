"""Files lead into the books like any other system: once, whatever is dropped, corrected, replaced or interrupted."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from openpyxl import load_workbook

from erplink import Link, connect_async
from erplink.erp.files import Files
from erplink.errors import ConfigInvalid, FileInvalid
from erplink.link.values import Progress
from tests.erp.files.shop import CUSTOMERS, HEAD, HEADINGS, ORDERS, Shop, line

POLICY = """
programme: 积分
id: plain
version: 1
zone: Asia/Shanghai
currency: CNY
assembly: {completed: approved, anonymous: [WALKIN]}
points:
  clock: completed_at
  rules: [{id: base, kind: rate, per_yuan: "1"}]
"""
WRITTEN = """
[entities.customers.update]
folder = "out/customers"

[entities.orders.create]
folder = "out/orders"
"""
WORDS = ORDERS.replace('created_at = "下单时间"', 'created_at = "下单时间"\napproved_at = "下单时间"')
WRITES = frozenset({"customers.update", "orders.create"})


@pytest.fixture
def files(shop: Shop) -> Files:
    shop.csv(
        "customers.csv",
        [["C1", "甲", "13900001111", ""], ["C2", "乙", "", ""]],
        ("客户编码", "客户名称", "手机", "积分"),
    )
    return shop.describe(HEAD, WORDS, CUSTOMERS, WRITTEN)


@contextmanager
def linked(shop: Shop, files: Files, books: str = "books") -> Iterator[Link]:
    with shop.open(files) as erp, Link.open(f"sqlite:///{shop.folder / books}.db", space="acme") as link:
        link.policies.publish(POLICY)
        link.attach("shop", erp, writes=WRITES)
        yield link


def points(link: Link) -> dict[str, int]:
    return {row.code: row.points for row in link.members.top(10)}


def told(shop: Shop, folder: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for path in sorted((shop.folder / "out" / folder).glob("[!.]*")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            found += csv.DictReader(file)
    return found


def test_files_become_points_and_balances_are_handed_over(shop: Shop, files: Files) -> None:
    shop.csv(
        "orders.csv",
        [line("SO1", amount="100"), line("SO1", "M2", amount="11"), line("SO2", customer="C2", amount="7")],
    )
    with linked(shop, files) as link:
        link.sync()
        assert points(link) == {"C1": 111, "C2": 7}
        assert {row["客户编码"]: row["积分"] for row in told(shop, "customers")} == {"C1": "111", "C2": "7"}
        assert link.sync().unchanged
        shop.csv("orders-2.csv", [line("SO3", amount="5")])
        link.sync()
        assert points(link) == {"C1": 116, "C2": 7}
        member = link.members.find(code="C1")
        gift = link.points.redeem(member, 60, gift="G1", key="cart-1")
        link.sync()
        assert [(row["单据编号"], row["物料编码"], row["金额"]) for row in told(shop, "orders")] == [
            (gift.order, "G1", "0")
        ]
        assert link.sync().unchanged


def test_a_gift_whose_key_was_used_for_something_else_is_refused_and_costs_nothing(shop: Shop, files: Files) -> None:
    shop.csv("orders.csv", [line("SO1", amount="100")])
    outcomes: list[str] = []
    for books, gift, state, left in (("books", "G1", "done", 40), ("restored", "G2", "refused", 100)):
        with linked(shop, files, books) as link:
            link.sync()
            member = link.members.find(code="C1")
            link.points.redeem(member, 60, gift=gift, key="cart-1")
            link.sync()
            last = link.points.redeem(member, 60, gift=gift, key="cart-1")
            outcomes.append(last.outcome)
            assert (last.state, points(link)["C1"]) == (state, left)
    assert "holds something else" in outcomes[1]
    assert [row["物料编码"] for row in told(shop, "orders")] == ["G1"]


def test_a_corrected_report_is_booked_once_and_its_dead_letter_is_settled(shop: Shop, files: Files) -> None:
    shop.csv("orders.csv", [line("SO1", amount="10"), line("SO2", amount="2O"), line("SO2", "M2", amount="1")])
    with linked(shop, files) as link:
        link.sync()
        assert points(link)["C1"] == 10
        (letter,) = link.dead.list()
        assert (letter.target, letter.error) == ("SO2", "ShapeChanged")
        book = load_workbook(shop.folder / "errors" / "orders" / "orders.csv-errors.xlsx")
        book.worksheets[0]["H2"] = 20
        book.save(shop.folder / "in" / "orders.csv-errors.xlsx")
        for _ in range(2):
            link.sync()
            assert points(link)["C1"] == 31
            assert list(link.dead.list()) == []


def test_an_export_that_is_written_over_every_day_is_news_only_where_it_differs(shop: Shop, files: Files) -> None:
    with linked(shop, files) as link:
        shop.csv("orders.csv", [line(f"SO{n}", amount="10") for n in range(20)])
        link.sync()
        shop.csv("orders.csv", [line(f"SO{n}", amount="15" if n == 7 else "10") for n in range(21)])
        pulled = {each.entity: each for each in link.sync().pulled}
        assert (pulled["orders"].fresh, pulled["orders"].known) == (2, 19)
        assert points(link)["C1"] == 215


def test_a_sync_that_dies_between_any_two_pages_goes_on_where_it_was(shop: Shop) -> None:
    shop.csv("customers.csv", [["C1", "甲", "", ""]], ("客户编码", "客户名称", "手机", "积分"))
    words = WORDS.replace('files = "in/orders*"', 'files = "in/orders*"\ndone = "in/done"')
    files = shop.describe(f"{HEAD}page = 3\n", words, CUSTOMERS, WRITTEN)
    for name in "abc":
        shop.csv(f"orders-{name}.csv", [line(f"{name}{n}", f"M{m}", amount="1") for n in range(8) for m in range(2)])
    interrupted = 0

    def dying(progress: Progress) -> None:
        if progress.what == "orders":
            raise _Died

    for _ in range(20):
        with linked(shop, files) as link:
            try:
                link.sync(progress=dying)
                break
            except _Died:
                interrupted += 1
    assert interrupted == 9
    with linked(shop, files) as link:
        link.sync()
        assert points(link) == {"C1": 48}
    assert sorted(path.name for path in (shop.folder / "in" / "done").iterdir()) == [f"orders-{n}.csv" for n in "abc"]


class _Died(BaseException):
    """The process is gone."""


def test_wrong_headings_hold_the_feed_where_it_is_and_lose_nothing(shop: Shop, files: Files) -> None:
    shop.csv("orders-1.csv", [line("SO1", amount="1")])
    wrong = shop.csv("orders-2.csv", [line("SO2", amount="2")], ("单据编号", "客户代码", *HEADINGS[2:]))
    shop.csv("orders-3.csv", [line("SO3", amount="4")])
    with linked(shop, files) as link:
        with pytest.raises(FileInvalid, match="did you mean '客户代码'"):
            link.sync()
        words = WORDS.replace('customer = "客户编码"', 'customer = ["客户编码", "客户代码"]')
        files = shop.describe(HEAD, words, CUSTOMERS, WRITTEN)
    assert wrong.exists()
    with linked(shop, files) as link:
        link.sync()
        assert points(link)["C1"] == 7


def test_a_damaged_file_is_a_dead_letter_and_the_others_are_booked(shop: Shop, files: Files) -> None:
    shop.csv("orders-1.csv", [line("SO1", amount="1")])
    (shop.folder / "in" / "orders-2.xlsx").write_bytes(b"PK broken")
    with linked(shop, files) as link:
        link.sync()
        assert points(link)["C1"] == 1
        (letter,) = link.dead.list()
        assert (letter.target, letter.error) == ("in/orders-2.xlsx", "FileInvalid")
        shop.xlsx("orders-2.xlsx", [line("SO2", amount=2)])
        link.sync()
        assert points(link)["C1"] == 3


def test_reconciliation_takes_nothing_for_deleted_unless_the_files_hold_everything(shop: Shop, files: Files) -> None:
    path = shop.csv("orders.csv", [line("SO1", amount="10"), line("SO2", amount="20")])
    with linked(shop, files) as link:
        link.sync()
        path.unlink()
        shop.csv("orders-2.csv", [line("SO1", amount="10")])
        assert link.reconcile().clean
    words = WORDS.replace('files = "in/orders*"', 'files = "in/orders*"\ncomplete = true')
    with linked(shop, shop.describe(HEAD, words, CUSTOMERS, WRITTEN)) as link:
        plan = link.reconcile()
        assert [(one.kind, one.number) for one in plan.first] == [("gone", "SO2")]
        link.repair(plan)
        link.sync()
        assert points(link)["C1"] == 10


def test_the_asynchronous_facade_reads_in_threads(shop: Shop, files: Files) -> None:
    shop.csv("orders.csv", [line(f"SO{n}") for n in range(5)])

    async def read() -> list[str]:
        async with connect_async(files) as erp:
            return [one.number async for one in erp.orders.list()]

    assert anyio.run(read) == [f"SO{n}" for n in range(5)]


def test_a_folder_that_is_not_there_stops_nothing_else(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "share")
    shop.folder.mkdir()
    files = shop.describe(HEAD, WORDS)
    (shop.folder / "files.toml").unlink()
    shop.folder.rmdir()
    with shop.open(files) as erp, pytest.raises(ConfigInvalid, match="the folder share is not there"):
        list(erp.orders.list())
