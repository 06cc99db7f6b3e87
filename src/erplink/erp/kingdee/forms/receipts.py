"""Money that came, 收款单 ``AR_RECEIVEBILL``, and money that went back, 收款退款单 ``AR_REFUNDBILL``."""

from __future__ import annotations

from erplink.erp.kingdee.codecs import currency
from erplink.erp.kingdee.forms.bill import (
    HEAD,
    STATUS,
    day,
    extras,
    merged,
    of_organisation,
    refuse_unwritable,
    the_only,
    total,
)
from erplink.erp.kingdee.forms.recipe import Recipe
from erplink.erp.kingdee.query import FormQuery
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import AMOUNT, TEXT, instant
from erplink.mapping.fields import DocumentMapping, Field, Fold, Model
from erplink.model.documents import Receipt, Refund

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
        fields=_fields(settings, "received_at"),
        rules=(STATUS,),
        folds=(Fold("FRECTOTALAMOUNTFOR", "amount", AMOUNT, total), Fold("FSALEORDERNO", "order", TEXT, the_only)),
        entry=f"{_PAID}_FEntryID",
    )


def refunds(settings: Kingdee) -> DocumentMapping:
    """The mapping of money paid back. The form names no order of its own."""
    return DocumentMapping(
        entity="refunds",
        source="AR_REFUNDBILL",
        document=Refund,
        key="FID",
        number="FBillNo",
        fields=_fields(settings, "paid_at"),
        rules=(STATUS,),
        folds=(Fold("FREFUNDAMOUNTFOR_E", "amount", AMOUNT, total),),
        entry=f"{_BACK}_FEntryID",
    )


async def receipt_model(query: FormQuery, receipt: Receipt) -> Model:
    """The Model of money received by bank transfer for sales. Raises ``ConfigInvalid`` for an amount not above 0."""
    _check(receipt, f"receipt {receipt.number}", "a receipt is above zero; money paid back is a refund")
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


async def refund_model(query: FormQuery, refund: Refund) -> Model:
    """The Model of money paid back by bank transfer. Raises ``ConfigInvalid`` for an amount not above 0."""
    where = f"refund {refund.number}"
    _check(refund, where, "a refund is above zero: it is what went back")
    refuse_unwritable(query.mapping, refund, where)
    if refund.order and not any(one.attr == "order" and one.save for one in query.mapping.fields):
        raise ConfigInvalid(
            "a refund bill has no field for the order",
            where=where,
            next_step='leave order empty, or name the key in the settings: custom={"refunds": {"order": "F_…"}}',
        )
    extra, of_line = extras(query, "refunds", _BACK)
    line = {
        "FSETTLETYPEID": _BY_TRANSFER,
        "FPURPOSEID": _FOR_SALES,
        "FREFUNDAMOUNTFOR": refund.amount,
        "FREFUNDAMOUNTFOR_E": refund.amount,
        "FNOTE": refund.number,
    }
    model = {
        **_head(query, refund, "SKTKDLX01_SYS", day(query, refund.paid_at)),
        "FRECTUNITTYPE": "BD_Customer",
        "FRECTUNIT": {"FNumber": refund.customer},
        _BACK: [{**line, **of_line}],
    }
    return merged(model, extra)


def money_content(money: Receipt | Refund) -> object:
    """Customer, currency, amount and order."""
    return money.customer, money.currency, money.amount, money.order


RECEIPT = Recipe(Receipt, receipt_model, money_content, "another customer, amount or order")
REFUND = Recipe(Refund, refund_model, money_content, "another customer, amount or order")


def _fields(settings: Kingdee, dated: str) -> tuple[Field, ...]:
    return (
        *HEAD,
        Field("FCONTACTUNIT.FNumber", "customer", save="FCONTACTUNIT.FNumber"),
        Field("FCURRENCYID.FNumber", "currency", currency(settings.currency), save="FCURRENCYID.FNumber"),
        Field("FDATE", dated, instant(settings.tz)),
    )


def _head(query: FormQuery, money: Receipt | Refund, bill_type: str, on: str) -> Model:
    built = query.mapping.build(money)
    return {
        "FID": 0,
        "FBillTypeID": {"FNUMBER": bill_type},
        "FDATE": on,
        "FCONTACTUNITTYPE": "BD_Customer",
        **of_organisation(query, "FSETTLEORGID", "FPAYORGID", "FSALEORGID"),
        **built,
        "FSETTLECUR": built["FCURRENCYID"],
    }


def _check(money: Receipt | Refund, where: str, rule: str) -> None:
    if not money.customer:
        raise ConfigInvalid("no customer is named", where=where, next_step="fill it in, then create it")
    if money.amount <= 0:
        raise ConfigInvalid(f"the amount is {money.amount}", where=where, next_step=rule)
