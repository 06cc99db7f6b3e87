"""A folder with a manifest, files to be read in it, and what comes of them."""

# ruff: noqa: ANN401 - cells of any type

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from erplink import Erp, connect
from erplink.erp.files import Files
from erplink.facade.manifest import load_manifest
from erplink.facade.step import iterate
from erplink.model.documents import Document, Entity
from erplink.wire.adapter import Broken, Page, Window

HEAD = """\
erplink = 1
kind = "files"
name = "shop"
settle = 0
"""
ORDERS = """\
[entities.orders]
files = "in/orders*"

[entities.orders.fields]
number = ["单据编号", "订单号"]
customer = "客户编码"
status = { path = "状态", map = { "草稿" = "draft", "已审核" = "approved", "已关闭" = "closed" } }
created_at = "下单时间"
note = { path = "备注", optional = true }

[entities.orders.lines.fields]
sku = "物料编码"
qty = "数量"
amount = "金额"
free = { path = "赠品", optional = true }
"""
CUSTOMERS = """\
[entities.customers]
files = "in/customers*"

[entities.customers.fields]
number = "客户编码"
name = "客户名称"
phone = { path = "手机", optional = true }
status = { value = "approved" }

[entities.customers.custom]
points = { path = "积分", type = "whole", optional = true }
"""
HEADINGS = ("单据编号", "客户编码", "状态", "下单时间", "备注", "物料编码", "数量", "金额")
Rows = Sequence[Sequence[Any]]


def line(number: Any = "SO1", sku: Any = "M1", qty: Any = "1", amount: Any = "9.90", **other: Any) -> list[Any]:
    """A row of an order."""
    return [
        number,
        other.get("customer", "C1"),
        other.get("status", "已审核"),
        other.get("at", "2026-11-01"),
        other.get("note", ""),
        sku,
        qty,
        amount,
    ]


def write_csv(path: Path, rows: Rows, headings: Sequence[str] = HEADINGS, encoding: str = "utf-8", **how: Any) -> Path:
    """A CSV with headings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **how).writerows([headings, *rows])
    return path


def write_xlsx(path: Path, rows: Rows, headings: Sequence[str] = HEADINGS, title: str = "Sheet1") -> Path:
    """A workbook with one sheet."""
    from openpyxl import Workbook

    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in (headings, *rows):
        sheet.append(list(row))
    book.save(path)
    return path


def read_xlsx(path: Path) -> list[list[Any]]:
    """The values of the first sheet."""
    from openpyxl import load_workbook

    return [list(row) for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]


@frozen
class Shop:
    """A folder, and the manifest in it."""

    folder: Path

    def describe(self, *parts: str) -> Files:
        """Write the manifest, and load it."""
        path = self.folder / "files.toml"
        path.write_text("\n".join(parts), encoding="utf-8")
        files = load_manifest(path)
        assert isinstance(files, Files)
        return files

    def orders(self, *more: str, head: str = HEAD) -> Files:
        """The usual manifest of orders."""
        return self.describe(head, ORDERS, *more)

    def csv(self, name: str, rows: Rows, headings: Sequence[str] = HEADINGS, **how: Any) -> Path:
        """A CSV to be read."""
        return write_csv(self.folder / "in" / name, rows, headings, **how)

    def xlsx(self, name: str, rows: Rows, headings: Sequence[str] = HEADINGS, **how: Any) -> Path:
        """A workbook to be read."""
        return write_xlsx(self.folder / "in" / name, rows, headings, **how)

    @contextmanager
    def open(self, files: Files | None = None) -> Iterator[Erp]:
        """Connected."""
        with connect(files or self.orders()) as erp:
            yield erp

    def pages(
        self, files: Files | None = None, window: Window | None = None, after: str = "", entity: Entity = "orders"
    ) -> list[Page]:
        """All pages of a walk."""
        with self.open(files) as erp:
            return list(iterate(erp.adapter.pages(entity, window or Window(), after)))

    def read(
        self, files: Files | None = None, entity: Entity = "orders", window: Window | None = None
    ) -> tuple[dict[str, Document], list[Broken]]:
        """Documents by number, and those that cannot be read."""
        pages = self.pages(files, window, entity=entity)
        documents = [one for page in pages for one in page.items]
        found: Mapping[str, Document] = {one.number: one for one in documents}
        assert len(found) == len(documents)
        return dict(found), [one for page in pages for one in page.broken]
