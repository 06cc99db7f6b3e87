"""Documents are handed over as files, once for each key, whoever takes them away and whatever dies meanwhile."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import msgspec
import pytest
from openpyxl import load_workbook

from erplink import Order, OrderLine
from erplink.erp.files import Files
from erplink.errors import ConfigInvalid, Conflict, FileInvalid, Unsupported
from tests.erp.files.shop import CUSTOMERS, HEAD, ORDERS, Shop

CREATE = """
[entities.orders.create]
folder = "out/orders"
values = { "状态" = "已审核", "单据类型" = "标准销售订单" }
"""
UPDATE = """
[entities.customers.update]
folder = "out/customers"
encoding = "gb18030"
"""
GIFT = Order(
    id="",
    number="",
    customer="C1",
    status="draft",
    currency="CNY",
    created_at=None,
    version="",
    note="=SUM(A1)",
    lines=(OrderLine(line=1, sku="00012", qty=Decimal(1), amount=Decimal(0), free=True),),
)


@pytest.fixture
def files(shop: Shop) -> Files:
    return shop.describe(HEAD, ORDERS, CREATE, CUSTOMERS, UPDATE)


def handed_over(shop: Shop, entity: str = "orders") -> list[Path]:
    return sorted((shop.folder / "out" / entity).glob("[!.]*"))


def rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def test_an_order_is_handed_over_with_the_headings_and_words_of_the_manifest(shop: Shop, files: Files) -> None:
    with shop.open(files) as erp:
        made = erp.orders.create(GIFT, key="R-42")
    (path,) = handed_over(shop)
    assert path.name == "orders-R-42.csv"
    assert rows(path) == [
        {
            "单据编号": "ERPL-R-42",
            "客户编码": "C1",
            "状态": "已审核",
            "下单时间": "",
            "备注": "=SUM(A1)",
            "物料编码": "00012",
            "数量": "1",
            "金额": "0",
            "赠品": "是",
            "单据类型": "标准销售订单",
        }
    ]
    assert (made.number, made.status, made.lines) == ("ERPL-R-42", "approved", GIFT.lines)


def test_the_same_key_again_is_the_same_file_also_when_it_was_taken_away(shop: Shop, files: Files) -> None:
    with shop.open(files) as erp:
        first = erp.orders.create(GIFT, key="R-42")
        assert erp.orders.create(GIFT, key="R-42") == first
        (path,) = handed_over(shop)
        path.unlink()
        assert erp.orders.create(GIFT, key="R-42") == first
        assert handed_over(shop) == []
    with shop.open(files) as another:
        assert another.orders.create(GIFT, key="R-42") == first
        assert handed_over(shop) == []


def test_the_same_key_for_something_else_is_a_conflict(shop: Shop, files: Files) -> None:
    with shop.open(files) as erp:
        erp.orders.create(GIFT, key="R-42")
        with pytest.raises(Conflict, match="orders-R-42.csv holds something else.*use another key"):
            erp.orders.create(msgspec.structs.replace(GIFT, customer="C2"), key="R-42")
    assert len(handed_over(shop)) == 1


def test_many_at_once_with_one_key_hand_over_one_file(shop: Shop, files: Files) -> None:
    start = Barrier(20)
    taken: list[Path] = []

    def create(_: int) -> Order:
        start.wait()
        made = erp.orders.create(GIFT, key="R-42")
        for path in handed_over(shop):
            try:
                path.rename(shop.folder / f"taken-{len(taken)}")
            except FileNotFoundError:
                continue
            taken.append(path)
        return made

    with shop.open(files) as erp, ThreadPoolExecutor(20) as pool:
        made = list(pool.map(create, range(20)))
    assert len({one.number for one in made}) == 1
    assert len(taken) == 1
    assert handed_over(shop) == []


@pytest.mark.parametrize("step", range(1, 12))
def test_a_process_that_dies_at_any_step_is_finished_by_the_next_try(
    shop: Shop, files: Files, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call by which the disk is changed may be the last one."""
    calls = 0

    def counting(name: str) -> None:
        real = getattr(Path, name)

        def dying(self: Path, *arguments: object, **more: object) -> object:
            nonlocal calls
            calls += 1
            if calls == step:
                raise _Died
            return real(self, *arguments, **more)

        monkeypatch.setattr(Path, name, dying)

    for name in ("mkdir", "rename", "replace", "write_text", "chmod"):
        counting(name)
    with shop.open(files) as erp:
        with suppress(_Died):
            erp.orders.create(GIFT, key="R-42")
        monkeypatch.undo()
        seen = handed_over(shop)
        for path in seen:
            path.unlink()  # the other side is quick
        erp.orders.create(GIFT, key="R-42")
    assert len(seen) + len(handed_over(shop)) == 1


class _Died(BaseException):
    """The process is gone."""


def test_a_workbook_may_be_handed_over(shop: Shop) -> None:
    files = shop.describe(
        HEAD, ORDERS, CREATE.replace('folder = "out/orders"', 'folder = "out/orders"\nformat = "xlsx"')
    )
    with shop.open(files) as erp:
        erp.orders.create(GIFT, key="R-42")
    (path,) = handed_over(shop)
    sheet = load_workbook(path).worksheets[0]
    assert [cell.value for cell in sheet[2]][3:5] == ["=SUM(A1)", "00012"]
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n"}


def test_what_nobody_could_read_is_not_handed_over(shop: Shop, files: Files) -> None:
    with shop.open(files) as erp:
        with pytest.raises(FileInvalid, match="the cell is empty.*column 客户编码"):
            erp.orders.create(msgspec.structs.replace(GIFT, customer=""), key="R-42")
        with pytest.raises(FileInvalid, match="the cell is empty.*column 物料编码"):
            erp.orders.create(msgspec.structs.replace(GIFT, lines=()), key="R-42")
        assert erp.orders.create(GIFT, key="R-42").number == "ERPL-R-42"


def test_single_fields_are_handed_over_in_the_order_of_time(shop: Shop, files: Files) -> None:
    with shop.open(files) as erp:
        for points in (12, 34, 12):
            erp.customers.update("C-甲/1", {"points": points, "name": "张三"})
    told = [rows(path, "gb18030") for path in handed_over(shop, "customers")]
    assert told == [[{"客户编码": "C-甲/1", "客户名称": "张三", "积分": str(points)}] for points in (12, 34, 12)]


def test_a_field_that_is_not_written_is_named(shop: Shop, files: Files) -> None:
    with shop.open(files) as erp:
        with pytest.raises(
            ConfigInvalid, match="customers have no writable field 'level'; configured are: name, phone, points"
        ):
            erp.customers.update("C1", {"points": 1, "level": "gold"})
        with pytest.raises(ConfigInvalid, match="no writable field 'number'"):
            erp.customers.update("C1", {"number": "C2"})
        with pytest.raises(Unsupported, match="shop cannot create customers"):
            erp.customers.create(None, key="k")  # type: ignore[arg-type]
        with pytest.raises(Unsupported, match="shop cannot update orders"):
            erp.orders.update("SO1", {"note": "x"})
    assert handed_over(shop, "customers") == []


def test_what_is_handed_over_is_not_taken_for_something_to_read(shop: Shop) -> None:
    words = ORDERS.replace('files = "in/orders*"', 'files = "**/*"')
    files = shop.describe(HEAD, words, CREATE)
    with shop.open(files) as erp:
        erp.orders.create(GIFT, key="R-42")
        (shop.folder / "files.toml").unlink()
        assert list(erp.orders.list()) == []
