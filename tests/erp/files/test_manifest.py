"""A manifest of files says where it is wrong, and reaches nothing outside its folder."""

from __future__ import annotations

import os

import pytest

from erplink.errors import ConfigInvalid
from erplink.wire.adapter import Capability
from tests.erp.files.shop import CUSTOMERS, HEAD, ORDERS, Shop

FILES = 'files = "in/orders*"'


@pytest.mark.parametrize(
    ("was", "is_", "line", "words"),
    [
        (FILES, "", 6, ["entities.orders.files is missing"]),
        (FILES, "files = []", 7, ["entities.orders.files"]),
        (FILES, 'files = "../orders*"', 7, ["must lie below the manifest's folder"]),
        (FILES, 'files = "/etc/*"', 7, ["must lie below the manifest's folder"]),
        (FILES, 'files = "in/../../orders*"', 7, ["must lie below the manifest's folder"]),
        (FILES, 'files = "C:/orders*"', 7, ["must lie below the manifest's folder"]),
        (FILES, "files = 'in\\orders*'", 7, ["write it like in/orders*.csv, with /"]),
        (FILES, f'{FILES}\nformat = "xls"', 8, ["format", "csv", "xlsx", "parquet"]),
        (FILES, f"{FILES}\nheader = 0", 8, ["header"]),
        (FILES, f"{FILES}\nsheet = 0", 8, ["sheet"]),
        (FILES, f'{FILES}\nencoding = "ansi-x"', 8, ["'ansi-x' is no encoding; write auto, utf-8, gb18030 or utf-16"]),
        (FILES, f'{FILES}\ndelimiter = "ab"', 8, ["delimiter"]),
        (FILES, f"{FILES}\nheeder = 3", 8, ["unknown word 'heeder'", "did you mean header?"]),
        (FILES, f'{FILES}\ncomplete = true\ndone = "in/done"', 6, ["complete and done exclude each other"]),
        (FILES, f'{FILES}\ndone = "../done"', 8, ["must lie below"]),
        ("settle = 0", 'settle = 0\nreports = "/tmp"', 5, ["must lie below"]),
        ("settle = 0", 'settle = 0\nlanguage = "fr"', 5, ["language", "'zh' or 'en'"]),
        ("settle = 0", "settle = -1", 4, ["settle"]),
        ('customer = "客户编码"', "", 9, ["orders need customer"]),
        (
            'customer = "客户编码"',
            'custmer = "客户编码"',
            11,
            ["unknown attribute 'custmer'", "did you mean customer?"],
        ),
        ('customer = "客户编码"', 'customer = ""', 11, ["customer"]),
        ('customer = "客户编码"', "customer = []", 11, ["customer"]),
        (
            'customer = "客户编码"',
            'customer = { path = "x", value = "y" }',
            11,
            ["exactly one of path, value and cases"],
        ),
        ('customer = "客户编码"', 'customer = { also = "x" }', 11, ["exactly one of path, value and cases"]),
        ('customer = "客户编码"', 'customer = { path = "x", heading = "y" }', 11, ["unknown word 'heading'"]),
        ('"草稿" = "draft"', '"草稿" = "drafted"', 12, ["status cannot be 'drafted'", "did you mean draft?"]),
        ('qty = "数量"', "", 16, ["orders need qty"]),
        ('qty = "数量"', 'qty = { path = "数量", type = "text" }', 18, ["qty is a number, not a text"]),
        (
            "[entities.orders.lines.fields]",
            '[entities.orders.lines]\nfiles = "in/lines*"\n[entities.orders.lines.fields]',
            16,
            ["files and parent go together"],
        ),
        (
            "[entities.orders.lines.fields]",
            '[entities.orders.create]\nfolder = "../out"\n[entities.orders.lines.fields]',
            17,
            ["must lie below"],
        ),
        (
            "[entities.orders.lines.fields]",
            '[entities.orders.create]\nfolder = "out"\nencoding = "big5"\n[entities.orders.lines.fields]',
            18,
            ["encoding", "gb18030"],
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(
    shop: Shop, was: str, is_: str, line: int, words: list[str]
) -> None:
    text = f"{HEAD}\n{ORDERS}"
    assert was in text
    with pytest.raises(ConfigInvalid) as caught:
        shop.describe(text.replace(was, is_))
    assert f"files.toml, line {line}" in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_files_of_two_entities_are_not_moved_away_by_the_first(shop: Shop) -> None:
    done = ORDERS.replace(FILES, f'{FILES}\ndone = "in/done"')
    with pytest.raises(ConfigInvalid, match="files of several entities cannot be moved away"):
        shop.describe(HEAD, done, CUSTOMERS.replace('"in/customers*"', '"in/orders*"'))


def test_a_heading_may_hold_any_signs(shop: Shop) -> None:
    words = ORDERS.replace('"金额"', '"金额(元)[含税].x"')
    shop.csv("orders.csv", [], ("单据编号", "客户编码", "状态", "下单时间", "物料编码", "数量", "金额(元)[含税].x"))
    assert shop.read(shop.describe(HEAD, words)) == ({}, [])


def test_an_adapter_offers_what_the_manifest_says(shop: Shop) -> None:
    words = CUSTOMERS.replace('files = "in/customers*"', 'files = "in/customers*"\ncomplete = true')
    update = '[entities.customers.update]\nfolder = "out"\n'
    stock = '[entities.stock]\nfiles = "in/stock*"\nfields = { sku = "a", on_hand = "b" }\n'
    with shop.open(shop.describe(HEAD, ORDERS, words, update, stock)) as erp:
        assert erp.adapter.offers == (
            Capability("orders", "list", {"order": "written_at"}),
            Capability("orders", "changes", {"order": "written_at", "changes": "arrived_at"}),
            Capability("orders", "get", {"cost": "scan"}),
            Capability("customers", "list", {"order": "written_at"}),
            Capability("customers", "changes", {"order": "written_at", "changes": "arrived_at"}),
            Capability("customers", "get", {"cost": "scan"}),
            Capability("customers", "keys", {"order": "id", "cost": "scan"}),
            Capability("customers", "update", {"idempotency": "natural", "effect": "handed_over"}),
            Capability("stock", "get", {"live": "no"}),
        )


def test_stock_is_what_the_newest_file_says(shop: Shop) -> None:
    words = """
[entities.stock]
files = "in/stock*"

[entities.stock.fields]
sku = "物料编码"
warehouse = { path = "仓库", optional = true }
on_hand = "库存"
available = { path = "可用", optional = true }
"""
    files = shop.describe(HEAD, words)
    shop.csv(
        "stock-2.csv",
        [["M1", "W1", "5", ""], ["M1", "W1", "1.5", "1"], ["M2", "", "x", ""]],
        ("物料编码", "仓库", "库存", "可用"),
    )
    shop.csv("stock-1.csv", [["M1", "W1", "99", "99"]], ("物料编码", "仓库", "库存", "可用"))
    os.utime(shop.folder / "in" / "stock-1.csv", (1e9, 1e9))
    with shop.open(files) as erp:
        (row,) = erp.stock.on_hand(["M1", "M9"])
        assert (row.sku, row.warehouse, str(row.on_hand), str(row.available)) == ("M1", "W1", "6.5", "6")
        assert row.as_of is not None
        with pytest.raises(Exception, match="not a number, it looks like 'a' .*stock-2.csv, row 4, column 库存"):
            erp.stock.on_hand(["M2"])
