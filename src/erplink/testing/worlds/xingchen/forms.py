"""How the shop's records look in 云星辰: a head in a list, everything in a detail; by hand from the vendor's models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from erplink.testing.worlds.shop.catalogue import Cell, Cells
from erplink.testing.worlds.shop.records import Record
from erplink.testing.worlds.shop.statuses import APPROVED, DONE, DRAFT, PENDING

Row = dict[str, Any]
Make = Callable[[Record, ZoneInfo], Row]
_STATUSES: Mapping[str, str] = {DRAFT: "Z", PENDING: "Z", APPROVED: "C", DONE: "C"}


@frozen
class WorldForm:
    """A kind of document: its head in a list, and the whole of it."""

    entity: str
    head: Make
    whole: Make


def _at(cell: Cell, zone: ZoneInfo) -> Cell:
    if isinstance(cell, datetime):
        return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return "" if cell is None else cell


def _bill(record: Record, zone: ZoneInfo) -> Row:
    head = record.head
    return {
        "id": str(record.id),
        "bill_no": record.number,
        "bill_status": _STATUSES.get(head["status"], head["status"]),
        "bill_date": _at(head["created_at"], zone)[:10],
        "create_time": _at(head["created_at"], zone),
        "customer_id": "1",
        "customer_number": head["customer_code"],
        "total_amount": head.get("total_amount", 0),
    }


def _whole_bill(record: Record, zone: ZoneInfo, audited: str, lines: list[Row]) -> Row:
    return {
        **_bill(record, zone),
        "modify_time": _at(record.updated_at, zone),
        "audit_time": _at(record.head[audited], zone),
        "material_entity": lines,
        "custom_field": {},
    }


def _order(record: Record, zone: ZoneInfo) -> Row:
    head = record.head
    return {
        **_whole_bill(record, zone, "approved_at", [_priced(line) for line in record.lines]),
        "remark": head["remark"],
        "bill_close_state": "S" if head["status"] == DONE else "",
        "custom_field": {"points__1__abc": str(head["points"])},
    }


def _shipment(record: Record, zone: ZoneInfo) -> Row:
    return _whole_bill(record, zone, "shipped_at", [{**_goods(line), **_source(line)} for line in record.lines])


def _return(record: Record, zone: ZoneInfo) -> Row:
    return _whole_bill(record, zone, "returned_at", [{**_priced(line), **_source(line)} for line in record.lines])


def _goods(line: Cells) -> Row:
    return {
        "id": str(line["id"]),
        "seq": line["line_no"],
        "material_id": "1",
        "material_number": line["sku"],
        "material_name": line["sku"],
        "unit_number": "pcs",
        "qty": line["quantity"],
    }


def _source(line: Cells) -> Row:
    return {"src_bill_no": line["order_no"], "src_entry_id": str(line["order_line_id"])}


def _priced(line: Cells) -> Row:
    prices = {"tax_price": line["unit_price"], "all_amount": line["amount"], "amount": line["amount"]}
    return {**_goods(line), **prices, "is_free": line["is_gift"]}


def _master(record: Record, _: ZoneInfo) -> Row:
    return {
        "id": str(record.id),
        "number": record.number,
        "name": record.head["name"],
        "enable": "0" if record.head["disabled"] else "1",
    }


def _customer(record: Record, zone: ZoneInfo) -> Row:
    head = record.head
    own = {"mobile__1__abc": head["mobile"], "unionid__1__abc": head["unionid"], "points__1__abc": str(head["points"])}
    return {
        **_master(record, zone),
        "modify_time": _at(record.updated_at, zone),
        "bomentity": [{"contact_person": "u7Qm4Zx0b1E="}],
        "custom_field": {name: cell for name, cell in own.items() if cell},
    }


def _product(record: Record, zone: ZoneInfo) -> Row:
    times = {"modify_time": _at(record.updated_at, zone), "create_time": _at(record.head["created_at"], zone)}
    return {**_master(record, zone), **times, "parent_number": record.head["category"], "check_type": "1"}


FORMS: Mapping[str, WorldForm] = {
    "jdy/v2/scm/sal_order": WorldForm("orders", _bill, _order),
    "jdy/v2/scm/sal_out_bound": WorldForm("shipments", _bill, _shipment),
    "jdy/v2/scm/sal_in_bound": WorldForm("returns", _bill, _return),
    "jdy/v2/bd/customer": WorldForm("customers", _master, _customer),
    "jdy/v2/bd/material": WorldForm("products", _master, _product),
}
"""Every form by the path of its list; its detail lies beside it."""
