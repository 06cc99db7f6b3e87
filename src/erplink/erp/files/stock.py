"""Stock as the newest file has it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.erp.files.binding import bound
from erplink.erp.files.cells import checked, is_blank, reading
from erplink.erp.files.columns import Column, kind_of
from erplink.erp.files.folder import Folder
from erplink.erp.files.plan import how
from erplink.erp.files.table import Damaged, Source, Table, open_table
from erplink.erp.files.texts import WORDS, Unfit
from erplink.erp.files.words import ColumnWords, FileStock
from erplink.errors import FileInvalid
from erplink.manifest.attributes import DOCUMENTS, attributes
from erplink.manifest.compile import House
from erplink.model.documents import Stock
from erplink.text.parts import did_you_mean


@frozen
class StockFiles:
    """Where stock is, and how each of its columns is read."""

    words: FileStock
    columns: Mapping[str, tuple[Column, Callable[[object], object]]]
    fixed: Mapping[str, Any]

    def on_hand(self, folder: Folder, skus: Collection[str]) -> tuple[Stock, ...]:
        """What the newest file says of these skus, rows of one sku and warehouse added up.

        Raises ``FileInvalid`` for a file that cannot be read, or a cell of these skus that does not fit.
        """
        files = folder.matching(self.words.files)
        if not files:
            step = "check files under entities.stock, and whether the export ran"
            raise FileInvalid("there is no file with stock", where=self.words.files[0], next_step=step)
        newest = files[-1]
        with ExitStack() as stack:
            try:
                needed = [column for column, _ in self.columns.values()]
                names = frozenset(name for column in needed for name in column.names)
                table = open_table(Source(folder.path(newest.name), newest.name, how(newest, self.words), names))
                stack.callback(table.close)
                at = bound(table, needed).at
                rows = [self._row(table, row, cells, at, skus) for row, cells in table.rows]
            except Damaged as damaged:
                raise damaged.error from damaged
        return _added([row for row in rows if row is not None], newest.arrived)

    def _row(
        self, table: Table, row: int, cells: tuple[Any, ...], at: Mapping[str, int], skus: Collection[str]
    ) -> dict[str, Any] | None:
        found: dict[str, Any] = dict(self.fixed)
        for name in ("sku", *(each for each in self.columns if each != "sku")):
            column, read = self.columns[name]
            place = at.get(column.key)
            cell = cells[place] if place is not None and place < len(cells) else None
            if name == "sku" and (is_blank(cell) or str(cell).strip().lstrip("'") not in skus):
                return None
            try:
                found[name] = read(cell)
            except Unfit as unfit:
                told = WORDS["en"][unfit.code]
                where = f"{table.name}, row {row}, column {column.key}"
                raise FileInvalid(str(unfit), where=where, next_step=told.advice) from None
        return found


def stock_of(words: FileStock, house: House, zone: ZoneInfo) -> StockFiles:
    """How stock is read. Raises ``ConfigInvalid`` for an attribute that is unknown or missing."""
    at = ("entities", "stock", "fields")
    known = attributes(DOCUMENTS["stock"])
    columns: dict[str, tuple[Column, Callable[[object], object]]] = {}
    fixed: dict[str, Any] = {}
    for name, each in words.fields.items():
        if name not in known:
            raise house.text.invalid(f"stock has no {name!r}", (*at, name), did_you_mean(name, known))
        if each.path is None:
            fixed[name] = each.value
        else:
            columns[name] = (Column(each.headings, not each.optional), _reader(name, each, zone))
    for name in ("sku", "on_hand"):
        if name not in columns:
            raise house.text.invalid(f"stock needs {name}", at, f'write {name} = "its heading"')
    return StockFiles(words, columns, fixed)


def _reader(name: str, words: ColumnWords, zone: ZoneInfo) -> Callable[[object], object]:
    kind = kind_of(name, words, attributes(DOCUMENTS["stock"]))
    return checked(reading(kind, zone, words.time or ""), filled=not words.optional, optional=words.optional)


def _added(rows: list[dict[str, Any]], arrived: datetime) -> tuple[Stock, ...]:
    found: dict[tuple[str, str], Stock] = {}
    for row in rows:
        sku, warehouse = str(row["sku"]).strip(), str(row.get("warehouse") or "").strip()
        on_hand: Decimal = row["on_hand"]
        available: Decimal = row["available"] if row.get("available") is not None else on_hand
        before = found.get((sku, warehouse), Stock(sku, warehouse, Decimal(0), Decimal(0)))
        as_of = row.get("as_of") or arrived
        found[sku, warehouse] = Stock(sku, warehouse, before.on_hand + on_hand, before.available + available, as_of)
    return tuple(found.values())
