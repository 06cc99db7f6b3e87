"""Documents that are written are read back as they were, in every format; files are there whole or not at all."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from erplink import Customer, Order, OrderLine
from erplink.erp.files import Files, write_documents
from erplink.errors import ConfigInvalid, FileInvalid
from tests.erp.files.shop import CUSTOMERS, HEAD, Shop

WORDS = """
[entities.orders]
files = "in/*"

[entities.orders.fields]
number = "单据编号"
customer = "客户编码"
currency = "币别"
status = { path = "状态", map = { "草稿" = "draft", "审核中" = "pending", "已审核" = "approved" } }
created_at = { path = "下单时间", optional = true }
modified = { path = "修改时间", optional = true }
note = { path = "备注", optional = true }

[entities.orders.custom]
store = { path = "门店", optional = true, type = "text" }
points = { path = "积分", type = "number" }

[entities.orders.lines.fields]
id = { path = "行内码", optional = true }
sku = "物料编码"
qty = "数量"
amount = "金额"
unit_price = "单价"
kind = "行类别"
free = "赠品"
"""
ENDINGS = ("csv", "xlsx", "parquet")

MARKS = "=+-@'\"\t\n,;|，中文茶𠮷🎁 a1\\#éé%_"
texts = st.text(st.sampled_from(MARKS), max_size=12).map(str.strip)
codes = st.text(st.sampled_from("0123456789-/'=AZ甲𠮷"), min_size=1, max_size=8)
figures = st.decimals(Decimal("-1e20"), Decimal("1e20"), places=10, allow_nan=False, allow_infinity=False)
instants = st.datetimes(datetime(1950, 1, 1), datetime(2190, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


@st.composite
def order_lines(draw: st.DrawFn) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            line=n,
            sku=draw(codes),
            qty=draw(figures),
            amount=draw(figures),
            unit_price=draw(figures),
            id=draw(codes),
            kind=draw(st.sampled_from(["goods", "service"])),
            free=draw(st.booleans()),
        )
        for n in range(1, draw(st.integers(1, 4)) + 1)
    )


@st.composite
def orders(draw: st.DrawFn) -> list[Order]:
    numbers = draw(st.lists(codes, min_size=1, max_size=5, unique=True))
    stamps = st.one_of(st.just(""), instants.map(lambda at: at.replace(tzinfo=None).isoformat()))
    return [
        Order(
            id=number,
            number=number,
            customer=draw(codes),
            status=draw(st.sampled_from(["draft", "pending", "approved"])),
            currency="CNY",
            created_at=draw(st.none() | instants),
            version=draw(stamps),
            note=draw(texts),
            custom={"store": draw(texts), "points": draw(figures)},
            lines=draw(order_lines()),
        )
        for number in numbers
    ]


@pytest.mark.parametrize("ending", ENDINGS)
@given(documents=orders())
@settings(max_examples=60, deadline=None)
def test_documents_are_read_back_as_they_were(ending: str, documents: list[Order]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        files = shop.describe(HEAD, WORDS)
        (shop.folder / "in").mkdir()
        write_documents(
            shop.folder / "in" / f"orders.{ending}", documents, files, "orders", guard=len(documents) % 2 == 0
        )
        found, broken = shop.read(files)
    assert broken == []
    assert [msgspec.structs.replace(one, raw_status="") for one in found.values()] == documents


PLAIN = Order(
    id="SO1",
    number="SO1",
    customer="C1",
    status="approved",
    currency="CNY",
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
    version="",
    lines=(OrderLine(line=1, sku="00012", qty=Decimal(1), amount=Decimal("9.90")),),
    custom={"points": Decimal(1)},
)


def order(number: str = "SO1", **more: object) -> Order:
    return msgspec.structs.replace(PLAIN, id=number, number=number, **more)


@pytest.fixture
def files(shop: Shop) -> Files:
    return shop.describe(HEAD, WORDS, CUSTOMERS)


def test_cells_of_a_workbook_have_their_types(shop: Shop, files: Files) -> None:
    (path,) = write_documents(shop.folder / "orders.xlsx", [order(note="=1+1")], files, "orders")
    sheet: Any = load_workbook(path).worksheets[0]
    head = [cell.value for cell in sheet[1]]
    cells = dict(zip(head, sheet[2], strict=True))
    assert sheet.freeze_panes == "A2"
    assert (cells["金额"].value, cells["金额"].data_type, cells["金额"].number_format) == (9.9, "n", "0.00")
    assert (cells["下单时间"].value, cells["下单时间"].is_date) == (datetime(2026, 11, 1, 8), True)  # noqa: DTZ001
    assert (cells["物料编码"].value, cells["物料编码"].data_type, cells["物料编码"].number_format) == (
        "00012",
        "s",
        "@",
    )
    assert (cells["备注"].value, cells["备注"].data_type) == ("=1+1", "s")
    assert (cells["状态"].value, cells["赠品"].value) == ("已审核", "否")


def test_a_csv_for_people_opens_in_excel_and_runs_nothing(shop: Shop, files: Files) -> None:
    (path,) = write_documents(shop.folder / "orders.csv", [order(note="=1+1")], files, "orders")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["备注"], row["金额"], row["下单时间"], row["状态"]) == (
        "'=1+1",
        "9.90",
        "2026-11-01 08:00:00",
        "已审核",
    )


def test_a_csv_may_be_for_a_program_and_in_gb18030(shop: Shop, files: Files) -> None:
    path = shop.folder / "orders.csv"
    write_documents(path, [order(note="=𠮷")], files, "orders", encoding="gb18030", guard=False)
    with path.open(encoding="gb18030", newline="") as file:
        assert next(csv.DictReader(file))["备注"] == "=𠮷"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_document_is_never_cut_where_a_file_ends(shop: Shop, files: Files, ending: str) -> None:
    three = tuple(OrderLine(line=n, sku="M1", qty=Decimal(1), amount=Decimal(1)) for n in (1, 2, 3))
    documents = [order(f"SO{n}", lines=three) for n in range(5)]
    (shop.folder / "in").mkdir()
    made = write_documents(shop.folder / "in" / f"o.{ending}", documents, files, "orders", most=7)
    assert [path.name for path in made] == [f"o.{ending}", f"o-2.{ending}", f"o-3.{ending}"]
    found, broken = shop.read(files)
    assert broken == []
    assert sorted(found) == [f"SO{n}" for n in range(5)]
    assert all(len(getattr(one, "lines", ())) == 3 for one in found.values())


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_left_of_a_file_that_could_not_be_finished(shop: Shop, files: Files, ending: str) -> None:
    path = shop.folder / f"orders.{ending}"
    path.write_bytes(b"the one before")

    def breaking() -> Iterator[Order]:
        yield order()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_documents(path, breaking(), files, "orders")
    assert path.read_bytes() == b"the one before"
    assert {each.name for each in shop.folder.iterdir()} == {path.name, "files.toml"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_documents_make_a_file_with_headings(shop: Shop, files: Files, ending: str) -> None:
    (shop.folder / "in").mkdir()
    write_documents(shop.folder / "in" / f"orders.{ending}", [], files, "orders")
    assert shop.read(files) == ({}, [])


def test_what_a_format_cannot_hold_is_told(shop: Shop, files: Files) -> None:
    with pytest.raises(FileInvalid, match="a text holds signs that a workbook cannot keep"):
        write_documents(shop.folder / "o.xlsx", [order(note="a\x07b")], files, "orders")
    with pytest.raises(FileInvalid, match="a value does not fit its Parquet column"):
        write_documents(shop.folder / "o.parquet", [order(custom={"points": Decimal("1e-13")})], files, "orders")
    with pytest.raises(FileInvalid, match="a text cannot be written as utf-8"):
        write_documents(shop.folder / "o.csv", [order(note="\ud800")], files, "orders")
    with pytest.raises(ConfigInvalid, match="a version is no time to be written under 修改时间"):
        write_documents(shop.folder / "o.csv", [order(version="17")], files, "orders")
    with pytest.raises(ConfigInvalid, match="o.doc does not say a format"):
        write_documents(shop.folder / "o.doc", [], files, "orders")
    with pytest.raises(ConfigInvalid, match="the manifest has no returns"):
        write_documents(shop.folder / "o.csv", [], files, "returns")
    with pytest.raises(FileInvalid, match="not there any more"):
        write_documents(shop.folder / "nowhere" / "o.csv", [], files, "orders")


def test_the_hour_that_clocks_go_through_twice_is_kept_apart(shop: Shop) -> None:
    files = shop.describe(f'{HEAD}zone = "Europe/London"\n', WORDS)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    documents = [order("SO1", created_at=first), order("SO2", created_at=first + timedelta(hours=1))]
    (shop.folder / "in").mkdir()
    for ending in ENDINGS:
        write_documents(shop.folder / "in" / f"orders.{ending}", documents, files, "orders")
        found = shop.read(files)[0]
        assert [getattr(one, "created_at", None) for one in found.values()] == [one.created_at for one in documents]


def test_masters_are_written_too(shop: Shop, files: Files) -> None:
    customer = Customer(
        id="007", number="007", name="张三", status="approved", version="", phone="013900001111", custom={"points": 12}
    )
    (path,) = write_documents(shop.folder / "customers.csv", [customer], files, "customers")
    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "客户编码,客户名称,手机,积分",
        "007,张三,013900001111,12",
    ]
