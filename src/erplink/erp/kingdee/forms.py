"""The forms erplink reads and writes, key by key. The case of a key differs from form to form; this is how it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from erplink.erp.kingdee.codecs import ENABLED, KIND, REFERENCE, currency
from erplink.erp.kingdee.custom import customised
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import AMOUNT, ENTRY, FLAG, ID, TEXT, WHOLE, instant
from erplink.mapping.fields import DocumentMapping, Field, Fold, Lines, Rule
from erplink.model.documents import (
    Customer,
    DocumentStatus,
    Entity,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Receipt,
    Return,
    ReturnLine,
    Shipment,
    ShipmentLine,
)

_LIFE: Mapping[str, DocumentStatus] = {"Z": "draft", "A": "draft", "D": "draft", "B": "pending", "C": "approved"}


def document_status(document: str | None, cancelled: str | None = None) -> DocumentStatus:
    """FDocumentStatus (Z 暂存, A 创建, B 审核中, C 已审核, D 重新审核) and FCancelStatus → the canonical status.

    >>> document_status("D"), document_status("C", "B"), document_status("X")
    ('draft', 'cancelled', 'unknown')
    """
    if (cancelled or "").strip() == "B":
        return "cancelled"
    return _LIFE.get((document or "").strip(), "unknown")


def order_status(document: str | None, closed: str | None, cancelled: str | None) -> OrderStatus:
    """As ``document_status``; an approved order whose FCloseStatus is B is closed.

    >>> order_status("C", "B", "A"), order_status("B", "A", "A")
    ('closed', 'pending')
    """
    status = document_status(document, cancelled)
    return "closed" if status == "approved" and (closed or "").strip() == "B" else status


def mappings(settings: Kingdee) -> Mapping[Entity, DocumentMapping]:
    """Every entity's mapping under these settings. Raises ``ConfigInvalid`` for custom fields of an unknown entity."""
    known: dict[Entity, DocumentMapping] = {
        mapping.entity: mapping
        for mapping in (
            _orders(settings),
            _shipments(settings),
            _returns(settings),
            _receipts(settings),
            _customers(),
            _products(),
        )
    }
    for entity in settings.custom:
        if entity not in known:
            raise ConfigInvalid(
                f"custom names fields of {entity!r}",
                where="Kingdee settings",
                next_step=f"use one of {', '.join(known)}",
            )
    return {entity: customised(mapping, settings.custom.get(entity, {})) for entity, mapping in known.items()}


def _bill(status: Rule) -> tuple[tuple[Field, ...], tuple[Rule, ...]]:
    """What every bill's head has."""
    fields = (
        Field("FID", "id", ID),
        Field("FBillNo", "number", save="FBillNo"),
        Field("FModifyDate", "version"),
        Field("FDocumentStatus", "raw_status"),
    )
    return fields, (status,)


_STATUS = Rule(("FDocumentStatus", "FCancelStatus"), "status", document_status)


