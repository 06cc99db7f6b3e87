"""销售订单 ``SAL_SaleOrder`` ↔ ``Order``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from erplink.erp.kingdee.codecs import KIND, currency
from erplink.erp.kingdee.forms.bill import HEAD, day, extras, merged, of_organisation, order_status, refuse_unwritable
from erplink.erp.kingdee.forms.recipe import Recipe
from erplink.erp.kingdee.query import FormQuery
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import AMOUNT, ENTRY, FLAG, WHOLE, instant
from erplink.mapping.fields import DocumentMapping, Field, Lines, Model, Rule
from erplink.model.documents import Order, OrderLine

ENTRY_KEY = "FSaleOrderEntry"


def orders(settings: Kingdee) -> DocumentMapping:
    """The mapping of sales orders."""
    stamp = instant(settings.tz)
    return DocumentMapping(
        entity="orders",
        source="SAL_SaleOrder",
        document=Order,
        key="FID",
        number="FBillNo",
        fields=(
            *HEAD,
            Field("FCustId.FNumber", "customer", save="FCustId.FNumber"),
            Field(
                "FSettleCurrId.FNumber",
                "currency",
                currency(settings.currency),
                save="FSaleOrderFinance.FSettleCurrId.FNumber",
            ),
            Field("FCreateDate", "created_at", stamp),
            Field("FApproveDate", "approved_at", stamp),
            Field("FNote", "note", save="FNote"),
        ),
        rules=(Rule(("FDocumentStatus", "FCloseStatus", "FCancelStatus"), "status", order_status),),
        entry=f"{ENTRY_KEY}_FEntryID",
        lines=Lines(
            entry=ENTRY_KEY,
            line=OrderLine,
            fields=(
                Field(f"{ENTRY_KEY}_FEntryID", "id", ENTRY),
                Field(f"{ENTRY_KEY}_FSeq", "line", WHOLE),
                Field("FMaterialId.FNumber", "sku", save="FMaterialId.FNumber"),
                Field("FQty", "qty", AMOUNT, save="FQty"),
                Field("FAllAmount", "amount", AMOUNT, save="FAllAmount"),
                Field("FTaxPrice", "unit_price", AMOUNT, save="FTaxPrice"),
                Field("FRowType", "kind", KIND, save="FRowType"),
                Field("FIsFree", "free", FLAG, save="FIsFree"),
            ),
        ),
    )


async def order_model(query: FormQuery, order: Order) -> Model:
    """The Model of a new order. Dates are days of the server's zone; without ``created_at`` it is the server's today.

    Raises:
        ConfigInvalid: an order without customer or lines, or a gift line that costs something.
    """
    check_order(order)
    mapping = query.mapping
    refuse_unwritable(mapping, order, f"order {order.number}")
    on = day(query, order.created_at)
    model: Model = {
        "FID": 0,
        "FBillTypeID": {"FNUMBER": "XSDD01_SYS"},
        "FDate": on,
        **of_organisation(query, "FSaleOrgId"),
        **mapping.build(order),
    }
    extra, of_line = extras(query, "orders", ENTRY_KEY)
    demanded = {
        "FDeliveryDate": on,
        "FReserveType": "1",
        "FOUTLMTUNIT": "SAL",
        **of_organisation(query, "FSettleOrgIds"),
    }
    lines = zip(model[ENTRY_KEY], order.lines, strict=True)
    model[ENTRY_KEY] = [{**demanded, **_priced(built, line), **of_line} for built, line in lines]
    return merged(model, extra)


def check_order(order: Order) -> None:
    """Raise ``ConfigInvalid`` for an order that no ERP would take."""
    if not order.customer or not order.lines:
        what = "the order names no customer" if not order.customer else "the order has no lines"
        raise ConfigInvalid(what, where=f"order {order.number}", next_step="fill it in, then create it")
    for line in order.lines:
        if line.free and (line.amount or line.unit_price):
            step = "a free line has amount 0 and unit_price 0"
            raise ConfigInvalid(
                f"line {line.line} is free but costs {line.amount}", where=f"order {order.number}", next_step=step
            )


def order_content(order: Order) -> object:
    """Customer and lines."""
    return order.customer, Counter((line.sku, line.qty, line.amount, line.free) for line in order.lines)


ORDER = Recipe(Order, order_model, order_content, "another customer or other lines")


def _priced(built: Mapping[str, Any], line: OrderLine) -> Mapping[str, Any]:
    """A line that states only its amount leaves the price to the ERP: a quotient might not be exact."""
    if line.unit_price or not line.amount:
        return built
    return {key: value for key, value in built.items() if key != "FTaxPrice"}
