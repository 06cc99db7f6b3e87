"""收款单 ``AR_RECEIVEBILL`` and 收款退款单 ``AR_REFUNDBILL`` ↔ ``Receipt``: money that came and money that went."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from erplink.erp.kingdee.codecs import currency
from erplink.erp.kingdee.forms.bill import (
    HEAD,
    STATUS,
    day,
    extras,
    merged,
    of_organisation,
    the_only,
    total,
)
from erplink.erp.kingdee.forms.recipe import Recipe
from erplink.erp.kingdee.query import FormQuery
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import AMOUNT, TEXT, instant
from erplink.mapping.fields import DocumentMapping, Field, Fold, Model
from erplink.model.documents import Receipt

_PAID, _BACK = "FRECEIVEBILLENTRY", "FREFUNDBILLENTRY"
_BY_TRANSFER, _FOR_SALES = {"FNumber": "JSFS04_SYS"}, {"FNumber": "SFKYT01_SYS"}


def receipts(settings: Kingdee) -> DocumentMapping:
    """The mapping of money received."""
    return DocumentMapping(
        entity="receipts",
        source="AR_RECEIVEBILL",
        document=Receipt,
        key="FID",
        number="FBillNo",
        fields=_fields(settings),
        rules=(STATUS,),
        folds=(Fold("FRECTOTALAMOUNTFOR", "amount", AMOUNT, total), Fold("FSALEORDERNO", "order", TEXT, the_only)),
        entry=f"{_PAID}_FEntryID",
    )


def refunds(settings: Kingdee) -> DocumentMapping:
    """The mapping of money paid back, with amounts below zero. The form names no order of its own."""
    return DocumentMapping(
        entity="refunds",
        source="AR_REFUNDBILL",
        document=Receipt,
        key="FID",
        number="FBillNo",
        fields=_fields(settings),
        rules=(STATUS,),
        folds=(Fold("FREFUNDAMOUNTFOR_E", "amount", AMOUNT, _owed),),
        entry=f"{_BACK}_FEntryID",
    )


async def receipt_model(query: FormQuery, receipt: Receipt) -> Model:
    """The Model of money received by bank transfer for sales. Raises ``ConfigInvalid`` for an amount not above 0."""
    _check(receipt, receipt.amount, "a receipt is above zero; money paid back is a refund")
    on = day(query, receipt.received_at)
    extra, of_line = extras(query, "receipts", _PAID)
    line = {
        "FSETTLETYPEID": _BY_TRANSFER,
        "FPURPOSEID": _FOR_SALES,
        "FRECTOTALAMOUNTFOR": receipt.amount,
        "FRECAMOUNTFOR_E": receipt.amount,
        "FPOSTDATE": on,
        **({"FSALEORDERNO": receipt.order} if receipt.order else {}),
    }
    model = {
        **_head(query, receipt, "SKDLX01_SYS", on),
        "FPAYUNITTYPE": "BD_Customer",
        "FPAYUNIT": {"FNumber": receipt.customer},
        _PAID: [{**line, **of_line}],
    }
    return merged(model, extra)


async def refund_model(query: FormQuery, refund: Receipt) -> Model:
    """The Model of money paid back by bank transfer. Raises ``ConfigInvalid`` for an amount not below 0."""
    _check(refund, -refund.amount, "a refund is below zero; money received is a receipt")
    if refund.order and not any(one.attr == "order" and one.save for one in query.mapping.fields):
        raise ConfigInvalid(
            "a refund bill has no field for the order",
            where=f"refund {refund.number}",
            next_step='leave order empty, or name the key in the settings: custom={"refunds": {"order": "F_…"}}',
        )
    extra, of_line = extras(query, "refunds", _BACK)
    line = {
        "FSETTLETYPEID": _BY_TRANSFER,
        "FPURPOSEID": _FOR_SALES,
        "FREFUNDAMOUNTFOR": -refund.amount,
        "FREFUNDAMOUNTFOR_E": -refund.amount,
        "FNOTE": refund.number,
    }
    model = {
        **_head(query, refund, "SKTKDLX01_SYS", day(query, refund.received_at)),
        "FRECTUNITTYPE": "BD_Customer",
        "FRECTUNIT": {"FNumber": refund.customer},
        _BACK: [{**line, **of_line}],
    }
    return merged(model, extra)


def receipt_content(receipt: Receipt) -> object:
    """Customer, currency, amount and order."""
    return receipt.customer, receipt.currency, receipt.amount, receipt.order


RECEIPT = Recipe(Receipt, receipt_model, receipt_content, "another customer, amount or order")
REFUND = Recipe(Receipt, refund_model, receipt_content, "another customer, amount or order")


def _fields(settings: Kingdee) -> tuple[Field, ...]:
    return (
        *HEAD,
        Field("FCONTACTUNIT.FNumber", "customer", save="FCONTACTUNIT.FNumber"),
        Field("FCURRENCYID.FNumber", "currency", currency(settings.currency), save="FCURRENCYID.FNumber"),
        Field("FDATE", "received_at", instant(settings.tz)),
    )


def _head(query: FormQuery, receipt: Receipt, bill_type: str, on: str) -> Model:
    built = query.mapping.build(receipt)
    return {
        "FID": 0,
        "FBillTypeID": {"FNUMBER": bill_type},
        "FDATE": on,
        "FCONTACTUNITTYPE": "BD_Customer",
        **of_organisation(query, "FSETTLEORGID", "FPAYORGID", "FSALEORGID"),
        **built,
        "FSETTLECUR": built["FCURRENCYID"],
    }


def _check(receipt: Receipt, amount: Decimal, rule: str) -> None:
    where = f"receipt {receipt.number}"
    if not receipt.customer:
        raise ConfigInvalid("the receipt names no customer", where=where, next_step="fill it in, then create it")
    if amount <= 0:
        raise ConfigInvalid(f"the amount is {receipt.amount}", where=where, next_step=rule)


def _owed(amounts: Sequence[Decimal | None]) -> Decimal:
    return -total(amounts)
