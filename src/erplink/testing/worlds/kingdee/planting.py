"""Putting documents into an empty world: rows made straight from templates, internal ids in the order given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from erplink.testing.worlds.kingdee.forms import ZERO, Cell, Form, Row
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
        self._entries = {form_id: table.next_entry for form_id, table in tables.items()}

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
        form = self._tables["SAL_SaleOrder"].form
        line_keys = ("FEntryID", "FSeq", "FMaterialId", "FQty", "FPrice", "FTaxPrice", "FAllAmount", "FAmount")
        make = self._maker(form, (*line_keys, "FRowType", "FIsFree", "FStockOrgId"))
        first: dict[str, int] = {}
        entry = self._entries[form.id]

        def document(fid: int, bill: Bill) -> Document:
            nonlocal entry
            first[bill.number] = entry
            lines = tuple(
                make((entry + place, place + 1, *_priced(one), _row_type(one), one.free, "100"))
                for place, one in enumerate(bill.lines)
            )
            entry += len(lines)
            extra = {"FCustId": bill.customer, "FCloseStatus": "B" if bill.closed else "A"}
            return self._bill(form, fid, bill, lines, extra)

        self._fill(form, bills, document)
        self._entries[form.id] = entry
        return first

    def shipments(self, bills: Sequence[Bill]) -> None:
        """Plant audited outstock bills, each referring to the order named by ``source`` line by line."""
        form = self._tables["SAL_OUTSTOCK"].form
        keys = ("FENTRYID", "FSeq", "FMaterialID", "FRealQty", "FPrice", "FTaxPrice", "FAllAmount", "FAmount")
        references = ("FSrcType", "FSrcBillNo", "FSoorDerno", "FSOEntryId")
        make = self._maker(form, (*keys, "FMustQty", "FBaseUnitQty", "FIsFree", *references))
        entry = self._entries[form.id]

        def document(fid: int, bill: Bill) -> Document:
            nonlocal entry
            source = ("SAL_SaleOrder", bill.source, bill.source)
            lines = tuple(
                make(
                    (entry + place, place + 1, *_priced(one), one.quantity, one.quantity, one.free, *source, one.entry)
                )
                for place, one in enumerate(bill.lines)
            )
            entry += len(lines)
            return self._bill(form, fid, bill, lines, {"FCustomerID": bill.customer})

        self._fill(form, bills, document)
        self._entries[form.id] = entry

    def returns(self, bills: Sequence[Bill]) -> None:
        """Plant audited return bills; one without ``source`` names no order."""
        form = self._tables["SAL_RETURNSTOCK"].form
        keys = ("FEntryID", "FSeq", "FMaterialId", "FRealQty", "FPrice", "FTaxPrice", "FAllAmount", "FAmount")
        make = self._maker(form, (*keys, "FIsFree", "FSrcBillNo", "FSOEntryId"))
        entry = self._entries[form.id]

        def document(fid: int, bill: Bill) -> Document:
            nonlocal entry
            lines = tuple(
                make((entry + place, place + 1, *_priced(one), one.free, bill.source, one.entry))
                for place, one in enumerate(bill.lines)
            )
            entry += len(lines)
            return self._bill(form, fid, bill, lines, {"FRetcustId": bill.customer})

        self._fill(form, bills, document)
        self._entries[form.id] = entry

    def receipts(self, bills: Sequence[Bill]) -> None:
        """Plant audited receipts over the whole amount of the order named by ``source``."""
        form = self._tables["AR_RECEIVEBILL"].form
        make = self._maker(form, ("FEntryID", "FSeq", "FRECTOTALAMOUNTFOR", "FRECAMOUNTFOR_E", "FSALEORDERNO"))
        entry = self._entries[form.id]

        def document(fid: int, bill: Bill) -> Document:
            nonlocal entry
            amount = sum((one.amount for one in bill.lines), ZERO)
            lines = (make((entry, 1, amount, amount, bill.source)),)
            entry += 1
            return self._bill(form, fid, bill, lines, {"FCONTACTUNIT": bill.customer, "FPAYUNIT": bill.customer})

        self._fill(form, bills, document)
        self._entries[form.id] = entry

    def _fill(self, form: Form, bills: Sequence[Bill], document: Callable[[int, Bill], Document]) -> None:
        self._tables[form.id].fill(document(fid, bill) for fid, bill in enumerate(bills, start=FIRST_FID))

    def _bill(self, form: Form, fid: int, bill: Bill, lines: tuple[Row, ...], extra: Mapping[str, Cell]) -> Document:
        date = "FDATE" if "FDATE" in form.positions else "FDate"
        cells: dict[str, Cell] = {"FBillNo": bill.number, date: bill.at, **extra}
        if "FBillAllAmount" in form.positions:
            total = sum((one.amount for one in bill.lines), ZERO)
            cells |= {"FBillAllAmount": total, "FBillAmount": total}
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


def _priced(one: Goods) -> tuple[Cell, ...]:
    return one.material, one.quantity, one.price, one.price, one.amount, one.amount


def _row_type(one: Goods) -> str:
    return "Service" if one.service else "Standard"
