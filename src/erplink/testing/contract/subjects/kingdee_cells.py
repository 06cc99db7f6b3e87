"""Canonical documents in the cells of a K/3 Cloud, written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from erplink.model.documents import (
    Customer,
    Document,
    Entity,
    Order,
    OrderLine,
    PriceLine,
    PriceList,
    Product,
    Receipt,
    Receivable,
    Refund,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
    Stock,
)

Cells = dict[str, Any]

FORMS: Mapping[Entity, str] = {
    "orders": "SAL_SaleOrder",
    "shipments": "SAL_OUTSTOCK",
    "returns": "SAL_RETURNSTOCK",
    "receipts": "AR_RECEIVEBILL",
    "customers": "BD_Customer",
    "products": "BD_MATERIAL",
    "refunds": "AR_REFUNDBILL",
    "receivables": "AR_receivable",
    "prices": "BD_SAL_PriceList",
}
NUMBERS: Mapping[Entity, str] = {"customers": "FNumber"}
SPOILT: Mapping[Entity, str] = {
    "orders": "FNote",
    "shipments": "FCustomerID",
    "returns": "FRetcustId",
    "receipts": "FDATE",
    "customers": "FName",
    "products": "FName",
    "refunds": "FDATE",
    "receivables": "FDATE",
    "prices": "FName",
}
"""A field of each form that has to hold one value."""
_IDS: Mapping[type, str] = {Customer: "FCUSTID", Product: "FMATERIALID"}
_WAREHOUSES = {"W-1": "CK001", "W-2": "CK002"}
_STATUSES: Mapping[str, Mapping[str, str]] = {
    "draft": {"FDocumentStatus": "A"},
    "pending": {"FDocumentStatus": "B"},
    "approved": {"FDocumentStatus": "C"},
    "closed": {"FDocumentStatus": "C", "FCloseStatus": "B"},
    "cancelled": {"FDocumentStatus": "A", "FCancelStatus": "B"},
}


def wall(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as this ERP writes it."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def planted(document: Document, stamp: str, zone: ZoneInfo) -> Cells:
    """A document as the control door takes it."""

    def at(moment: datetime | None) -> str | None:
        return None if moment is None else wall(moment, zone)

    cells = _OF[type(document)](document, at)
    key = _IDS.get(type(document), "FID")
    status = {"FDocumentStatus": document.raw_status} if document.raw_status else _STATUSES[document.status]
    chosen = {key: int(document.id)} if document.id else {}
    return {**cells, "head": {**cells["head"], "FModifyDate": stamp, **status, **chosen}}


def stock_cells(level: Stock) -> Cells:
    """A row of the inventory."""
    locked, place = level.on_hand - level.available, _WAREHOUSES[level.warehouse]
    quantities = {"FBaseQty": level.on_hand, "FQty": level.on_hand, "FBASELOCKQTY": locked}
    available = {"FBaseAVBQty": level.available, "FAVBQty": level.available}
    return {
        "#row": f"{level.sku}@{place}",
        "FMaterialId": level.sku,
        "FStockId": place,
        **quantities,
        **available,
    }


At = Callable[[datetime | None], str | None]


def _order(order: Order, at: At) -> Cells:
    head = {
        "FBillNo": order.number,
        "FCustId": order.customer,
        "FSettleCurrId": _currency(order.currency),
        "FCreateDate": at(order.created_at),
        "FApproveDate": at(order.approved_at),
        "FNote": order.note,
    }
    return {"form": "SAL_SaleOrder", "head": head, "lines": [_order_line(line) for line in order.lines]}


def _order_line(line: OrderLine) -> Cells:
    return {
        "FSeq": line.line,
        "FMaterialId": line.sku,
        "FQty": line.qty,
        "FAllAmount": line.amount,
        "FTaxPrice": line.unit_price,
        "FRowType": "Service" if line.kind == "service" else "Standard",
        "FIsFree": line.free,
    }


def _shipment(shipment: Shipment, at: At) -> Cells:
    head = {
        "FBillNo": shipment.number,
        "FCustomerID": shipment.customer,
        "FApproveDate": at(shipment.shipped_at),
    }
    return {"form": "SAL_OUTSTOCK", "head": head, "lines": [_shipment_line(line) for line in shipment.lines]}


def _shipment_line(line: ShipmentLine) -> Cells:
    return {
        "FSeq": line.line,
        "FMaterialID": line.sku,
        "FRealQty": line.qty,
        "FSoorDerno": line.order,
        "FSOEntryId": int(line.order_line or 0),
    }


def _return(found: Return, at: At) -> Cells:
    head = {
        "FBillNo": found.number,
        "FRetcustId": found.customer,
        "FSettleCurrId": _currency(found.currency),
        "FApproveDate": at(found.returned_at),
    }
    return {"form": "SAL_RETURNSTOCK", "head": head, "lines": [_return_line(line) for line in found.lines]}


def _return_line(line: ReturnLine) -> Cells:
    return {
        "FSeq": line.line,
        "FMaterialId": line.sku,
        "FRealQty": line.qty,
        "FAllAmount": line.amount,
        "FSrcBillNo": line.order,
        "FSOEntryId": int(line.order_line or 0),
        "FIsFree": line.free,
    }


def _receipt(receipt: Receipt, at: At) -> Cells:
    head = {
        "FBillNo": receipt.number,
        "FCONTACTUNIT": receipt.customer,
        "FCURRENCYID": _currency(receipt.currency),
        "FDATE": at(receipt.received_at),
    }
    line = {"FRECTOTALAMOUNTFOR": receipt.amount, "FSALEORDERNO": receipt.order}
    return {"form": "AR_RECEIVEBILL", "head": head, "lines": [line]}


def _refund(refund: Refund, at: At) -> Cells:
    head = {
        "FBillNo": refund.number,
        "FCONTACTUNIT": refund.customer,
        "FCURRENCYID": _currency(refund.currency),
        "FDATE": at(refund.paid_at),
    }
    return {"form": "AR_REFUNDBILL", "head": head, "lines": [{"FREFUNDAMOUNTFOR_E": refund.amount}]}


def _receivable(receivable: Receivable, at: At) -> Cells:
    head = {
        "FBillNo": receivable.number,
        "FCUSTOMERID": receivable.customer,
        "FCURRENCYID": _currency(receivable.currency),
        "FALLAMOUNTFOR": receivable.amount,
        "FDATE": at(receivable.dated_at),
        "FENDDATE_H": at(receivable.due_at),
    }
    return {"form": "AR_receivable", "head": head, "lines": [{"FSourceBillNo": receivable.origin}]}


def _prices(prices: PriceList, at: At) -> Cells:
    head = {
        "FNumber": prices.number,
        "FName": prices.name,
        "FCurrencyId": _currency(prices.currency),
        "FEffectiveDate": at(prices.effective_at),
        "FExpiryDate": at(prices.expires_at),
        "FForbidStatus": _forbidden(prices),
    }
    return {"form": "BD_SAL_PriceList", "head": head, "lines": [_price_line(line) for line in prices.lines]}


def _price_line(line: PriceLine) -> Cells:
    return {
        "FSeq": line.line,
        "FMaterialId": line.sku,
        "FPrice": line.price,
        "FFromQty": line.from_qty,
        "FToQty": line.to_qty,
    }


def _customer(customer: Customer, _: At) -> Cells:
    head = {
        "FNumber": customer.number,
        "FName": customer.name,
        "FTEL": customer.phone,
        "FForbidStatus": _forbidden(customer),
        "F_ERPL_UnionId": customer.unionid,
        "F_ERPL_Points": customer.custom.get("points"),
    }
    return {"form": "BD_Customer", "head": head}


def _product(product: Product, _: At) -> Cells:
    head = {
        "FNumber": product.number,
        "FName": product.name,
        "FMaterialGroup": product.category,
        "FForbidStatus": _forbidden(product),
    }
    return {"form": "BD_MATERIAL", "head": head}


def _currency(code: str) -> str:
    return "PRE001" if code == "CNY" else code


def _forbidden(master: Customer | Product | PriceList) -> str:
    return "A" if master.active else "B"


_OF: Mapping[type, Callable[..., Cells]] = {
    Order: _order,
    Shipment: _shipment,
    Return: _return,
    Receipt: _receipt,
    Customer: _customer,
    Product: _product,
    Refund: _refund,
    Receivable: _receivable,
    PriceList: _prices,
}
