"""其他出库单 ``STK_MisDelivery`` ↔ ``Order``: the other way a gift leaves the warehouse.

A 0-yuan order may be a sales order with free lines (it shows in sales statistics), or goods given away (其他出库: their
cost moves, and nothing is owed). Which one it is, the accountants decide: ``gifts`` of the settings. Read back it is an
``Order`` all the same: its customer, its goods with ``free`` true, amount 0 and unit price 0; ``status`` draft,
pending, approved or cancelled (it never closes, for audit takes the goods); ``id`` is of its own form, and no line has
one that a shipment names.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from erplink.erp.kingdee.codecs import currency
from erplink.erp.kingdee.forms.bill import (
    HEAD,
    LOCAL_CURRENCY,
    STATUS,
    day,
    extras,
    merged,
    of_organisation,
    refuse_unwritable,
)
from erplink.erp.kingdee.forms.orders import check_order
from erplink.erp.kingdee.forms.recipe import Recipe
from erplink.erp.kingdee.query import FormQuery
from erplink.erp.kingdee.settings import Kingdee
from erplink.mapping.codecs import AMOUNT, ENTRY, WHOLE, instant
from erplink.mapping.fields import DocumentMapping, Field, Lines, Model
from erplink.model.documents import Order, OrderLine

_ENTRY = "FEntity"


def gifts(settings: Kingdee) -> DocumentMapping:
    """The mapping of goods given away."""
    stamp = instant(settings.tz)
    return DocumentMapping(
        entity="orders",
        source="STK_MisDelivery",
        document=Order,
        key="FID",
        number="FBillNo",
        fields=(
            *HEAD,
            Field("FCustId.FNumber", "customer", save="FCustId.FNumber"),
            Field("FBaseCurrId.FNumber", "currency", currency(settings.currency)),
            Field("FCreateDate", "created_at", stamp),
            Field("FApproveDate", "approved_at", stamp),
            Field("FNote", "note", save="FNote"),
        ),
        rules=(STATUS,),
        entry=f"{_ENTRY}_FEntryID",
        lines=Lines(
            entry=_ENTRY,
            line=OrderLine,
            fields=(
                Field(f"{_ENTRY}_FEntryID", "id", ENTRY),
                Field(f"{_ENTRY}_FSeq", "line", WHOLE),
                Field("FMaterialId.FNumber", "sku", save="FMaterialId.FNumber"),
                Field("FQty", "qty", AMOUNT, save="FQty"),
            ),
            fixed={"amount": Decimal(0), "free": True},
        ),
    )


def is_gift(order: Order) -> bool:
    """Whether every line is free: nothing of it is sold."""
    return bool(order.lines) and all(line.free for line in order.lines)


async def gift_model(query: FormQuery, order: Order) -> Model:
    """The Model of goods given to a customer: taken out of stock, owned and kept by the same organisation.

    Raises ``ConfigInvalid`` as for an order.
    """
    check_order(order)
    refuse_unwritable(query.mapping, order, f"order {order.number}")
    model: Model = {
        "FID": 0,
        "FBillTypeID": {"FNUMBER": "QTCKD01_SYS"},
        "FStockDirect": "GENERAL",
        "FBizType": "0",
        "FDate": day(query, order.created_at),
        "FOwnerTypeIdHead": "BD_OwnerOrg",
        "FBaseCurrId": LOCAL_CURRENCY,
        **of_organisation(query, "FStockOrgId", "FPickOrgId", "FOwnerIdHead"),
        **query.mapping.build(order),
    }
    extra, of_line = extras(query, "gifts", _ENTRY)
    demanded = {
        "FOwnerTypeId": "BD_OwnerOrg",
        "FKeeperTypeId": "BD_KeeperOrg",
        **of_organisation(query, "FOwnerId", "FKeeperId"),
    }
    model[_ENTRY] = [{**demanded, **built, **of_line} for built in model[_ENTRY]]
    return merged(model, extra)


def gift_content(order: Order) -> object:
    """Customer and goods; a form without prices knows no more."""
    return order.customer, Counter((line.sku, line.qty) for line in order.lines)


GIFT = Recipe(Order, gift_model, gift_content, "another customer or other goods")
