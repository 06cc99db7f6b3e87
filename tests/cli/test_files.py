"""``erplink files check`` says what is in every file, and how it ended is told by the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import erplink
from tests.erp.files.shop import CUSTOMERS, HEAD, HEADINGS, ORDERS, Shop, line


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.describe(HEAD, ORDERS, CUSTOMERS)
    return shop


def test_files_without_a_fault(shop: Shop) -> None:
    shop.csv("orders.csv", [line(), line("SO2"), ["合计", *[""] * 7], []])
    shop.csv("customers.csv", [["C1", "张三"]], ("客户编码", "客户名称"))
    ended = erplink("files", "check", "files.toml", cwd=shop.folder)
    assert (ended.code, ended.err) == (0, "")
    assert "All is well." in ended.out
    assert "in/orders.csv" in ended.out
    assert "张三" not in ended.out
    told = json.loads(erplink("files", "check", "files.toml", "--json", "--entity", "orders", cwd=shop.folder).out)
    assert told == {
        "ok": True,
        "files": [
            {
                "entity": "orders",
                "file": "in/orders.csv",
                "finished": True,
                "rows": 4,
                "documents": 2,
                "bad": 0,
                "blank": 1,
                "totals": 1,
                "reports": [],
                "error": "",
                "facts": "encoding utf-8, delimiter ,",
            }
        ],
    }


def test_rows_that_cannot_be_read(shop: Shop) -> None:
    shop.csv("orders.csv", [line(), line("SO2", amount="x")])
    ended = erplink("files", "check", "files.toml", cwd=shop.folder)
    assert ended.code == 4
    report = "errors/orders/orders.csv-errors.xlsx"
    assert f"1 documents of in/orders.csv cannot be read: see {report}" in ended.out
    assert (shop.folder / report).exists()


def test_files_that_cannot_be_read_are_all_told(shop: Shop) -> None:
    shop.csv("orders-1.csv", [line()], ("单据编号", "客户代码", *HEADINGS[2:]))
    (shop.folder / "in" / "orders-2.xlsx").write_bytes(b"PK")
    shop.csv("orders-3.csv", [line()])
    ended = erplink("files", "check", "files.toml", cwd=shop.folder)
    assert ended.code == 2
    assert "did you mean '客户代码'" in ended.out
    assert "the workbook is damaged" in ended.out


def test_no_file_another_kind_of_manifest_and_an_entity_that_is_not_there(shop: Shop) -> None:
    ended = erplink("files", "check", "files.toml", cwd=shop.folder)
    assert (ended.code, "No file is there." in ended.out) == (0, True)
    assert erplink("files", "check", "files.toml", "--entity", "returns", cwd=shop.folder).code == 2
    erplink("manifest", "new", "rest.toml", cwd=shop.folder)
    other = erplink("files", "check", "rest.toml", cwd=shop.folder, env={"ERPLINK_SECRET_PASSWORD": "x"})
    assert (other.code, "rest.toml describes no files" in other.err) == (2, True)


def test_a_manifest_to_begin_with_and_its_schema(shop: Shop) -> None:
    assert erplink("manifest", "new", "mine.toml", "--kind", "files", cwd=shop.folder).code == 0
    (shop.folder / "in").mkdir()
    assert erplink("files", "check", "mine.toml", cwd=shop.folder).code == 0
    schema = json.loads(erplink("manifest", "schema", "--kind", "files", cwd=shop.folder).out)
    assert "settle" in schema["properties"]
