"""Money: what customers owe, pay and get back."""

from __future__ import annotations

from erplink.testing.worlds.kingdee.catalogue.parts import (
    CANCEL,
    ORG,
    UNIT,
    amount,
    bill_head,
    line_head,
    must,
    operations,
    origin,
    ref,
    text,
)
from erplink.testing.worlds.kingdee.forms import Field, Form

RECEIPT = Form(
    id="AR_RECEIVEBILL",
    caption="收款单",
    prefix="SKD",
    head=bill_head(
        Field("FDATE", "date", caption="业务日期"),
        *text("FCONTACTUNITTYPE", "FPAYUNITTYPE", default="BD_Customer"),
        *must("BD_Customer", "FCONTACTUNIT", "往来单位"),
        *ref("BD_Customer", "FPAYUNIT"),
        *ref(ORG, "FSETTLEORGID", "FPAYORGID", "FSALEORGID", default="100"),
        *ref("BD_Currency", "FCURRENCYID", "FSETTLECUR", default="PRE001"),
        *text("FREMARK"),
        bill_type="SKDLX01_SYS",
    ),
    entry="FRECEIVEBILLENTRY",
    lines=(
        *line_head("FEntryID"),
        *ref("BD_SETTLETYPE", "FSETTLETYPEID", default="JSFS04_SYS"),
        *ref("CN_RECPAYPURPOSE", "FPURPOSEID", default="SFKYT01_SYS"),
        *amount("FRECTOTALAMOUNTFOR", "FRECAMOUNTFOR_E"),
        Field("FPOSTDATE", "date"),
        *text("FSALEORDERNO", "FCOMMENT"),
    ),
    operations=operations(CANCEL[0]),
)

REFUND = Form(
    id="AR_REFUNDBILL",
    caption="收款退款单",
    prefix="SKTKD",
    head=bill_head(
        Field("FDATE", "date", caption="业务日期"),
        *text("FCONTACTUNITTYPE", "FRECTUNITTYPE", default="BD_Customer"),
        *must("BD_Customer", "FCONTACTUNIT", "往来单位"),
        *ref("BD_Customer", "FRECTUNIT"),
        *ref(ORG, "FSETTLEORGID", "FPAYORGID", "FSALEORGID", default="100"),
        *ref("BD_Currency", "FCURRENCYID", "FSETTLECUR", default="PRE001"),
        *text("FREMARK"),
        bill_type="SKTKDLX01_SYS",
    ),
    entry="FREFUNDBILLENTRY",
    lines=(
        *line_head("FEntryID"),
        *ref("BD_SETTLETYPE", "FSETTLETYPEID", default="JSFS04_SYS"),
        *ref("CN_RECPAYPURPOSE", "FPURPOSEID", default="SFKYT01_SYS"),
        *amount("FREFUNDAMOUNTFOR", "FREFUNDAMOUNTFOR_E"),
        Field("FNOTE", "text", caption="备注", default="", required=True),
    ),
    operations=operations(CANCEL[0]),
)

RECEIVABLE = Form(
    id="AR_receivable",
    caption="应收单",
    prefix="AR",
    head=bill_head(
        Field("FDATE", "date", caption="业务日期"),
        Field("FENDDATE_H", "date", caption="到期日"),
        *must("BD_Customer", "FCUSTOMERID", "客户"),
        *ref("BD_Currency", "FCURRENCYID", default="PRE001"),
        *ref(ORG, "FSETTLEORGID", "FPAYORGID", default="100"),
        *amount("FALLAMOUNTFOR"),
        bill_type="YSD01_SYS",
    ),
    subheads=frozenset({"FsubHeadFinc", "FsubHeadSuppiler"}),
    entry="FEntityDetail",
    lines=(
        *line_head("FEntryID"),
        *must("BD_MATERIAL", "FMATERIALID", "物料编码"),
        *ref(UNIT, "FPRICEUNITID", default="Pcs"),
        *amount("FPriceQty", "FTaxPrice", "FEntryTaxRate", "FNoTaxAmountFor_D", "FTAXAMOUNTFOR_D", "FALLAMOUNTFOR_D"),
        *text("FSourceType"),
        *origin("FSourceBillNo"),
    ),
    operations=operations(CANCEL[0]),
    origin=("FSourceBillNo",),
)
