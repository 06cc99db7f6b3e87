"""Putting documents into an empty world: rows made straight from templates, internal ids in the order given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from erplink.testing.worlds.kingdee.forms import ENTRY_ID, Cell, Form, Row
from erplink.testing.worlds.kingdee.inventory import stock_row
from erplink.testing.worlds.kingdee.store import FIRST_FID, Document, Table
from erplink.testing.worlds.trade import Article, Bill, Goods, Partner

_AUDITED = "C"
_CLERK = "seed"


class Planter:
    """Fills the tables of a world; each form's documents must come in the order their ids shall have."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._rows: dict[tuple[str, tuple[str, ...]], Callable[[Sequence[Cell]], Row]] = {}

    def customers(self, partners: Sequence[Partner], at: str) -> None:
        """Plant audited customers."""
        table = self._tables["BD_Customer"]
        keys = ("FNumber", "FName", "FTEL", "FGroup", "FADDRESS", "F_ERPL_UnionId")
        known = tuple(key for key in keys if key in table.form.positions)
        table.fill(
            self._head(
                table.form, fid, at, known, (one.number, one.name, one.phone, one.group, one.address, one.unionid)
            )
            for fid, one in enumerate(partners, start=FIRST_FID)
        )

    def materials(self, articles: Sequence[Article], at: str) -> None:
        """Plant audited materials and the stock on hand of each."""
        table, stock = self._tables["BD_MATERIAL"], self._tables["STK_Inventory"]
        keys = ("FNumber", "FName", "FMaterialGroup")
        table.fill(
            self._head(table.form, fid, at, keys, (one.number, one.name, one.group))
            for fid, one in enumerate(articles, start=FIRST_FID)
        )
        stocked = [(one.number, one.on_hand) for one in articles if one.on_hand is not None]
        stock.fill(
            stock_row(stock.form, fid, number, on_hand) for fid, (number, on_hand) in enumerate(stocked, FIRST_FID)
        )

    def orders(self, bills: Sequence[Bill]) -> Mapping[str, int]:
        """Plant audited sale orders; the entry id of the first line of each, by number."""
        keys = ("FMaterialId", *_PRICED, "FQty", "FRowType", "FIsFree", "FStockOrgId")
        return self._plant(
            "SAL_SaleOrder",
            keys,
            bills,
            lambda bill: [(*_cells(one), one.quantity, _row_type(one), one.free, "100") for one in bill.lines],
            lambda bill: {"FCustId": bill.customer, "FCloseStatus": "B" if bill.closed else "A"},
        )

    def shipments(self, bills: Sequence[Bill]) -> None:
        """Plant audited outstock bills, each referring to the order named by ``source`` line by line."""
        keys = ("FMaterialID", *_PRICED, "FRealQty", "FMustQty", "FBaseUnitQty", "FIsFree")
        references = ("FSrcType", "FSrcBillNo", "FSoorDerno", "FSOEntryId")

        def lines(bill: Bill) -> list[tuple[Cell, ...]]:
            source = ("SAL_SaleOrder", bill.source, bill.source)
            return [(*_cells(one), *[one.quantity] * 3, one.free, *source, one.entry) for one in bill.lines]

        self._plant("SAL_OUTSTOCK", (*keys, *references), bills, lines, lambda bill: {"FCustomerID": bill.customer})

    def returns(self, bills: Sequence[Bill]) -> None:
        """Plant audited return bills; one without ``source`` names no order."""
        keys = ("FMaterialId", *_PRICED, "FRealQty", "FIsFree", "FSrcBillNo", "FSOEntryId")

        def lines(bill: Bill) -> list[tuple[Cell, ...]]:
            return [(*_cells(one), one.quantity, one.free, bill.source, one.entry) for one in bill.lines]

        self._plant("SAL_RETURNSTOCK", keys, bills, lines, lambda bill: {"FRetcustId": bill.customer})

    def receipts(self, bills: Sequence[Bill]) -> None:
        """Plant audited receipts over the whole amount of the order named by ``source``."""
        keys = ("FRECTOTALAMOUNTFOR", "FRECAMOUNTFOR_E", "FSALEORDERNO")
        self._plant(
            "AR_RECEIVEBILL",
            keys,
            bills,
            lambda bill: [(bill.amount, bill.amount, bill.source)],
            lambda bill: {"FCONTACTUNIT": bill.customer, "FPAYUNIT": bill.customer},
        )

    def refunds(self, bills: Sequence[Bill]) -> None:
        """Plant audited refunds over the whole amount of the bill, with its source as their remark."""
        keys = ("FREFUNDAMOUNTFOR", "FREFUNDAMOUNTFOR_E", "FNOTE")
        self._plant(
            "AR_REFUNDBILL",
            keys,
            bills,
            lambda bill: [(bill.amount, bill.amount, bill.source)],
            lambda bill: {"FCONTACTUNIT": bill.customer, "FRECTUNIT": bill.customer},
        )

    def receivables(self, bills: Sequence[Bill]) -> None:
        """Plant audited receivables of the shipments named by ``source``, due on the day they are made."""
        keys = ("FMATERIALID", "FTaxPrice", "FALLAMOUNTFOR_D", "FPriceQty", "FSourceType", "FSourceBillNo")

        def lines(bill: Bill) -> list[tuple[Cell, ...]]:
            source = ("SAL_OUTSTOCK", bill.source)
            return [(one.material, one.price, one.amount, one.quantity, *source) for one in bill.lines]

        self._plant(
            "AR_receivable",
            keys,
            bills,
            lines,
            lambda bill: {"FCUSTOMERID": bill.customer, "FENDDATE_H": bill.at, "FALLAMOUNTFOR": bill.amount},
        )

    def groups(self, form_id: str, names: Sequence[str], at: str) -> None:
        """Plant groups of base data, numbered as they are called."""
        table = self._tables[form_id]
        table.fill(
            self._head(table.form, fid, at, ("FNumber", "FName"), (name, name))
            for fid, name in enumerate(sorted(names), start=FIRST_FID)
        )

    def prices(self, number: str, name: str, prices: Mapping[str, Decimal], at: str) -> None:
        """Plant one audited list of prices by material."""
        table = self._tables["BD_SAL_PriceList"]
        make = self._maker(table.form, ("FEntryID", "FSeq", "FMaterialId", "FPrice"))
        first = table.next_entry
        lines = tuple(
            make((first + place, place + 1, material, price)) for place, (material, price) in enumerate(prices.items())
        )
        keys = ("FNumber", "FName", "FEffectiveDate", "FExpiryDate")
        head = self._head(table.form, FIRST_FID, at, keys, (number, name, at, "2099-12-31T00:00:00"))
        table.fill([Document(head.head, lines)])

    def _plant(
        self,
        form_id: str,
        keys: tuple[str, ...],
        bills: Sequence[Bill],
        lines: Callable[[Bill], list[tuple[Cell, ...]]],
        head: Callable[[Bill], dict[str, Cell]],
    ) -> Mapping[str, int]:
        """Fill a form with bills; the entry id of the first line of each, by number."""
        table = self._tables[form_id]
        make = self._maker(table.form, (table.form.lines[ENTRY_ID].key, "FSeq", *keys))
        first: dict[str, int] = {}
        entry = table.next_entry

        def documents() -> Iterator[Document]:
            nonlocal entry
            for fid, bill in enumerate(bills, start=FIRST_FID):
                first[bill.number] = entry
                rows = tuple(make((entry + place, place + 1, *cells)) for place, cells in enumerate(lines(bill)))
                entry += len(rows)
                yield self._bill(table.form, fid, bill, rows, head(bill))

        table.fill(documents())
        return first

    def _bill(self, form: Form, fid: int, bill: Bill, lines: tuple[Row, ...], extra: Mapping[str, Cell]) -> Document:
        date = "FDATE" if "FDATE" in form.positions else "FDate"
        cells: dict[str, Cell] = {"FBillNo": bill.number, date: bill.at, **extra}
        if "FBillAllAmount" in form.positions:
            cells |= {"FBillAllAmount": bill.amount, "FBillAmount": bill.amount}
        head = self._head(form, fid, bill.at, tuple(cells), tuple(cells.values()))
        return Document(head.head, lines)

    def _head(self, form: Form, fid: int, at: str, keys: tuple[str, ...], cells: Sequence[Cell]) -> Document:
        users = tuple(key for key in ("FCreatorId", "FModifierId", "FApproverId") if key in form.positions)
        fixed = (form.pk, "FDocumentStatus", "FCreateDate", "FModifyDate", "FApproveDate", *users)
        make = self._maker(form, (*fixed, *keys), of_head=True)
        return Document(make((fid, _AUDITED, at, at, at, *(_CLERK for _ in users), *cells)))

    def _maker(self, form: Form, keys: tuple[str, ...], *, of_head: bool = False) -> Callable[[Sequence[Cell]], Row]:
        known = self._rows.get((form.id, keys))
        if known is not None:
            return known
        fields = form.head if of_head else form.lines
        where = form.positions if of_head else form.line_positions
        template = [field.default for field in fields]
        positions = [where[key] for key in keys]

        def make(cells: Sequence[Cell]) -> Row:
            row = template[:]
            for position, value in zip(positions, cells, strict=False):
                row[position] = value
            return tuple(row)

        self._rows[form.id, keys] = make
        return make


_PRICED = ("FPrice", "FTaxPrice", "FAllAmount", "FAmount")


def _cells(one: Goods) -> tuple[Cell, ...]:
    return one.material, one.price, one.price, one.amount, one.amount


def _row_type(one: Goods) -> str:
    return "Service" if one.service else "Standard"
