"""Cells as people and spreadsheets write them are read as what they mean, exactly, or told as wrong."""

# ruff: noqa: ANN401, DTZ001 - cells of any type, dates as workbooks have them

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import load_workbook

from erplink import Order
from tests.erp.files.shop import HEAD, HEADINGS, ORDERS, Shop, line


def amount(shop: Shop) -> Decimal:
    documents, broken = shop.read()
    assert broken == []
    (order,) = documents.values()
    assert isinstance(order, Order)
    return order.lines[0].amount


def complaint(shop: Shop) -> str:
    documents, (broken,) = shop.read()
    assert documents == {}
    return str(broken.error)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("9.90", "9.90"),
        ("1,234.50", "1234.50"),
        ("1,234,567.89", "1234567.89"),
        ("¥1,234.50", "1234.50"),
        ("￥ 9.9", "9.9"),
        ("$5", "5"),
        ("９．９０", "9.90"),
        ("1，234.5", "1234.5"),
        (" 12 ", "12"),
        ("+3", "3"),
        ("-3.10", "-3.10"),
        ("-¥3.10", "-3.10"),
        ("¥-3.10", "-3.10"),
        ("(3.10)", "-3.10"),
        ("12.50-", "-12.50"),
        ("12.5%", "0.125"),
        ("99元", "99"),
        ("'0012", "12"),
        (".5", "0.5"),
        ("5.", "5"),
        ("12345678901234567890.123456789012", "12345678901234567890.123456789012"),
    ],
)
def test_a_number_is_read_to_its_last_digit(shop: Shop, cell: str, found: str) -> None:
    shop.csv("orders.csv", [line(amount=cell)])
    assert amount(shop) == Decimal(found)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("199.5O", "not a number, it looks like '000.0A'"),
        ("12,34.5", "not a number"),
        ("1.234,50", "not a number"),
        ("九块九", "not a number, it looks like '字字字'"),
        ("", "the cell is empty"),
        ("1_000", "not a number"),
        ("NaN", "not a number"),
        ("inf", "not a number"),
        ("--5", "not a number"),
        ("(-5)", "not a number"),
        ("1.23E+12", "a long number that Excel has shortened"),
        ("#N/A", "a formula that failed"),
        ("¥", "not a number"),
    ],
)
def test_what_is_no_number_is_told_with_place_and_what_to_do(shop: Shop, cell: str, said: str) -> None:
    shop.csv("orders.csv", [line(), line("SO2", amount=cell), line("SO3")])
    documents, (broken,) = shop.read()
    assert set(documents) == {"SO1", "SO3"}
    assert said in str(broken.error)
    assert "in/orders.csv, row 3, column 金额 of SO2" in str(broken.error)


def test_what_somebody_wrote_into_a_wrong_column_shows_in_no_message(shop: Shop) -> None:
    shop.csv("orders.csv", [line(amount="张三 13900001111 zhang@example.com", at="11010119900101123X")])
    said = complaint(shop)
    assert not any(word in said for word in ("张三", "139", "zhang", "1101011"))


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-01 08:00",
        "2026-11-01 08:00:00",
        "2026-11-01T08:00:00",
        "2026/11/1 8:00",
        "2026.11.01 08:00",
        "2026年11月1日 8:00",
        "2026年11月1日8时00分",
        "2026-11-01 上午8:00",
        "2026/11/1 8:00 AM",
        "20261101080000",
        "2026-11-01T00:00:00Z",
        "2026-11-01 09:00:00+09:00",
        "46327.333333333336",
    ],
)
def test_a_date_may_be_written_in_any_usual_way(shop: Shop, cell: str) -> None:
    shop.csv("orders.csv", [line(at=cell)])
    documents, _ = shop.read()
    order = documents["SO1"]
    assert isinstance(order, Order)
    assert order.created_at == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["2026-11-01", "2026/11/1", "2026年11月1日", "20261101", "46327", ""])
def test_a_day_begins_at_midnight_of_the_zone_and_may_be_missing(shop: Shop, cell: str) -> None:
    shop.csv("orders.csv", [line(at=cell)])
    documents, _ = shop.read()
    order = documents["SO1"]
    assert isinstance(order, Order)
    assert order.created_at == (datetime(2026, 10, 31, 16, tzinfo=UTC) if cell else None)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1/11/2026", "day and month cannot be told apart"),
        ("2026-13-01", "not a date"),
        ("2026-02-30", "not a date"),
        ("昨天", "not a date"),
        ("2026-11-01 25:00", "not a date"),
        ("123", "not a date"),
    ],
)
def test_what_is_no_date_is_told(shop: Shop, cell: str, said: str) -> None:
    shop.csv("orders.csv", [line(at=cell)])
    assert said in complaint(shop)


