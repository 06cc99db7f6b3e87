"""销售出库单 ``SAL_OUTSTOCK`` ↔ ``Shipment``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from erplink.erp.kingdee.codecs import REFERENCE
from erplink.erp.kingdee.forms.bill import HEAD, STATUS, day, extras, merged, of_organisation, refuse_unwritable
from erplink.erp.kingdee.forms.orders import ENTRY_KEY
from erplink.erp.kingdee.forms.recipe import Recipe
from erplink.erp.kingdee.query import FormQuery, quoted
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ConfigInvalid, NotFound
from erplink.mapping.codecs import AMOUNT, WHOLE, instant
from erplink.mapping.fields import DocumentMapping, Field, Lines, Model
from erplink.model.documents import Shipment, ShipmentLine

_ENTRY = "FEntity"
_RULE = "SaleOrder-OutStock"


def shipments(settings: Kingdee) -> DocumentMapping:
    """The mapping of deliveries out of stock."""
    return DocumentMapping(
        entity="shipments",
        source="SAL_OUTSTOCK",
        document=Shipment,
        key="FID",
        number="FBillNo",
        fields=(
            *HEAD,
            Field("FCustomerID.FNumber", "customer", save="FCustomerID.FNumber"),
            Field("FApproveDate", "shipped_at", instant(settings.tz)),
        ),
        rules=(STATUS,),
        entry=f"{_ENTRY}_FENTRYID",
        lines=Lines(
            entry=_ENTRY,
            line=ShipmentLine,
            fields=(
                Field(f"{_ENTRY}_FSeq", "line", WHOLE),
                Field("FMaterialID.FNumber", "sku", save="FMaterialID.FNumber"),
                Field("FRealQty", "qty", AMOUNT, save="FRealQty"),
                Field("FSoorDerno", "order", save="FSoorDerno"),
                Field("FSOEntryId", "order_line", REFERENCE),
            ),
        ),
    )


async def shipment_model(query: FormQuery, shipment: Shipment) -> Model:
    """The Model of a delivery, its lines linked to those of the orders they name, so that the orders follow.

    Raises:
        ConfigInvalid: a delivery without customer or lines.
        NotFound: an order that is not there, or has no line for the goods.
    """
    where = f"shipment {shipment.number}"
    if not shipment.customer or not shipment.lines:
        what = "the shipment names no customer" if not shipment.customer else "the shipment has no lines"
        raise ConfigInvalid(what, where=where, next_step="fill it in, then create it")
    refuse_unwritable(query.mapping, shipment, where)
    known = await _order_lines(query, sorted({line.order for line in shipment.lines if line.order}))
    model: Model = {
        "FID": 0,
        "FBillTypeID": {"FNUMBER": "XSCKD01_SYS"},
        "FDate": day(query, shipment.shipped_at),
        **of_organisation(query, "FStockOrgId", "FSaleOrgId"),
        **query.mapping.build(shipment),
    }
    extra, of_line = extras(query, "shipments", _ENTRY)
    lines = zip(model[_ENTRY], shipment.lines, strict=True)
    model[_ENTRY] = [{**built, **_linked(known, line, where), **of_line} for built, line in lines]
    return merged(model, extra)


def shipment_content(shipment: Shipment) -> object:
    """Customer, and goods by order."""
    return shipment.customer, Counter((line.sku, line.qty, line.order) for line in shipment.lines)


SHIPMENT = Recipe(Shipment, shipment_model, shipment_content, "another customer or other lines")

_OrderLine = tuple[str, str, str, str]
"""Number and id of an order, id and sku of one of its lines."""


async def _order_lines(query: FormQuery, numbers: Sequence[str]) -> Sequence[_OrderLine]:
    if not numbers:
        return ()
    named = ",".join(quoted(number) for number in numbers)
    entry = f"{ENTRY_KEY}_FEntryID"
    keys = ("FBillNo", "FID", entry, "FMaterialId.FNumber")
    rows = await query.desk.every_row("SAL_SaleOrder", keys, f"FBillNo in ({named})", by=entry)
    return [(str(number), str(bill), str(line), str(sku)) for number, bill, line, sku in rows]


def _linked(known: Sequence[_OrderLine], line: ShipmentLine, where: str) -> Mapping[str, Any]:
    if not line.order:
        return {}
    of_order = [one for one in known if one[0] == line.order]
    fitting = [one for one in of_order if line.order_line in {"", one[2]} and one[3] == line.sku]
    if not fitting:
        what = f"there is no order {line.order}" if not of_order else f"order {line.order} has no line for {line.sku}"
        raise NotFound(what, where=where, next_step="check order, order line and sku of the shipment's line")
    _, bill, entry, _ = fitting[0]
    link = {
        f"{_ENTRY}_Link_FRuleId": _RULE,
        f"{_ENTRY}_Link_FSTableName": "T_SAL_ORDERENTRY",
        f"{_ENTRY}_Link_FSBillId": bill,
        f"{_ENTRY}_Link_FSId": entry,
    }
    return {
        "FSrcType": "SAL_SaleOrder",
        "FSrcBillNo": line.order,
        "FSOEntryId": int(entry),
        f"{_ENTRY}_Link": [link],
    }
