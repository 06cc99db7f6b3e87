"""Base data: customers, materials, lists of prices and discounts."""

from __future__ import annotations

from erplink.testing.worlds.kingdee.catalogue.parts import (
    FORBID,
    UNIT,
    amount,
    base_head,
    line_head,
    must,
    ref,
    text,
)
from erplink.testing.worlds.kingdee.forms import Field, Form

CUSTOMER = Form(
    id="BD_Customer",
    caption="客户",
    prefix="CUST",
    base_data=True,
    head=base_head(
        *text("FShortName", "FADDRESS", "FTEL", "FSOCIALCRECODE", "FTAXREGISTERCODE", "FINVOICETITLE"),
        *ref("BD_Currency", "FTRADINGCURRID", default="PRE001"),
        *ref("BD_CustomerGroup", "FGroup"),
        *ref("BOS_ASSISTANTDATA", "FCustTypeId"),
        *ref("BD_SAL_PriceList", "FPRICELISTID"),
        *ref("BD_SAL_DiscountList", "FDISCOUNTLISTID"),
        pk="FCUSTID",
    ),
    operations=FORBID,
    group="FGroup",
)

MATERIAL = Form(
    id="BD_MATERIAL",
    caption="物料",
    prefix="CH",
    base_data=True,
    head=base_head(
        *text("FSpecification", "FOldNumber", "FMnemonicCode"),
        *ref("BD_MATERIALGROUP", "FMaterialGroup"),
        *ref(UNIT, "FBaseUnitId", default="Pcs"),
        *text("FErpClsID", default="1"),
        pk="FMATERIALID",
    ),
    subheads=frozenset({"SubHeadEntity"}),
    operations=FORBID,
    group="FMaterialGroup",
)

PRICE_LIST = Form(
    id="BD_SAL_PriceList",
    caption="销售价目表",
    prefix="XSJMB",
    base_data=True,
    head=base_head(
        *ref("BD_Currency", "FCurrencyId", default="PRE001"),
        Field("FEffectiveDate", "date", caption="生效日"),
        Field("FExpiryDate", "date", caption="失效日"),
        *text("FPriceObject", "FPriceType", default="1"),
        *text("FLimitCustomer"),
        pk="FID",
    ),
    entry="FPRICELISTENTRY",
    lines=(
        *line_head("FEntryID"),
        *must("BD_MATERIAL", "FMaterialId", "物料编码"),
        *ref(UNIT, "FUnitID", default="Pcs"),
        *amount("FPrice", "FDownPrice", "FFromQty", "FToQty"),
    ),
    operations=FORBID,
)

DISCOUNT_LIST = Form(
    id="BD_SAL_DiscountList",
    caption="销售折扣表",
    prefix="XSZKB",
    base_data=True,
    head=base_head(
        Field("FEffectiveDate", "date", caption="生效日"),
        Field("FExpiryDate", "date", caption="失效日"),
        pk="FID",
    ),
    entry="FSALDISCOUNTLISTENTRY",
    lines=(
        *line_head("FEntryID"),
        *must("BD_MATERIAL", "FMaterialId", "物料编码"),
        *amount("FFromQty", "FToQty", "FDiscountRate"),
    ),
    operations=FORBID,
)

CUSTOMER_GROUP = Form(
    id="BD_CustomerGroup",
    caption="客户分组",
    base_data=True,
    head=base_head(Field("FParentId", "int", default=0), *text("FDescription"), pk="FID"),
)

MATERIAL_GROUP = Form(
    id="BD_MATERIALGROUP",
    caption="物料分组",
    base_data=True,
    head=base_head(Field("FParentId", "int", default=0), *text("FDescription"), pk="FID"),
)

ORGANISATION = Form(
    id="ORG_Organizations",
    caption="组织机构",
    base_data=True,
    head=base_head(pk="FOrgID"),
)