def test_a_manifest_may_name_one_way_of_writing_dates(shop: Shop) -> None:
    words = ORDERS.replace('created_at = "下单时间"', 'created_at = { path = "下单时间", time = "%d/%m/%Y" }')
    files = shop.describe(HEAD, words)
    shop.csv("orders.csv", [line(at="1/11/2026")])
    order = shop.read(files)[0]["SO1"]
    assert isinstance(order, Order)
    assert order.created_at == datetime(2026, 10, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (19.9, "19.9"),
        (0.1 + 0.2, "0.3"),
        (123456789012.345, "123456789012.345"),
        (12, "12"),
        ("1,234.50", "1234.50"),
        (1e21, "1000000000000000000000"),
        (True, None),
        (date(2026, 11, 1), None),
    ],
)
def test_a_number_of_a_workbook_is_what_its_cell_holds(shop: Shop, cell: Any, found: str | None) -> None:
    shop.xlsx("orders.xlsx", [line(amount=cell)])
    if found is None:
        assert "not a number" in complaint(shop)
    else:
        assert amount(shop) == Decimal(found)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (datetime(2026, 11, 1, 8), datetime(2026, 11, 1, tzinfo=UTC)),
        (date(2026, 11, 1), datetime(2026, 10, 31, 16, tzinfo=UTC)),
        (46327, datetime(2026, 10, 31, 16, tzinfo=UTC)),
        (46327.354166666664, datetime(2026, 11, 1, 0, 30, tzinfo=UTC)),
        ("2026年11月1日", datetime(2026, 10, 31, 16, tzinfo=UTC)),
        (20261101, datetime(2026, 10, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_date_of_a_workbook_may_be_a_date_a_serial_number_or_a_text(shop: Shop, cell: Any, found: datetime) -> None:
    shop.xlsx("orders.xlsx", [line(at=cell)])
    order = shop.read()[0]["SO1"]
    assert isinstance(order, Order)
    assert order.created_at == found


@pytest.mark.parametrize("cell", [time(8), timedelta(hours=30), True])
def test_a_time_of_day_is_no_date(shop: Shop, cell: Any) -> None:
    shop.xlsx("orders.xlsx", [line(at=cell)])
    assert "not a date" in complaint(shop)


@pytest.mark.parametrize(
    ("cell", "number"), [(1001, "1001"), (1001.0, "1001"), ("00123", "00123"), ("'00123", "00123")]
)
def test_a_number_of_an_order_is_a_text_whatever_its_cell_is(shop: Shop, cell: Any, number: str) -> None:
    shop.xlsx("orders.xlsx", [line(cell)])
    assert list(shop.read()[0]) == [number]


def test_zeros_that_only_the_format_of_a_cell_shows_are_read(shop: Shop) -> None:
    path = shop.xlsx("orders.xlsx", [line(123, customer=7)])
    book = load_workbook(path)
    book.worksheets[0]["A2"].number_format = "000000"
    book.worksheets[0]["B2"].number_format = "0"
    book.save(path)
    (order,) = shop.read()[0].values()
    assert isinstance(order, Order)
    assert (order.number, order.customer) == ("000123", "7")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (1.2345678901234567e17, "more than 15 digits"),
        ("1.23E+17", "Excel has shortened"),
        (date(2026, 3, 12), "turned into a date"),
        ("#REF!", "a formula that failed"),
    ],
)
def test_a_code_that_a_spreadsheet_has_spoilt_is_told(shop: Shop, cell: Any, said: str) -> None:
    shop.xlsx("orders.xlsx", [line(sku=cell)])
    assert said in complaint(shop)


def test_the_value_of_a_formula_counts_and_one_without_a_value_is_told(shop: Shop) -> None:
    path = shop.xlsx("orders.xlsx", [line(amount="=3*19.9"), line("SO2", amount="=2+2")])
    rewrite(path, rb"<f>3\*19.9</f><v\s*/?>(</v>)?", b"<f>3*19.9</f><v>59.699999999999996</v>")
    documents, (broken,) = shop.read()
    order = documents["SO1"]
    assert isinstance(order, Order)
    assert order.lines[0].amount == Decimal("59.7")
    assert "if a formula belongs here, open and save the file in Excel" in str(broken.error)


def rewrite(path: Path, was: bytes, now: bytes) -> None:
    """Change the XML of the first sheet of a workbook, as Excel might have written it."""
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name], times = re.subn(was, now, parts[name])
    assert times == 1
    with ZipFile(path, "w", ZIP_DEFLATED) as book:
        for each, content in parts.items():
            book.writestr(each, content)


@pytest.mark.parametrize(
    ("cell", "free"), [("是", True), ("否", False), ("√", True), ("", False), ("TRUE", True), ("0", False)]
)
def test_yes_and_no_may_be_written_in_any_usual_way(shop: Shop, cell: str, free: object) -> None:
    shop.csv("orders.csv", [[*line(), cell]], (*HEADINGS, "赠品"))
    order = shop.read()[0]["SO1"]
    assert isinstance(order, Order)
    assert order.lines[0].free is free


def test_neither_yes_nor_no_is_told(shop: Shop) -> None:
    shop.csv("orders.csv", [[*line(), "也许"]], (*HEADINGS, "赠品"))
    assert "neither yes nor no" in complaint(shop)
