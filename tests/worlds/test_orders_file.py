"""A user's orders file: what each row becomes, what is counted, and one clear sentence for a bad file."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from erplink.errors import FileInvalid
from erplink.testing.worlds.kingdee import KingdeeWorld
from erplink.testing.worlds.orders_file import OrdersFile, read_orders
from tests.worlds.calls import calling

HEADER = "invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,phone"
SMALL = f"""{HEADER}
1001,M1,茶,2,2026-01-05 09:30,10.005,77,
1001,M2,壶,1,2026-01-05 09:29,3.5,77,13900001111
1001,M2,壶,1,2026-01-05 09:30,3.5,,
1000,POST,运费,1,2026-01-07,18,,
1002,M1,茶,3,2026-01-06,0,78,
C1003,M1,茶,-1,2026-01-08 08:00:00,10.005,77,
C1004,D,折扣,-1,2026-01-08,5,78,
A1005,B,坏账,1,2026-01-09,-100,,
1006,M1,茶,-4,2026-01-09,0,,
1007,M1,茶,0,2026-01-09,5,78,
1008,M1,茶,1,2026-01-09,-5,78,
,,,,,,,
"""
ZONE = ZoneInfo("Asia/Shanghai")


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "orders.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(tmp_path: Path, text: str) -> OrdersFile:
    return read_orders(written(tmp_path, text), ZONE)


def test_every_row_is_counted_under_one_rule(tmp_path: Path) -> None:
    report = read(tmp_path, SMALL).report
    assert {name: (rule["rows"], rule["amount"]) for name, rule in report["rules"].items()} == {
        "sale": (5, "45.010"),
        "return": (2, "-15.005"),
        "bad_debt_adjustment": (1, "-100"),
        "write_off": (1, "0"),
        "zero_quantity": (1, "0"),
        "negative_price": (1, "-5"),
    }
    assert sum(rule["rows"] for rule in report["rules"].values()) == report["rows"] == 11
    assert sum(Decimal(rule["amount"]) for rule in report["rules"].values()) == Decimal(report["amount"])
    assert {name: trait["rows"] for name, trait in report["traits"].items()} == {"walk_in": 2, "service": 2, "free": 1}
    assert (report["split_walk_in"], report["time_differs"]) == (1, 1)


def test_orders_become_audited_orders_with_their_shipments(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    with calling(KingdeeWorld(orders=path)) as erp:
        keys = "FBillNo,FCustId.FNumber,FDocumentStatus,FCloseStatus,FDate,FModifyDate,FBillAllAmount"
        day = "2026-01-05T09:2"
        assert erp.query("SAL_SaleOrder", keys, "FBillNo like '1001%'", OrderString="FBillNo") == [
            ["1001", "77", "C", "B", f"{day}9:00", f"{day}9:00", 23.51],
            ["1001-W", "WALKIN", "C", "B", "2026-01-05T09:30:00", "2026-01-05T09:30:00", 3.5],
        ]
        order = erp.query("SAL_SaleOrder", "FSaleOrderEntry_FEntryID,FMaterialId.FNumber,FQty", "FBillNo='1001'")
        shipped = erp.query("SAL_OUTSTOCK", "FSOEntryId,FMaterialID.FNumber,FRealQty", "FSoorDerno='1001'")
        assert shipped == order
        assert erp.query("SAL_OUTSTOCK", "FDocumentStatus,FCustomerID.FNumber", "FBillNo='OUT-1002'") == [["C", "78"]]
        assert erp.query("SAL_SaleOrder", "FIsFree,FRowType", "FBillNo in ('1000','1002')") == [
            [True, "Standard"],
            [False, "Service"],
        ]


def test_internal_ids_follow_time_and_number(tmp_path: Path) -> None:
    with calling(KingdeeWorld(orders=written(tmp_path, SMALL))) as erp:
        numbers = [row[0] for row in erp.query("SAL_SaleOrder", "FBillNo", "")]
        assert numbers == ["1001", "1001-W", "1002", "1000"]


def test_returns_name_no_order_and_have_positive_quantities(tmp_path: Path) -> None:
    with calling(KingdeeWorld(orders=written(tmp_path, SMALL))) as erp:
        keys = "FBillNo,FRetcustId.FNumber,FRealQty,FAllAmount,FSOEntryId,FApproveDate"
        assert erp.query("SAL_RETURNSTOCK", keys) == [
            ["C1004", "78", 1, 5, 0, "2026-01-08T00:00:00"],
            ["C1003", "77", 1, 10.01, 0, "2026-01-08T08:00:00"],
        ]


def test_masters_come_with_the_documents_and_gifts_are_in_store(tmp_path: Path) -> None:
    with calling(KingdeeWorld(orders=written(tmp_path, SMALL))) as erp:
        assert erp.query("BD_Customer", "FNumber,FName,FTEL,FDocumentStatus", "") == [
            ["77", "客户 77", "13900001111", "C"],
            ["78", "客户 78", "", "C"],
            ["WALKIN", "散客", "", "C"],
        ]
        assert ["M1", "茶"] in erp.query("BD_MATERIAL", "FNumber,FName")
        stock = dict(erp.query("STK_Inventory", "FMaterialId.FNumber,FBaseQty"))
        assert (stock["GIFT-001"], stock["GIFT-002"]) == (1000, 0)
        assert "POST" not in stock
        assert erp.world("seed")["rules"]["sale"]["rows"] == 5


def test_an_order_number_that_only_looks_like_a_return_is_a_sale(tmp_path: Path) -> None:
    file = read(tmp_path, f"{HEADER}\nCO-1,M1,,1,2026-01-05,5,77,\nAB-1,M1,,1,2026-01-05,5,77,\n")
    assert [bill.number for bill in file.orders] == ["AB-1", "CO-1"]


def test_chinese_headers_in_gbk(tmp_path: Path) -> None:
    text = "订单号,物料编码,数量,下单时间,含税单价,客户编码,物料名称\nX1,M1,1.5,2026/1/5 8:05,2.00,K1,茶\n"
    [order] = read_orders(written(tmp_path, text, "gbk"), ZONE).orders
    assert (order.at, order.lines[0].quantity) == (datetime.fromisoformat("2026-01-05T08:05:00"), Decimal("1.5"))


def test_an_offset_is_converted_to_the_wall_time_of_the_server(tmp_path: Path) -> None:
    [order] = read(tmp_path, f"{HEADER}\n1,M1,,1,2026-01-05T23:30:00Z,2,77,\n").orders
    assert order.at == datetime.fromisoformat("2026-01-06T07:30:00")


def test_parquet_is_read_with_its_own_types(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table(
        {
            "Order_No": ["1", "1"],
            "SKU": ["M1", "M2"],
            "qty": [1, 2],
            "paid_at": [datetime(2026, 1, 5, 0, 30, tzinfo=UTC)] * 2,
            "price": pyarrow.array([Decimal("2.550"), Decimal("1000.000")], pyarrow.decimal128(12, 3)),
            "customer": [17850.0, None],
        }
    )
    path = tmp_path / "orders.parquet"
    parquet.write_table(table, path)
    first, walk_in = read_orders(path, ZONE).orders
    assert (first.customer, first.at, walk_in.number) == ("17850", datetime.fromisoformat("2026-01-05T08:30:00"), "1-W")
    assert [str(bill.lines[0].price) for bill in (first, walk_in)] == ["2.55", "1000"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("order_no,sku,qty,order_date\n", "row 1: the column for price is missing"),
        (f"{HEADER}\n1,M1,,1,2026-01-05,5,7,\n2,M1,,1,2026-01-05,1O.5,7,\n", "row 3, column unit_price: found '1O.5'"),
        (f"{HEADER}\n1,M1,,two,2026-01-05,5,7,\n", "row 2, column quantity: found 'two'"),
        (f"{HEADER}\n1,M1,,,2026-01-05,5,7,\n", "row 2, column quantity: found ''"),
        (f"{HEADER}\n1,M1,,1,31/01/2026,5,7,\n", "row 2, column invoice_date: found '31/01/2026'"),
        (f"{HEADER}\n1,M1,,1,2026-02-30,5,7,\n", "row 2, column invoice_date: found '2026-02-30'"),
        (f"{HEADER}\n,M1,,1,2026-01-05,5,7,\n", "row 2, column invoice_no: found ''"),
        (f"{HEADER}\n1,M1,,1,2026-01-05,5,7\n", "row 2 has 7 cells, the header has 8"),
        (
            f"{HEADER}\n1,M1,,1,2026-01-05,5,7,\n\n1,M1,,1,2026-01-05,5,8,\n",
            "row 4, column customer_id: found '8, while",
        ),
        (f"{HEADER}\n1,M1,,1,2026-01-05,5,,\n1,M1,,1,2026-01-05,5,7,\n1-W,M1,,1,2026-01-05,5,7,\n", "1-W exists too"),
        ("", "row 1: the column for order is missing; found nothing"),
        ("PK\x03\x04", "neither CSV nor Parquet"),
        ("PAR1 and no more", "the Parquet file cannot be read"),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(FileInvalid) as refused:
        read_orders(path, ZONE)
    assert sentence in str(refused.value)
    assert str(path) in str(refused.value)
    assert refused.value.next_step
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(FileInvalid, match="cannot be read"):
        read_orders(tmp_path / "none.csv", ZONE)
    (tmp_path / "noise.csv").write_bytes(b"\xff\xfe\x81\xff,\xff\n")
    with pytest.raises(FileInvalid, match="neither UTF-8 nor GBK"):
        read_orders(tmp_path / "noise.csv", ZONE)


@pytest.mark.slow
def test_a_real_year_is_accounted_for_to_the_last_row(shared: Path) -> None:
    pytest.importorskip("pyarrow")
    path = shared / "data" / "online_retail.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    file = read_orders(path, ZoneInfo("Europe/London"))
    rules = file.report["rules"]
    assert {name: rule["rows"] for name, rule in rules.items()} == {
        "sale": 531_282,
        "return": 9_288,
        "bad_debt_adjustment": 3,
        "write_off": 1_336,
        "zero_quantity": 0,
        "negative_price": 0,
    }
    assert (file.report["rows"], file.report["amount"]) == (541_909, "9747747.934")
    assert sum(Decimal(rule["amount"]) for rule in rules.values()) == Decimal("9747747.934")
    assert (file.report["time_differs"], len(file.returns)) == (43, 3_836)
    assert sum(len(bill.lines) for bill in (*file.orders, *file.returns)) == 531_282 + 9_288
