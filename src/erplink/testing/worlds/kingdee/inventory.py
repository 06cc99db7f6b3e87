"""Stock on hand: what an audit takes, gives or locks in the one warehouse it works with, and the inventory service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from erplink.testing.worlds.kingdee.catalogue import MASTERS
from erplink.testing.worlds.kingdee.cells import decimal
from erplink.testing.worlds.kingdee.forms import PK, ZERO, Cell, Form, Row
from erplink.testing.worlds.kingdee.journal import Change
from erplink.testing.worlds.kingdee.replies import INVALID, BusinessError, Json
from erplink.testing.worlds.kingdee.store import FIRST_ORGANISATION, Document, Table

STOCK = "CK001"
_MATERIAL_KEYS = {"SAL_SaleOrder": "FMaterialId", "SAL_OUTSTOCK": "FMaterialID", "SAL_RETURNSTOCK": "FMaterialId"}
_QUANTITY_KEYS = {"SAL_OUTSTOCK": "FRealQty", "SAL_RETURNSTOCK": "FRealQty"}


@frozen
class Move:
    """What one entry line does to the stock of a material: on hand, and locked for an order."""

    material: str
    on_hand: Decimal
    locked: Decimal = ZERO


def stock_row(form: Form, fid: int, material: str, on_hand: Decimal, locked: Decimal = ZERO) -> Document:
    """The inventory document of a material in the one warehouse."""
    available = on_hand - locked
    cells: dict[str, Cell] = {
        "FID": fid,
        "#row": f"{material}@{STOCK}",
        "FMaterialId": material,
        "FBaseQty": on_hand,
        "FQty": on_hand,
        "FBaseAVBQty": available,
        "FAVBQty": available,
        "FBASELOCKQTY": locked,
    }
    return Document(tuple(cells.get(field.key, field.default) for field in form.head))


def moves(form: Form, document: Document) -> list[Move]:
    """What an audit of this document does to the stock."""
    found = []
    for line in document.lines:
        move = _move(form, document, line)
        if move is not None:
            found.append(move)
    return found


def _move(form: Form, document: Document, line: Row) -> Move | None:
    material = str(line[form.line_at(_MATERIAL_KEYS.get(form.id, "FMaterialId"))])
    quantity = decimal(line[form.line_at(_QUANTITY_KEYS.get(form.id, "FQty"))])
    match form.id:
        case "SAL_SaleOrder":
            gift = bool(line[form.line_at("FIsFree")]) and line[form.line_at("FRowType")] != "Service"
            return Move(material, ZERO, quantity) if gift else None
        case "SAL_OUTSTOCK":
            gift = bool(line[form.line_at("FIsFree")] and line[form.line_at("FSoorDerno")])
            return Move(material, -quantity, -quantity if gift else ZERO)
        case "SAL_RETURNSTOCK":
            return Move(material, quantity)
        case _:
            back = document.head[form.at("FStockDirect")] == "RETURN"
            return Move(material, quantity if back else -quantity)


def stock_changes(table: Table, wanted: Sequence[Move], *, negative_allowed: bool) -> list[Change]:
    """The inventory documents after these moves. Raises :class:`BusinessError` when a material falls short."""
    form = table.form
    total: dict[str, Move] = {}
    for move in wanted:
        so_far = total.get(move.material, Move(move.material, ZERO))
        total[move.material] = Move(move.material, so_far.on_hand + move.on_hand, so_far.locked + move.locked)
    changes, fid = [], table.next_fid
    for material, move in sorted(total.items()):
        row = table.find(f"{material}@{STOCK}")
        on_hand, locked = (ZERO, ZERO) if row is None else _levels(form, row)
        taken = move.locked - move.on_hand
        if taken > max(on_hand - locked, ZERO) and not negative_allowed:
            message = f"物料[{material}]库存不足：可用数量{on_hand - locked:f}，需要数量{taken:f}"
            raise BusinessError(message, INVALID, "FMaterialId")
        after = stock_row(
            form, row.fid if row else fid, material, on_hand + move.on_hand, max(locked + move.locked, ZERO)
        )
        fid += row is None
        changes.append(Change(form.id, after.fid, after))
    return changes


def _levels(form: Form, row: Document) -> tuple[Decimal, Decimal]:
    return decimal(row.head[form.at("FBaseQty")]), decimal(row.head[form.at("FBASELOCKQTY")])


def inventory_data(table: Table, materials: Table, asked: Mapping[str, Any]) -> Json:
    """The reply of GetInventoryData for arguments with lower-case keys; empty lists of numbers mean all."""
    numbers = _listed(asked.get("fmaterialnumbers"))
    stocks = _listed(asked.get("fstocknumbers"))
    form = table.form
    places = MASTERS["BD_STOCK"]
    rows = [table.find(f"{number}@{place}") for number in numbers for place in places] if numbers else list(table)
    found = [row for row in rows if row is not None and (not stocks or str(row.head[form.at("FStockId")]) in stocks)]
    index, size = int(asked.get("pageindex") or 1), int(asked.get("pagerows") or 1000)
    page = found[(index - 1) * size : index * size]
    return {
        "RowCount": len(found),
        "Success": True,
        "Message": "",
        "Data": [_data(form, row, materials) for row in page],
    }


def _data(form: Form, row: Document, materials: Table) -> Json:
    material = str(row.head[form.at("FMaterialId")])
    return {
        "FId": str(row.head[PK]),
        "FStockOrgId": FIRST_ORGANISATION,
        "FStockId": MASTERS["BD_STOCK"][str(row.head[form.at("FStockId")])][0],
        "FMaterialId": found.fid if (found := materials.find(material)) is not None else 0,
        "FMaterialNumber": material,
        "FBaseUnitId": MASTERS["BD_UNIT"]["Pcs"][0],
        "FBaseQty": row.head[form.at("FBaseQty")],
        "FSecQty": 0,
        "FBaseAvbQty": row.head[form.at("FBaseAVBQty")],
        "FBASELOCKQTY": row.head[form.at("FBASELOCKQTY")],
    }


def _listed(value: Any) -> list[str]:
    return [number.strip() for number in str(value or "").split(",") if number.strip()]