def _orders(settings: Kingdee) -> DocumentMapping:
    stamp = instant(settings.tz)
    head, rules = _bill(Rule(("FDocumentStatus", "FCloseStatus", "FCancelStatus"), "status", order_status))
    return DocumentMapping(
        entity="orders",
        source="SAL_SaleOrder",
        document=Order,
        key="FID",
        number="FBillNo",
        fields=(
            *head,
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
        rules=rules,
        entry="FSaleOrderEntry_FEntryID",
        lines=Lines(
            entry="FSaleOrderEntry",
            line=OrderLine,
            fields=(
                Field("FSaleOrderEntry_FEntryID", "id", ENTRY),
                Field("FSaleOrderEntry_FSeq", "line", WHOLE),
                Field("FMaterialId.FNumber", "sku", save="FMaterialId.FNumber"),
                Field("FQty", "qty", AMOUNT, save="FQty"),
                Field("FAllAmount", "amount", AMOUNT, save="FAllAmount"),
                Field("FTaxPrice", "unit_price", AMOUNT, save="FTaxPrice"),
                Field("FRowType", "kind", KIND, save="FRowType"),
                Field("FIsFree", "free", FLAG, save="FIsFree"),
            ),
        ),
    )


def _shipments(settings: Kingdee) -> DocumentMapping:
    head, rules = _bill(_STATUS)
    return DocumentMapping(
        entity="shipments",
        source="SAL_OUTSTOCK",
        document=Shipment,
        key="FID",
        number="FBillNo",
        fields=(
            *head,
            Field("FCustomerID.FNumber", "customer"),
            Field("FApproveDate", "shipped_at", instant(settings.tz)),
        ),
        rules=rules,
        entry="FEntity_FENTRYID",
        lines=Lines(
            entry="FEntity",
            line=ShipmentLine,
            fields=(
                Field("FEntity_FSeq", "line", WHOLE),
                Field("FMaterialID.FNumber", "sku"),
                Field("FRealQty", "qty", AMOUNT),
                Field("FSoorDerno", "order"),
                Field("FSOEntryId", "order_line", REFERENCE),
            ),
        ),
    )


def _returns(settings: Kingdee) -> DocumentMapping:
    """The order's number stands in no documented key of its own; FSrcBillNo is the standard source document."""
    head, rules = _bill(_STATUS)
    return DocumentMapping(
        entity="returns",
        source="SAL_RETURNSTOCK",
        document=Return,
        key="FID",
        number="FBillNo",
        fields=(
            *head,
            Field("FRetcustId.FNumber", "customer"),
            Field("FSettleCurrId.FNumber", "currency", currency(settings.currency)),
            Field("FApproveDate", "returned_at", instant(settings.tz)),
        ),
        rules=rules,
        entry="FEntity_FEntryID",
        lines=Lines(
            entry="FEntity",
            line=ReturnLine,
            fields=(
                Field("FEntity_FSeq", "line", WHOLE),
                Field("FMaterialId.FNumber", "sku"),
                Field("FRealQty", "qty", AMOUNT),
                Field("FAllAmount", "amount", AMOUNT),
                Field("FSrcBillNo", "order"),
                Field("FSOEntryId", "order_line", REFERENCE),
                Field("FIsFree", "free", FLAG),
            ),
        ),
    )


def _receipts(settings: Kingdee) -> DocumentMapping:
    head, rules = _bill(_STATUS)
    return DocumentMapping(
        entity="receipts",
        source="AR_RECEIVEBILL",
        document=Receipt,
        key="FID",
        number="FBillNo",
        fields=(
            *head,
            Field("FCONTACTUNIT.FNumber", "customer"),
            Field("FCURRENCYID.FNumber", "currency", currency(settings.currency)),
            Field("FDATE", "received_at", instant(settings.tz)),
        ),
        rules=rules,
        folds=(
            Fold("FRECTOTALAMOUNTFOR", "amount", AMOUNT, _total),
            Fold("FSALEORDERNO", "order", TEXT, _the_only),
        ),
        entry="FRECEIVEBILLENTRY_FEntryID",
    )


def _customers() -> DocumentMapping:
    return DocumentMapping(
        entity="customers",
        source="BD_Customer",
        document=Customer,
        key="FCUSTID",
        number="FNumber",
        fields=(
            Field("FCUSTID", "id", ID),
            *_MASTER,
            Field("FTEL", "phone", save="FTEL"),
        ),
        rules=(Rule(("FDocumentStatus",), "status", document_status),),
    )


def _products() -> DocumentMapping:
    return DocumentMapping(
        entity="products",
        source="BD_MATERIAL",
        document=Product,
        key="FMATERIALID",
        number="FNumber",
        fields=(
            Field("FMATERIALID", "id", ID),
            *_MASTER,
            Field("FMaterialGroup.FNumber", "category"),
        ),
        rules=(Rule(("FDocumentStatus",), "status", document_status),),
    )


_MASTER = (
    Field("FNumber", "number", save="FNumber"),
    Field("FName", "name", save="FName"),
    Field("FModifyDate", "version"),
    Field("FDocumentStatus", "raw_status"),
    Field("FForbidStatus", "active", ENABLED),
)


def _total(amounts: Sequence[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _the_only(orders: Sequence[str]) -> str:
    """The order all rows name; empty where they name several, for one receipt then pays more than one order."""
    named = set(orders)
    return named.pop() if len(named) == 1 else ""
