"""The forms of a 苍穹 that the shop's records are shown in, key by key; written by hand from the vendor's examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.testing.worlds.shop.catalogue import Cell, Cells
from erplink.testing.worlds.shop.clerk import Draft
from erplink.testing.worlds.shop.records import Record
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.statuses import APPROVED, DONE, DRAFT, PENDING, VOID

ORG = "BU-001"
_BILLS: Mapping[str, str] = {DRAFT: "A", PENDING: "B", APPROVED: "C", DONE: "C", VOID: "C"}
_TEN = Decimal("0.0000000000")
Row = dict[str, Any]


@frozen
class WorldForm:
    """A form: ``number`` and ``status`` are its keys for them, ``heads`` and ``lines`` what a save may write."""

    entity: str
    number: str
    status: str
    row: Callable[[Record, ZoneInfo], Row]
    heads: Mapping[str, str]
    lines: Mapping[str, str] = {}

    def draft(self, told: Mapping[str, Any]) -> Draft:
        """What a save says of a document. What no API of the form knows has no effect. Raises :class:`Refusal`."""
        head = _read(told, self.heads)
        if self.number in told:
            head["number"] = str(told[self.number])
        entries = told.get("billentry")
        if entries is None:
            return Draft(head)
        return Draft(head, tuple(_read(entry, self.lines) for entry in entries))


_NUMBERS = frozenset({"quantity", "unit_price", "amount", "points"})


def _read(told: Mapping[str, Any], keys: Mapping[str, str]) -> Cells:
    return {name: _cell(name, told[key]) for key, name in keys.items() if key in told}


def _cell(name: str, value: Any) -> Cell:
    if name == "disabled":
        return str(value) == "0"
    if name not in _NUMBERS:
        return value
    try:
        return Decimal(str(value))
    except ArithmeticError:
        message = f"字段{name}的值{value!r}不是数字"
        raise Refusal("malformed", message, name) from None


def _number(cell: Cell) -> Cell:
    """An amount with ten decimals, as the platform writes them."""
    return cell.quantize(_TEN) if isinstance(cell, Decimal) else cell


def _at(cell: Cell, zone: ZoneInfo) -> Cell:
    return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if isinstance(cell, datetime) else cell


def _bill(record: Record, zone: ZoneInfo) -> Row:
    head = record.head
    status = head["status"]
    return {
        "id": str(record.id),
        "billno": record.number,
        "billstatus": _BILLS.get(status, status),
        "createtime": _at(head["created_at"], zone),
        "modifytime": _at(record.updated_at, zone),
        "org_number": ORG,
        "org_name": "环宇国际集团有限公司",
        "customer_number": head["customer_code"],
    }


def _order(record: Record, zone: ZoneInfo) -> Row:
    head, lines = record.head, record.lines
    return {
        **_bill(record, zone),
        "closestatus": "B" if head["status"] == DONE else "A",
        "cancelstatus": "B" if head["status"] == VOID else "A",
        "auditdate": _at(head["approved_at"], zone),
        "settlecurrency_number": head["currency"],
        "totalallamount": _number(head["total_amount"]),
        "comment": head["remark"],
        "kdec_points": _number(head["points"]),
        "billentry": [
            {
                **_goods(line),
                "priceandtax": _number(line["unit_price"]),
                "amountandtax": _number(line["amount"]),
                "ispresent": line["is_gift"],
            }
            for line in lines
        ],
    }


def _shipment(record: Record, zone: ZoneInfo) -> Row:
    return {
        **_bill(record, zone),
        "auditdate": _at(record.head["shipped_at"], zone),
        "billentry": [
            {**_goods(line), "mainbillnumber": line["order_no"], "mainbillentryid": str(line["order_line_id"])}
            for line in record.lines
        ],
    }


def _return(record: Record, zone: ZoneInfo) -> Row:
    head = record.head
    return {
        **_bill(record, zone),
        "auditdate": _at(head["returned_at"], zone),
        "settlecurrency_number": head["currency"],
        "billentry": [
            {
                **_goods(line),
                "amountandtax": _number(line["amount"]),
                "ispresent": line["is_gift"],
                "mainbillnumber": line["order_no"],
                "mainbillentryid": str(line["order_line_id"]),
            }
            for line in record.lines
        ],
    }


def _goods(line: Cells) -> Row:
    return {
        "id": str(line["id"]),
        "seq": line["line_no"],
        "material_masterid_number": line["sku"],
        "material_masterid_name": line["sku"],
        "unit_number": "pcs",
        "qty": _number(line["quantity"]),
    }


def _master(record: Record, zone: ZoneInfo) -> Row:
    head = record.head
    return {
        "id": str(record.id),
        "number": record.number,
        "name": head["name"],
        "status": _BILLS.get(head["status"], head["status"]),
        "enable": "0" if head["disabled"] else "1",
        "createtime": _at(head["created_at"], zone),
        "modifytime": _at(record.updated_at, zone),
    }


def _customer(record: Record, zone: ZoneInfo) -> Row:
    head = record.head
    own = {"kdec_mobile": head["mobile"], "kdec_unionid": head["unionid"], "kdec_points": _number(head["points"])}
    return {**_master(record, zone), **own}


def _product(record: Record, zone: ZoneInfo) -> Row:
    return {**_master(record, zone), "group_number": record.head["category"]}


FORMS: Mapping[str, WorldForm] = {
    "sm/sm_salorder": WorldForm(
        "orders",
        "billno",
        "billstatus",
        _order,
        {
            "customer_number": "customer_code",
            "settlecurrency_number": "currency",
            "comment": "remark",
            "kdec_points": "points",
        },
        {
            "material_number": "sku",
            "qty": "quantity",
            "priceandtax": "unit_price",
            "amountandtax": "amount",
            "ispresent": "is_gift",
        },
    ),
    "im/im_saloutbill": WorldForm("shipments", "billno", "billstatus", _shipment, {"customer_number": "customer_code"}),
    "kdec/im/kdec_salreturn": WorldForm("returns", "billno", "billstatus", _return, {}),
    "basedata/bd_customer": WorldForm(
        "customers",
        "number",
        "status",
        _customer,
        {
            "name": "name",
            "enable": "disabled",
            "kdec_mobile": "mobile",
            "kdec_unionid": "unionid",
            "kdec_points": "points",
        },
    ),
    "basedata/bd_material": WorldForm(
        "products", "number", "status", _product, {"name": "name", "enable": "disabled", "group_number": "category"}
    ),
}
"""Every form by its path below ``kapi/v2``."""
