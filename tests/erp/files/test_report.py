"""Rows that cannot be read come back as a workbook that a person can put right and drop in again."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from erplink import Order
from tests.erp.files.shop import HEAD, HEADINGS, ORDERS, Shop, line, read_xlsx, write_csv

ADDED = ("行号", "列", "问题", "建议")
EVIL = '=HYPERLINK("http://evil.example/","点我")'


def report(shop: Shop, name: str = "orders.csv", entity: str = "orders") -> Path:
    return shop.folder / "errors" / entity / f"{name}-errors.xlsx"


def spoilt(shop: Shop) -> None:
    shop.csv(
        "orders.csv",
        [
            line("SO1"),
            line("SO2", amount="¥1,234.5O", note=EVIL),
            ["", "", "", "", "", "M2", "", "12"],
            line("SO2", "M3"),
            line("SO3", customer="", at="1/11/2026"),
            line("SO4"),
        ],
    )


def test_a_document_with_one_bad_line_is_in_the_report_whole(shop: Shop) -> None:
    spoilt(shop)
    assert set(shop.read()[0]) == {"SO1", "SO4"}
    head, *rows = read_xlsx(report(shop))
    assert head == [*HEADINGS, *ADDED]
    assert [row[0] for row in rows] == ["SO2", None, "SO2", "SO3"]
    assert [row[8:] for row in rows] == [
        [3, "金额", "不是数字", "请只写数字，例如 1234.50"],
        [4, "数量", "单元格为空", "请填写；如果这里应是公式，请用 Excel 打开并保存一次"],
        [5, None, "本单其他行有误", "无需修改，请保留该行"],
        [
            6,
            "客户编码\n下单时间",
            "单元格为空\n分不清日和月",
            "请填写；如果这里应是公式，请用 Excel 打开并保存一次\n请把年份写在最前，例如 2026-11-01",
        ],
    ]
    assert rows[0][:8] == ["SO2", "C1", "已审核", "2026-11-01", EVIL, "M1", "1", "¥1,234.5O"]


def test_bad_cells_are_marked_and_texts_are_never_formulas(shop: Shop) -> None:
    spoilt(shop)
    shop.read()
    sheet = load_workbook(report(shop)).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert {cell.coordinate for row in sheet for cell in row if cell.fill.fill_type} == {"H2", "G3", "B5", "D5"}
    assert {cell.coordinate for row in sheet for cell in row if cell.comment} == {"H2", "G3", "B5", "D5"}
    assert "不是数字" in sheet["H2"].comment.text
    assert (sheet["E2"].value, sheet["E2"].data_type, sheet["E2"].quotePrefix) == (EVIL, "s", True)


def test_the_corrected_report_is_read_like_any_other_and_nothing_is_doubled(shop: Shop) -> None:
    spoilt(shop)
    files = shop.orders()
    before = shop.read(files)[0]
    book = load_workbook(report(shop))
    sheet = book.worksheets[0]
    sheet["H2"], sheet["G3"], sheet["B5"], sheet["D5"] = "1234.50", 2, "C3", "2026-11-01"
    book.save(shop.folder / "in" / "orders.csv-errors.xlsx")
    documents, broken = shop.read(files)
    assert broken == []
    assert set(documents) == {"SO1", "SO2", "SO3", "SO4"}
    assert {number: documents[number] for number in before} == before
    order = documents["SO2"]
    assert isinstance(order, Order)
    assert [(one.sku, str(one.amount)) for one in order.lines] == [("M1", "1234.50"), ("M2", "12"), ("M3", "9.90")]
    assert order.note == EVIL
    assert not report(shop).exists()


def test_what_is_still_wrong_in_a_corrected_report_is_reported_again(shop: Shop) -> None:
    spoilt(shop)
    files = shop.orders()
    shop.read(files)
    book = load_workbook(report(shop))
    book.worksheets[0]["H2"], book.worksheets[0]["G3"] = "1234.50", 2
    book.save(shop.folder / "in" / "orders.csv-errors.xlsx")
    documents, (broken,) = shop.read(files)
    assert set(documents) == {"SO1", "SO2", "SO4"}
    assert (broken.number, "in/orders.csv-errors.xlsx, row 5" in str(broken.error)) == ("SO3", True)
    again = read_xlsx(report(shop, "orders.csv-errors"))
    assert again[0] == [*HEADINGS, *ADDED]
    assert [row[0] for row in again[1:]] == ["SO3"]


def test_a_report_of_a_workbook_with_titles_and_several_sheets_is_read_as_it_is(shop: Shop) -> None:
    words = ORDERS.replace('files = "in/orders*"', 'files = "in/orders*.xlsx"\nsheet = "订单"\nheader = 3')
    files = shop.describe(HEAD, words)
    book = Workbook()
    sheet = book.create_sheet("订单")
    for row in (["某某公司"], [], HEADINGS, line("SO1", amount="x")):
        sheet.append(list(row))
    (shop.folder / "in").mkdir()
    book.save(shop.folder / "in" / "orders.xlsx")
    assert shop.read(files)[0] == {}
    for name in ("orders.xlsx-errors.xlsx", "orders-corrected.xlsx"):
        fixed = load_workbook(report(shop, "orders.xlsx"))
        fixed.worksheets[0]["H2"] = 12
        fixed.save(shop.folder / "in" / name)
        assert set(shop.read(files)[0]) == {"SO1"}
        (shop.folder / "in" / name).unlink()
        shop.read(files)


def test_a_report_may_be_in_english(shop: Shop) -> None:
    spoilt(shop)
    shop.read(shop.orders(head=f'{HEAD}language = "en"\n'))
    head, first, *_ = read_xlsx(report(shop))
    assert head[8:] == ["row", "column", "problem", "what to do"]
    assert first[8:] == [3, "金额", "not a number", "write plain digits such as 1234.50"]


def test_no_report_is_written_where_none_is_wanted_and_an_old_one_goes(shop: Shop) -> None:
    spoilt(shop)
    shop.read(shop.orders(head=f'{HEAD}reports = ""\n'))
    assert not (shop.folder / "errors").exists()
    shop.read(shop.orders(head=f'{HEAD}reports = "bad"\n'))
    assert (shop.folder / "bad" / "orders" / "orders.csv-errors.xlsx").exists()
    shop.csv("orders.csv", [line()])
    shop.read(shop.orders(head=f'{HEAD}reports = "bad"\n'))
    assert not (shop.folder / "bad" / "orders" / "orders.csv-errors.xlsx").exists()


def test_the_report_of_a_walk_that_was_interrupted_has_all_rows(shop: Shop) -> None:
    shop.csv("orders.csv", [line(f"SO{n}", amount="x" if n % 2 else "1") for n in range(8)])
    files = shop.orders(head=f"{HEAD}page = 2\n")
    pages = shop.pages(files)
    report(shop).unlink()
    shop.pages(files, after=pages[2].token)
    assert [row[0] for row in read_xlsx(report(shop))[1:]] == ["SO1", "SO3", "SO5", "SO7"]


def test_values_of_a_workbook_are_in_the_report_as_they_were(shop: Shop) -> None:
    from datetime import datetime

    shop.xlsx("orders.xlsx", [line(1001, qty=2, amount="x", at=datetime(2026, 11, 1, 8), note=19.9)])  # noqa: DTZ001
    shop.read()
    assert read_xlsx(report(shop, "orders.xlsx"))[1][:8] == [
        "1001",
        "C1",
        "已审核",
        "2026-11-01 08:00:00",
        "19.9",
        "M1",
        "2",
        "x",
    ]


def test_without_openpyxl_the_report_is_a_csv_that_can_be_dropped_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(shop)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    files = shop.orders()
    assert set(shop.read(files)[0]) == {"SO1", "SO4"}
    path = shop.folder / "errors" / "orders" / "orders.csv-errors.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == [*HEADINGS, *ADDED]
    assert rows[0][4] == f"'{EVIL}"
    rows[0][7], rows[1][6], rows[3][1], rows[3][3] = "1234.50", "2", "C3", "2026-11-01"
    write_csv(shop.folder / "in" / "orders.csv-errors.csv", rows, head, encoding="utf-8-sig")
    documents, broken = shop.read(files)
    assert broken == []
    order = documents["SO2"]
    assert isinstance(order, Order)
    assert (order.note, len(order.lines)) == (EVIL, 3)


def test_a_report_that_somebody_has_open_in_excel_gets_a_number_and_can_be_dropped_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(shop)
    files = shop.orders()
    real = Path.replace

    def open_in_excel(self: Path, target: Path) -> Path:
        if target == report(shop):
            raise PermissionError(13, "in use", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", open_in_excel)
    shop.read(files)
    path = shop.folder / "errors" / "orders" / "orders.csv-2-errors.xlsx"
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet["H2"], sheet["G3"], sheet["B5"], sheet["D5"] = "1234.50", 2, "C3", "2026-11-01"
    book.save(shop.folder / "in" / path.name)
    documents, broken = shop.read(files)
    assert (set(documents), broken) == ({"SO1", "SO2", "SO3", "SO4"}, [])


def test_two_entities_of_one_file_have_a_report_each(shop: Shop) -> None:
    words = """
[entities.customers]
files = "in/orders*"

[entities.customers.fields]
number = "客户编码"
name = "备注"
status = { value = "approved" }
"""
    files = shop.orders(words)
    shop.csv("orders.csv", [line("SO1", customer="C1", note="甲"), line("SO2", customer="C2", amount="x")])
    shop.read(files)
    shop.read(files, "customers")
    assert [row[0] for row in read_xlsx(report(shop))[1:]] == ["SO2"]
    assert [row[1] for row in read_xlsx(report(shop, entity="customers"))[1:]] == ["C2"]
