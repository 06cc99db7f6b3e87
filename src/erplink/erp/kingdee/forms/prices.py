"""销售价目表 ``BD_SAL_PriceList`` → ``PriceList``, by the keys that the form itself names.

Which entry its lines lie in is not documented, and the case of keys differs from form to form, so QueryBusinessInfo is
asked, once for a connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from erplink.erp.kingdee.codecs import ENABLED, currency
from erplink.erp.kingdee.custom import customised
from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.forms.bill import MASTER_STATUS
from erplink.erp.kingdee.operations.fields import fields_of
from erplink.erp.kingdee.operations.values import FormField, FormFields
from erplink.erp.kingdee.query import FormQuery
from erplink.erp.kingdee.settings import Kingdee
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import AMOUNT, ID, WHOLE, Codec, instant
from erplink.mapping.fields import DocumentMapping, Field, Lines
from erplink.model.documents import PriceLine, PriceList

FORM = "BD_SAL_PriceList"


class Prices:
    """The query of price lists, made when it is first needed. Shared by callers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._gate = desk.io.lock()
        self._query: FormQuery | None = None

    async def query(self) -> FormQuery:
        """The query. Raises ``ConfigInvalid`` when the form has no prices."""
        async with self._gate:
            if self._query is None:
                settings = self._desk.settings
                found = prices(settings, await fields_of(self._desk, FORM))
                self._query = FormQuery.of(self._desk, customised(found, settings.custom.get("prices", {})))
            return self._query


def prices(settings: Kingdee, known: FormFields) -> DocumentMapping:
    """The mapping of price lists whose fields are known. Raises ``ConfigInvalid`` for a form without prices."""
    sku = _named(known.fields, "FMaterialId")
    lines = [one for one in known.fields if sku is not None and one.entry == sku.entry]
    price = _named(lines, "FPrice")
    if sku is None or price is None:
        step = "look at the form in the BOS designer, and read it with KingdeeForms(erp).rows(...)"
        raise ConfigInvalid("the form has no materials with prices", where=FORM, next_step=step)
    entry, key, stamp = sku.entry, known.key or "FID", instant(settings.tz)
    head = [one for one in known.fields if one.entry != entry]
    return DocumentMapping(
        entity="prices",
        source=FORM,
        document=PriceList,
        key=key,
        number="FNumber",
        fields=(
            Field(key, "id", ID),
            Field("FNumber", "number"),
            Field("FName", "name"),
            Field("FModifyDate", "version"),
            Field("FDocumentStatus", "raw_status"),
            *_if_there(head, "FForbidStatus", "active", ENABLED),
            *_if_there(head, "FCurrencyId", "currency", currency(settings.currency), ".FNumber"),
            *_if_there(head, "FEffectiveDate", "effective_at", stamp),
            *_if_there(head, "FExpiryDate", "expires_at", stamp),
        ),
        rules=(MASTER_STATUS,),
        entry=f"{entry}_FEntryID",
        lines=Lines(
            entry=entry,
            line=PriceLine,
            fields=(
                Field(f"{entry}_FSeq", "line", WHOLE),
                Field(f"{sku.key}.FNumber", "sku"),
                Field(price.key, "price", AMOUNT),
                *_if_there(lines, "FFromQty", "from_qty", AMOUNT),
                *_if_there(lines, "FToQty", "to_qty", AMOUNT),
            ),
        ),
        fixed={} if _named(head, "FCurrencyId") else {"currency": settings.currency},
    )


def _named(fields: Sequence[FormField], key: str) -> FormField | None:
    """The field of a key, whatever its case."""
    return next((one for one in fields if one.key.lower() == key.lower()), None)


def _if_there(fields: Sequence[FormField], key: str, attr: str, codec: Codec, inner: str = "") -> tuple[Field, ...]:
    found = _named(fields, key)
    return () if found is None else (Field(f"{found.key}{inner}", attr, codec),)
