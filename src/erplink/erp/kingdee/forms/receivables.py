"""应收单 ``AR_receivable`` → ``Receivable``."""

from __future__ import annotations

from erplink.erp.kingdee.codecs import currency
from erplink.erp.kingdee.forms.bill import HEAD, STATUS, the_only
from erplink.erp.kingdee.settings import Kingdee
from erplink.mapping.codecs import AMOUNT, TEXT, instant
from erplink.mapping.fields import DocumentMapping, Field, Fold
from erplink.model.documents import Receivable


def receivables(settings: Kingdee) -> DocumentMapping:
    """The mapping of what customers owe. Red ones (红字), which returns make, are below zero."""
    stamp = instant(settings.tz)
    return DocumentMapping(
        entity="receivables",
        source="AR_receivable",
        document=Receivable,
        key="FID",
        number="FBillNo",
        fields=(
            *HEAD,
            Field("FCUSTOMERID.FNumber", "customer"),
            Field("FCURRENCYID.FNumber", "currency", currency(settings.currency)),
            Field("FALLAMOUNTFOR", "amount", AMOUNT),
            Field("FDATE", "dated_at", stamp),
            Field("FENDDATE_H", "due_at", stamp),
        ),
        rules=(STATUS,),
        folds=(Fold("FSourceBillNo", "origin", TEXT, the_only),),
        entry="FEntityDetail_FEntryID",
    )
