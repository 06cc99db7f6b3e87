"""Lines in a second file find their document, in whatever order they stand, and nothing is left over silently."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from erplink import Order
from erplink.wire.adapter import Window
from tests.erp.files.shop import HEAD, Shop, read_xlsx, write_xlsx

WORDS = """\
[entities.orders]
files = "in/orders-*"

[entities.orders.fields]
number = "单据编号"
customer = "客户编码"
status = { value = "approved" }

[entities.orders.lines]
files = "in/lines-*"
parent = "单号"

[entities.orders.lines.fields]
sku = "物料编码"
qty = "数量"
amount = "金额"
"""
HEADS, LINES = ("单据编号", "客户编码"), ("单号", "物料编码", "数量", "金额")


def orders(shop: Shop) -> dict[str, list[str]]:
    documents, broken = shop.read(shop.describe(HEAD, WORDS))
    assert broken == []
    return {
        number: [one.sku for one in document.lines]
        for number, document in documents.items()
        if isinstance(document, Order)
    }


def test_lines_find_their_order_wherever_they_stand(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"], ["SO2", "C1"], ["SO3", "C2"]], HEADS)
    rows = [["SO3", "M5", 1, 1], ["SO1", "M1", 1, 1], ["", "M2", 1, 1], ["SO2", "M4", 1, 1], ["SO1", "M3", 1, 1]]
    shop.csv("lines-1.csv", rows, LINES)
    assert orders(shop) == {"SO1": ["M1", "M2", "M3"], "SO2": ["M4"], "SO3": ["M5"]}


def test_files_are_paired_by_what_their_wildcards_stand_for_whatever_their_format(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"]], HEADS)
    shop.csv("lines-1.csv", [["SO1", "M1", 1, 1]], LINES)
    shop.csv("orders-2.csv", [["SO1", "C1"], ["SO2", "C1"]], HEADS)
    shop.csv("lines-2.csv", [["SO1", "M7", 1, 1], ["SO2", "M2", 1, 1]], LINES)
    for name in ("orders-2.csv", "lines-2.csv"):
        os.utime(shop.folder / "in" / name, (4e9, 4e9))
    assert orders(shop) == {"SO1": ["M7"], "SO2": ["M2"]}


def test_a_file_waits_until_its_lines_are_there(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"]], HEADS)
    assert orders(shop) == {}
    shop.csv("lines-2.csv", [["SO1", "M1", 1, 1]], LINES)
    assert orders(shop) == {}
    (shop.folder / "in" / "lines-2.csv").rename(shop.folder / "in" / "lines-1.csv")
    assert orders(shop) == {"SO1": ["M1"]}


def test_a_pair_comes_when_the_later_one_comes(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"]], HEADS)
    lines = shop.csv("lines-1.csv", [["SO1", "M1", 1, 1]], LINES)
    came = datetime.fromtimestamp(lines.stat().st_ctime_ns // 1000 / 1e6, UTC)
    files = shop.describe(HEAD, WORDS)
    assert shop.pages(files, Window(None, came)) == []
    assert len(shop.pages(files, Window(came))) == 1


def test_lines_without_an_order_and_an_order_without_lines_are_told(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"], ["SO2", "C1"]], HEADS)
    shop.csv("lines-1.csv", [["SO1", "M1", 1, 1], ["SO9", "M9", 1, 1], ["SO9", "M8", 1, 1]], LINES)
    documents, broken = shop.read(shop.describe(HEAD, WORDS))
    assert set(documents) == {"SO1"}
    assert [(one.number, str(one.error).partition(":")[0]) for one in broken] == [
        ("SO2", "the document has no lines (in/orders-1.csv, row 3 of SO2)"),
        ("SO9", "lines of a document that is not there (in/lines-1.csv, row 3 of SO9)"),
    ]


def test_each_of_the_two_files_has_its_report_and_both_can_be_dropped_back(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"], ["SO2", ""], ["SO3", "C1"]], HEADS)
    shop.csv(
        "lines-1.csv", [["SO1", "M1", 1, 1], ["SO2", "M2", 1, 1], ["SO3", "M3", "x", 1], ["SO3", "M4", 1, 1]], LINES
    )
    files = shop.describe(HEAD, WORDS)
    assert set(shop.read(files)[0]) == {"SO1"}
    heads, lines = (report(shop, f"{name}-1.csv") for name in ("orders", "lines"))
    assert [row[0] for row in heads[1:]] == ["SO2", "SO3"]
    assert [row[0] for row in lines[1:]] == ["SO2", "SO3", "SO3"]
    heads[1][1], lines[2][2] = "C2", "3"
    write_xlsx(shop.folder / "in" / "orders-1.csv-errors.xlsx", heads[1:], heads[0])
    assert set(shop.read(files)[0]) == {"SO1"}
    write_xlsx(shop.folder / "in" / "lines-1.csv-errors.xlsx", lines[1:], lines[0])
    documents, broken = shop.read(files)
    assert (set(documents), broken) == ({"SO1", "SO2", "SO3"}, [])


def report(shop: Shop, name: str) -> list[list[Any]]:
    return read_xlsx(shop.folder / "errors" / "orders" / f"{name}-errors.xlsx")


def test_one_order_is_found_with_its_lines(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"], ["SO2", "C1"]], HEADS)
    shop.csv("lines-1.csv", [["SO2", "M2", 1, 1], ["SO1", "M1", 1, 1]], LINES)
    with shop.open(shop.describe(HEAD, WORDS)) as erp:
        assert [one.sku for one in erp.orders.get("SO2").lines] == ["M2"]


@pytest.mark.parametrize("which", ["orders-1.csv", "lines-1.csv"])
def test_a_pair_of_which_one_is_replaced_while_it_is_read_is_noticed(shop: Shop, which: str) -> None:
    from erplink.errors import Busy
    from erplink.facade.step import iterate

    shop.csv("orders-1.csv", [[f"SO{n}", "C1"] for n in range(5)], HEADS)
    shop.csv("lines-1.csv", [[f"SO{n}", "M1", 1, 1] for n in range(5)], LINES)
    with shop.open(shop.describe(f"{HEAD}page = 2\n", WORDS)) as erp:
        pages = iterate(erp.adapter.pages("orders", Window()))
        next(pages)
        touch(shop.folder / "in" / which)
        with pytest.raises(Busy):
            next(pages)


def touch(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def test_patterns_without_wildcards_are_a_pair_too(shop: Shop) -> None:
    shop.csv("orders-1.csv", [["SO1", "C1"]], HEADS)
    shop.csv("lines-1.csv", [["SO1", "M1", 1, 1]], LINES)
    words = WORDS.replace("orders-*", "orders-1.csv").replace("lines-*", "lines-1.csv")
    assert set(shop.read(shop.describe(HEAD, words))[0]) == {"SO1"}
