"""Queries: rows per line, paging, dotted keys, the filter grammar in both forms, and errors in the shape of rows."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.worlds.calls import FORM, Caller, calling, message, status

CUSTOMERS = 120


@pytest.fixture(scope="module")
def shop() -> Iterator[Caller]:
    with calling(KingdeeWorld(sample=True, page_limit=50)) as caller:
        yield caller


def customers(caller: Caller, condition: Any) -> list[str]:
    return [row[0] for row in caller.query("BD_Customer", "FNumber", condition)]


def test_head_fields_give_a_row_per_document_and_line_fields_a_row_per_line(shop: Caller) -> None:
    one = "FBillNo='XSDD000002'"
    heads = shop.query("SAL_SaleOrder", "FBillNo,FBillAllAmount", one)
    lines = shop.query("SAL_SaleOrder", "FBillNo,FSaleOrderEntry_FEntryID,FSaleOrderEntry_FSeq,FAllAmount", one)
    assert len(heads) == 1
    assert [line[2] for line in lines] == list(range(1, len(lines) + 1))
    assert len({line[1] for line in lines}) == len(lines)
    assert sum(Decimal(str(line[3])) for line in lines) == Decimal(str(heads[0][1]))


def test_pages_are_clipped_and_together_hold_every_row_once(shop: Caller) -> None:
    seen: list[int] = []
    while page := shop.query("SAL_SaleOrder", "FID", "", OrderString="FID", StartRow=len(seen), Limit=10000):
        assert len(page) <= 50
        seen += [row[0] for row in page]
    assert len(seen) == len(set(seen)) == 600
    assert seen == sorted(seen)


def test_top_row_count_is_an_absolute_end(shop: Caller) -> None:
    assert len(shop.query("SAL_SaleOrder", "FID", "", TopRowCount=30)) == 30
    assert shop.query("SAL_SaleOrder", "FID", "", StartRow=30, TopRowCount=30) == []


def test_an_id_range_pages_without_start_row(shop: Caller) -> None:
    first = [row[0] for row in shop.query("SAL_SaleOrder", "FID", "FID>0", OrderString="FID ASC")]
    more = [row[0] for row in shop.query("SAL_SaleOrder", "FID", f"FID>{first[-1]}", OrderString="FID ASC")]
    assert more[0] == first[-1] + 1
    window = shop.query("SAL_SaleOrder", "FID", f"FID>={first[3]} and FID<={first[5]}")
    assert [row[0] for row in window] == first[3:6]


def test_dotted_keys_reach_into_masters_and_bare_ones_give_ids(shop: Caller) -> None:
    keys = "FCustId,FCustId.FNumber,FCustId.FName,FCustId.F_ERPL_UnionId,FSettleCurrId.FName"
    [row] = shop.query("SAL_SaleOrder", keys, "FBillNo='XSDD000001'")
    [customer] = shop.query("BD_Customer", "FCUSTID,FNumber,FName,F_ERPL_UnionId", f"FNumber='{row[1]}'")
    assert row == [*customer, "人民币"]


def test_orders_by_any_field_both_ways(shop: Caller) -> None:
    rows = shop.query("SAL_SaleOrder", "FBillAllAmount,FID", "", OrderString="FBillAllAmount DESC,FID ASC")
    assert rows == sorted(rows, key=lambda row: (-row[0], row[1]))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("FNumber = 'CUST0007'", ["CUST0007"]),
        ("FNumber in ('CUST0003', 'CUST0001', 'nobody')", ["CUST0001", "CUST0003"]),
        ("FNumber like 'CUST011%' and FNumber <> 'CUST0110'", [f"CUST01{n}" for n in range(11, 20)]),
        ("FNumber<'CUST0003' or FNumber>='CUST0120'", ["CUST0001", "CUST0002", "CUST0120"]),
        ("FNumber<='CUST0003' and (FTEL like '%0001' or FTEL like '%0002')", ["CUST0001", "CUST0002"]),
        ("FCUSTID>100118", ["CUST0119", "CUST0120"]),
        ("FCUSTID in (100002,100001) AND FForbidStatus='A'", ["CUST0001", "CUST0002"]),
        ("FName = 'O''Neill'", []),
        ("FCreateDate < '2025-1-1'", []),
        ("", [f"CUST{n:04d}" for n in range(1, 51)]),
    ],
)
def test_filter_text(shop: Caller, condition: str, expected: list[str]) -> None:
    assert customers(shop, condition) == expected


def test_a_date_alone_means_its_midnight(shop: Caller) -> None:
    [[day]] = shop.query("SAL_SaleOrder", "FDate", "FBillNo='XSDD000300'")
    assert shop.query("SAL_SaleOrder", "FBillNo", f"FBillNo='XSDD000300' and FDate<='{day[:10]}'") == []
    assert shop.query("SAL_SaleOrder", "FBillNo", f"FBillNo='XSDD000300' and FDate>='{day[:10]}'") != []


def test_the_array_form_says_the_same_as_the_text(shop: Caller) -> None:
    array = [
        {"Left": "(", "FieldName": "FNumber", "Compare": "67", "Value": "CUST0004", "Right": "", "Logic": "1"},
        {"Left": "", "FieldName": "FNumber", "Compare": "=", "Value": "CUST0005", "Right": ")", "Logic": "0"},
        {"Left": "", "FieldName": "FForbidStatus", "Compare": "in", "Value": "A,B", "Right": "", "Logic": "0"},
    ]
    text = "(FNumber='CUST0004' or FNumber='CUST0005') and FForbidStatus in ('A','B')"
    assert customers(shop, array) == customers(shop, text) == ["CUST0004", "CUST0005"]


def test_bill_query_names_its_fields(shop: Caller) -> None:
    data = {"FormId": "BD_Customer", "FieldKeys": "FNumber,FCreateOrgId.FNumber", "FilterString": "FCUSTID=100001"}
    rows = shop.post(f"{FORM}BillQuery", {"data": data}).json()
    assert rows == [{"FNumber": "CUST0001", "FCreateOrgId.FNumber": "100"}]


@pytest.mark.parametrize(
    ("form_id", "keys", "condition", "expected"),
    [
        ("SAL_SaleOrder", "FBillNo,FCustID", "", "元数据中标识为FCustID的字段不存在"),
        ("SAL_SaleOrder", "FBillNo", "FNope=1", "元数据中标识为FNope的字段不存在"),
        ("SAL_SaleOrder", "FCustId.FNope", "", "元数据中标识为FCustId.FNope的字段不存在"),
        ("BD_Customer", "FID", "", "元数据中标识为FID的字段不存在"),
        ("No_Such", "FID", "", "业务对象不存在"),
        ("SAL_SaleOrder", "FBillNo", "FBillNo='A", "语法错误"),
        ("SAL_SaleOrder", "FBillNo", "(FBillNo='A'", "语法错误"),
        ("SAL_SaleOrder", "FBillNo", "FDate>='soon'", "值不正确"),
        ("SAL_SaleOrder", "", "", "FieldKeys"),
    ],
)
def test_errors_come_as_one_row_of_one_object(
    shop: Caller, form_id: str, keys: str, condition: str, expected: str
) -> None:
    reply = shop.query(form_id, keys, condition)
    assert (len(reply), len(reply[0])) == (1, 1)
    assert status(reply)["IsSuccess"] is False
    assert expected in message(reply)


def test_decimals_are_written_exactly(shop: Caller) -> None:
    data = {"FormId": "SAL_SaleOrder", "FieldKeys": "FTaxPrice,FQty,FAllAmount", "FilterString": "FQty>=2"}
    text = shop.post(f"{FORM}ExecuteBillQuery", {"data": data}).text
    rows = [[Decimal(cell) for cell in row.split(",")] for row in text.strip("[]").split("],[")]
    assert rows
    assert all(price * quantity == amount for price, quantity, amount in rows)


def test_each_form_spells_its_keys_its_own_way(shop: Caller) -> None:
    for form_id, keys in {
        "SAL_OUTSTOCK": "FCustomerID.FNumber,FMaterialID.FNumber,FRealQty,FSoorDerno,FSOEntryId,FEntity_FENTRYID",
        "SAL_RETURNSTOCK": "FRetcustId.FNumber,FMaterialId.FNumber,FRealQty,FSrcBillNo,FSOEntryId,FEntity_FEntryID",
        "AR_RECEIVEBILL": "FDATE,FCONTACTUNIT.FNumber,FRECTOTALAMOUNTFOR,FSALEORDERNO",
        "STK_Inventory": "FMaterialId.FNumber,FStockId.FNumber,FBaseQty,FBaseAVBQty",
        "BD_MATERIAL": "FMATERIALID,FNumber,FName,FMaterialGroup.FNumber,FBaseUnitId.FNumber",
    }.items():
        rows = shop.query(form_id, keys, "", Limit=5)
        assert [len(row) for row in rows] == [len(keys.split(","))] * 5
