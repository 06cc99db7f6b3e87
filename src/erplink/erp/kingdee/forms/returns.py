"""销售退货单 ``SAL_RETURNSTOCK`` → ``Return``.

The order's number stands in no documented key of its own; FSrcBillNo is the standard source document. A return that is
linked to what was shipped is made by pushing the delivery (下推), not by a Save.
"""

from __future__ import annotations

from erplink.erp.kingdee.codecs import REFERENCE, currency
from erplink.erp.kingdee.forms.bill import HEAD, STATUS
from erplink.erp.kingdee.settings import Kingdee
from erplink.mapping.codecs import AMOUNT, FLAG, WHOLE, instant
from erplink.mapping.fields import DocumentMapping, Field, Lines
from erplink.model.documents import Return, ReturnLine


def returns(settings: Kingdee) -> DocumentMapping:
    """The mapping of goods that came back."""
    return DocumentMapping(
        entity="returns",
        source="SAL_RETURNSTOCK",
        document=Return,
        key="FID",
        number="FBillNo",
        fields=(
            *HEAD,
            Field("FRetcustId.FNumber", "customer"),
            Field("FSettleCurrId.FNumber", "currency", currency(settings.currency)),
            Field("FApproveDate", "returned_at", instant(settings.tz)),
        ),
        rules=(STATUS,),
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
