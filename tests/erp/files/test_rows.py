"""Rows are put together to documents, and what does not go together is told, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erplink import Order
from erplink.errors import FileInvalid
from tests.erp.files.shop import CUSTOMERS, HEAD, HEADINGS, ORDERS, Shop, line


def skus(document: object) -> list[str]:
    assert isinstance(document, Order)
    return [one.sku for one in document.lines]


def complaints(shop: Shop) -> dict[str, str]:
    return {one.number: str(one.error) for one in shop.read()[1]}


def test_rows_of_one_number_are_lines_of_one_order_wherever_a_page_ends(shop: Shop) -> None:
    shop.csv("orders.csv", [line(f"SO{n}", f"M{m}") for n in range(7) for m in range(n + 1)])
    for page in (1, 2, 3, 7, 8):
        pages = shop.pages(shop.orders(head=f"{HEAD}page = {page}\n"))
        found = [one for each in pages for one in each.items]
        assert [skus(one) for one in found] == [[f"M{m}" for m in range(n + 1)] for n in range(7)]
        assert all(len(each.items) <= page for each in pages)


def test_rows_below_may_leave_the_head_blank(shop: Shop) -> None:
    shop.csv(
        "orders.csv", [line(), ["", "", "", "", "", "M2", "2", "5"], line("SO2"), ["", "", "", "", "", "M4", "1", "1"]]
    )
    documents, broken = shop.read()
    assert broken == []
    assert {number: skus(one) for number, one in documents.items()} == {"SO1": ["M1", "M2"], "SO2": ["M1", "M4"]}


def test_merged_cells_of_a_document_are_the_value_of_their_first_row(shop: Shop) -> None:
    from openpyxl import load_workbook

    path = shop.xlsx("orders.xlsx", [line(), line(sku="M2"), line("SO2")])
    book = load_workbook(path)
    for column in "ABCDE":
        book.worksheets[0].merge_cells(f"{column}2:{column}3")
    book.save(path)
    documents, broken = shop.read()
    assert broken == []
    assert {number: skus(one) for number, one in documents.items()} == {"SO1": ["M1", "M2"], "SO2": ["M1"]}


def test_rows_of_nothing_and_of_totals_are_left_out(shop: Shop) -> None:
    nothing = [""] * len(HEADINGS)
    totals = [["合计", *[""] * 5, "3", "29.7"], ["", "", "合 计：", *[""] * 5], ["Total", *[""] * 6, "29.7"]]
    shop.csv("orders.csv", [nothing, line(), nothing, line(sku="M2"), [], line("SO2"), *totals, nothing])
    documents, broken = shop.read()
    assert broken == []
    assert {number: skus(one) for number, one in documents.items()} == {"SO1": ["M1", "M2"], "SO2": ["M1"]}


def test_a_total_without_a_word_breaks_the_last_order_and_is_not_added_to_it(shop: Shop) -> None:
    shop.csv("orders.csv", [line(), line("SO2"), ["", "", "", "", "", "", "2", "19.80"]])
    documents, (broken,) = shop.read()
    assert set(documents) == {"SO1"}
    assert broken.number == "SO2"
    assert "row 4, column 物料编码 of SO2" in str(broken.error)


def test_rows_above_all_numbers_belong_to_nobody(shop: Shop) -> None:
    shop.csv("orders.csv", [["", "C9", "", "", "", "M9", "1", "1"], line()])
    documents, (broken,) = shop.read()
    assert set(documents) == {"SO1"}
    assert "the row belongs to no document" in str(broken.error)
    assert broken.id == "in/orders.csv row 2"


def test_an_order_whose_rows_stand_apart_is_told_and_not_cut(shop: Shop) -> None:
    shop.csv("orders.csv", [line(), line("SO2"), line(sku="M2"), line("SO3")])
    documents, broken = shop.read()
    assert set(documents) == {"SO2", "SO3"}
    assert {one.number for one in broken} == {"SO1"}
    assert "rows of this document also stand elsewhere in the file" in str(broken[0].error)
    assert "sort the file" in str(broken[0].error)


def test_rows_of_one_order_that_contradict_each_other_are_told(shop: Shop) -> None:
    shop.csv("orders.csv", [line(), line(sku="M2", customer="C2"), line("SO2"), line("SO2", "M2", at="2026-11-2")])
    assert complaints(shop) == {
        "SO1": "another value than in the first row of this document (in/orders.csv, row 3, column 客户编码 of SO1): "
        "make all rows of the document say the same here",
        "SO2": "another value than in the first row of this document (in/orders.csv, row 5, column 下单时间 of SO2): "
        "make all rows of the document say the same here",
    }


def test_cells_behind_the_last_heading_are_told_and_missing_ones_are_blank(shop: Shop) -> None:
    files = shop.orders()
    headings = (*HEADINGS[:4], *HEADINGS[5:], "备注")
    short, long = ["SO1", "C1", "已审核", "", "M1", "1", "9.90"], ["SO2", "C1", "已审核", "", "M1", "1", "9", "x", "90"]
    shop.csv("orders.csv", [short, long], headings)
    documents, (broken,) = shop.read(files)
    assert set(documents) == {"SO1"}
    assert "more cells than there are headings" in str(broken.error)


def test_columns_nobody_asked_for_are_left_out_whatever_they_hold(shop: Shop) -> None:
    shop.csv("orders.csv", [["#N/A", *line(), "x"]], ("序号", *HEADINGS, ""))
    assert set(shop.read()[0]) == {"SO1"}


def test_a_status_that_the_map_does_not_know_is_unknown_and_kept(shop: Shop) -> None:
    shop.csv("orders.csv", [line(status="已锁定"), line("SO2", status="")])
    found = [(one.status, one.raw_status) for one in shop.read()[0].values()]
    assert found == [("unknown", "已锁定"), ("unknown", "")]


def test_cases_decide_by_several_columns(shop: Shop) -> None:
    words = ORDERS.replace(
        'status = { path = "状态", map = { "草稿" = "draft", "已审核" = "approved", "已关闭" = "closed" } }',
        'status = { cases = [{ when = { "作废" = "是" }, is = "cancelled" }, '
        '{ when = { "状态" = "已审核" }, is = "approved" }] }',
    )
    shop.csv("orders.csv", [[*line(), "否"], [*line("SO2"), "是"]], (*HEADINGS, "作废"))
    documents, _ = shop.read(shop.describe(HEAD, words))
    assert [one.status for one in documents.values()] == ["approved", "cancelled"]


def test_only_some_rows_may_be_lines(shop: Shop) -> None:
    words = ORDERS.replace(
        "[entities.orders.lines.fields]",
        '[entities.orders.lines]\nonly = { "行类型" = ["商品", "赠品"] }\n\n[entities.orders.lines.fields]',
    )
    rows = [[*line(), "商品"], [*line(sku="运费", qty="一"), "费用"], [*line(sku="M2"), "赠品"]]
    shop.csv("orders.csv", rows, (*HEADINGS, "行类型"))
    documents, broken = shop.read(shop.describe(HEAD, words))
    assert broken == []
    assert skus(documents["SO1"]) == ["M1", "M2"]


def test_fen_are_yuan_and_returns_are_positive_where_the_manifest_says_so(shop: Shop) -> None:
    words = ORDERS.replace('amount = "金额"', 'amount = { path = "金额", scale = 2, negate = true }')
    shop.csv("orders.csv", [line(amount="-1990")])
    order = shop.read(shop.describe(HEAD, words))[0]["SO1"]
    assert isinstance(order, Order)
    assert order.lines[0].amount == Decimal("19.90")


def test_a_master_that_comes_twice_is_told_unless_it_is_the_same(shop: Shop) -> None:
    rows = [
        ["C1", "甲", "139"],
        ["C1", "甲", "139"],
        ["C2", "乙", ""],
        ["C2", "乙二", ""],
        ["", "丙", ""],
        ["C4", "丁", ""],
    ]
    shop.csv("customers.csv", rows, ("客户编码", "客户名称", "手机"))
    documents, broken = shop.read(shop.describe(HEAD, CUSTOMERS), "customers")
    assert set(documents) == {"C1", "C4"}
    assert sorted((one.number, str(one.error).partition(" (")[0]) for one in broken) == [
        ("", "the row belongs to no document"),
        ("C2", "the number comes twice"),
    ]


@pytest.mark.parametrize(
    ("headings", "said"),
    [
        (
            ("单据编号", "客户代码", *HEADINGS[2:]),
            "no column is called '客户编码' (in/orders.csv, row 1): did you mean '客户代码'?",
        ),
        (("单据编号", "客户 编码", *HEADINGS[2:]), "did you mean '客户 编码'?"),
        (("单据编号", "（客户编码）", *HEADINGS[2:]), "did you mean '（客户编码）'?"),
        (("单据编号", "客户编码", "客户编码", *HEADINGS[3:]), "two columns are called '客户编码': columns 2 and 3"),
        (("a", "b", "c", "d", "e", "f", "g", "h"), "no column is called '单据编号' or '订单号'"),
    ],
)
def test_headings_that_are_missing_are_told_with_what_comes_near(
    shop: Shop, headings: tuple[str, ...], said: str
) -> None:
    shop.csv("orders.csv", [line()], headings)
    with pytest.raises(FileInvalid) as caught:
        shop.read()
    assert said in str(caught.value)


def test_headings_further_down_are_found_and_told(shop: Shop) -> None:
    shop.csv("orders.csv", [["", ""], [*HEADINGS], line()], ("某某公司销售订单", "制表人：张三"))
    with pytest.raises(FileInvalid, match="row 3 has the headings: write header = 3") as caught:
        shop.read()
    assert "张三" not in str(caught.value)
    words = ORDERS.replace('files = "in/orders*"', 'files = "in/orders*"\nheader = 3')
    documents, _ = shop.read(shop.describe(HEAD, words))
    assert set(documents) == {"SO1"}


def test_what_stands_where_headings_should_is_not_shown_because_it_may_be_somebodys(shop: Shop) -> None:
    shop.csv("orders.csv", [line()], ("SO0", "张三", "13900001111", "x", "y", "M1", "1", "9"))
    with pytest.raises(FileInvalid) as caught:
        shop.read()
    assert not any(word in str(caught.value) for word in ("张三", "139"))


def test_a_column_may_have_several_headings(shop: Shop) -> None:
    shop.csv("orders-a.csv", [line("SO1")])
    shop.csv("orders-b.csv", [line("SO2")], ("订单号", *HEADINGS[1:]))
    assert set(shop.read()[0]) == {"SO1", "SO2"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_encoding_and_delimiter_are_found_out(shop: Shop, encoding: str, delimiter: str) -> None:
    shop.csv("orders.csv", [line(note='他说: "一,二;三|四"\n𠮷野家')], encoding=encoding, delimiter=delimiter)
    order = shop.read()[0]["SO1"]
    assert isinstance(order, Order)
    assert order.note == '他说: "一,二;三|四"\n𠮷野家'


@pytest.mark.parametrize("name", ["orders.xlsx", "orders.XLSX", "orders.csv", "orders.txt"])
def test_the_ending_says_the_format(shop: Shop, name: str) -> None:
    (shop.xlsx if "xls" in name.lower() else shop.csv)(name, [line()])
    assert set(shop.read()[0]) == {"SO1"}


def test_a_sheet_may_be_named(shop: Shop) -> None:
    from openpyxl import load_workbook

    path = shop.xlsx("orders.xlsx", [line("WRONG")], title="说明")
    book = load_workbook(path)
    sheet = book.create_sheet("订单")
    for row in (HEADINGS, line("SO7")):
        sheet.append(list(row))
    book.save(path)
    for named in ('sheet = "订单"', "sheet = 2"):
        files = shop.describe(HEAD, ORDERS.replace('files = "in/orders*"', f'files = "in/orders*"\n{named}'))
        assert set(shop.read(files)[0]) == {"SO7"}
    files = shop.describe(HEAD, ORDERS.replace('files = "in/orders*"', 'files = "in/orders*"\nsheet = "订单表"'))
    with pytest.raises(FileInvalid, match="there is no sheet '订单表'.*did you mean 订单"):
        shop.read(files)


def test_a_file_with_headings_alone_has_no_documents(shop: Shop) -> None:
    shop.csv("orders.csv", [])
    assert shop.read() == ({}, [])


def test_a_master_that_comes_again_behind_a_row_of_nobody_is_told(shop: Shop) -> None:
    rows = [["C1", "甲", ""], ["", "无号", ""], ["C1", "甲", ""], ["C2", "乙", ""]]
    shop.csv("customers.csv", rows, ("客户编码", "客户名称", "手机"))
    documents, broken = shop.read(shop.describe(HEAD, CUSTOMERS), "customers")
    assert set(documents) == {"C2"}
    assert [one.number for one in broken] == ["C1", "", "C1"]


def test_a_column_that_is_no_number_makes_no_document_of_a_whole_file(shop: Shop) -> None:
    shop.csv("orders.csv", [line("甲公司") for _ in range(100_010)])
    documents, broken = shop.read(shop.orders(head=f'{HEAD}reports = ""\n'))
    assert documents == {}
    assert "a document of more than 100,000 rows (in/orders.csv, row 2, column 单据编号" in str(broken[0].error)
