"""The doctor says what is wrong between a manifest and its files, and shows nobody's name."""

from __future__ import annotations

from erplink.erp.files import Files
from erplink.facade.step import step
from erplink.wire.check import Check
from tests.erp.files.shop import CUSTOMERS, HEAD, HEADINGS, ORDERS, Shop, line


def examined(shop: Shop, files: Files) -> dict[str, Check]:
    with shop.open(files) as erp:
        return {check.name: check for check in step(files.doctor(erp.io))}


def test_all_is_well(shop: Shop) -> None:
    shop.csv("orders.csv", [line("SO1"), line("SO1", "M2"), ["合计", *[""] * 7]], encoding="gb18030", delimiter=";")
    shop.csv("customers.csv", [["C1", "张三", "13900001111"]], ("客户编码", "客户名称", "手机"))
    out = '[entities.orders.create]\nfolder = "out/orders"\n'
    checks = examined(shop, shop.orders(CUSTOMERS, out))
    assert all(check.ok for check in checks.values())
    assert checks["orders files"].words.startswith("1 called in/orders*; the newest is in/orders.csv, ")
    assert checks["orders headings"].words == (
        "all 8 headings are in in/orders.csv (encoding 'gb18030', delimiter ';'); optional and missing: 赠品"
    )
    assert checks["orders rows"].words == (
        "the first 1 documents fit; the first: SO1 is approved, 2 lines, the first 1 × M1, "
        "created_at 2026-10-31 16:00:00+00:00; 1 rows of totals left out"
    )
    assert checks["orders create"].words == "out/orders can be written to"
    assert not any("张三" in check.words or "139" in check.words for check in checks.values())
    assert {path.name for path in shop.folder.iterdir()} == {"in", "files.toml"}


def test_no_file(shop: Shop) -> None:
    check = examined(shop, shop.orders())["orders files"]
    assert (check.ok, "no file is called in/orders*" in check.words) == (False, True)


def test_headings_that_are_missing(shop: Shop) -> None:
    shop.csv("orders.csv", [line()], ("单据编号", "客户代码", *HEADINGS[2:]))
    check = examined(shop, shop.orders())["orders headings"]
    assert (check.ok, "did you mean '客户代码'" in check.words) == (False, True)


def test_rows_that_cannot_be_read_and_words_that_are_not_known(shop: Shop) -> None:
    rows = [
        line("SO1", status="已锁定"),
        line("SO2", status="已锁定"),
        line("SO3", status="?"),
        line("SO4", amount="x"),
    ]
    shop.csv("orders.csv", rows)
    checks = examined(shop, shop.orders())
    assert "1 of the first 4 documents cannot be read: not a number" in checks["orders rows"].words
    assert "the map does not know '已锁定' (2), '?' (1)" in checks["orders status"].words
    assert not any(checks[name].ok for name in ("orders rows", "orders status"))


def test_a_damaged_file(shop: Shop) -> None:
    (shop.folder / "in").mkdir()
    (shop.folder / "in" / "orders.xlsx").write_bytes(b"PK")
    assert "the workbook is damaged" in examined(shop, shop.orders())["orders file"].words


def test_codes_that_a_workbook_keeps_as_numbers(shop: Shop) -> None:
    shop.xlsx("orders.xlsx", [line(1001, customer=7), line(1002, customer="00012")])
    check = examined(shop, shop.orders())["orders codes"]
    assert (check.ok, "kept as numbers: 单据编号 (2), 客户编码 (1). Zeros" in check.words) == (True, True)


def test_files_that_wait_for_their_lines(shop: Shop) -> None:
    words = ORDERS.replace(
        "[entities.orders.lines.fields]",
        '[entities.orders.lines]\nfiles = "in/lines*"\nparent = "单号"\n[entities.orders.lines.fields]',
    )
    shop.csv("orders-1.csv", [])
    checks = examined(shop, shop.describe(HEAD, words))
    assert checks["orders lines"].words == "1 wait for the file with their lines, in/orders-1.csv for example"


def test_a_folder_that_cannot_be_written_to(shop: Shop) -> None:
    shop.csv("orders.csv", [line()])
    (shop.folder / "out").write_text("a file", encoding="utf-8")
    check = examined(shop, shop.orders('[entities.orders.create]\nfolder = "out/orders"\n'))["orders create"]
    assert (check.ok, "out/orders cannot be written to: check who owns out" in check.words) == (False, True)
