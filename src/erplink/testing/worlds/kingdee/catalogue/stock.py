"""Goods given away, what is on hand, and files attached to documents: forms whose rows the server makes itself."""

from __future__ import annotations

from erplink.testing.worlds.kingdee.catalogue.parts import (
    CANCEL,
    ORG,
    STOCK,
    UNIT,
    amount,
    bill_head,
    line_head,
    must,
    operations,
    ref,
    text,
)
from erplink.testing.worlds.kingdee.forms import Field, Form

MIS_DELIVERY = Form(
    id="STK_MisDelivery",
    caption="其他出库单",
    prefix="QTCK",
    head=bill_head(
        *text("FStockDirect", default="GENERAL"),
        Field("FDate", "date", caption="日期"),
        *ref(ORG, "FStockOrgId", "FPickOrgId", "FOwnerIdHead", default="100"),
        *ref("BD_Customer", "FCustId"),
        *ref("BD_Department", "FDeptId"),
        *text("FBizType", default="0"),
        *text("FOwnerTypeIdHead", default="BD_OwnerOrg"),
        *ref("BD_Currency", "FBaseCurrId", default="PRE001"),
        *text("FNote"),
        bill_type="QTCKD01_SYS",
    ),
    entry="FEntity",
    lines=(
        *line_head("FEntryID"),
        *must("BD_MATERIAL", "FMaterialId", "物料编码"),
        *ref(UNIT, "FUnitID", "FBaseUnitId", default="Pcs"),
        *amount("FQty", "FBaseQty"),
        *ref(STOCK, "FStockId", default="CK001"),
        *ref("BD_StockStatus", "FStockStatusId", default="KCZT01_SYS"),
        *text("FOwnerTypeId", default="BD_OwnerOrg"),
        *ref(ORG, "FOwnerId", "FKeeperId", default="100"),
        *text("FKeeperTypeId", default="BD_KeeperOrg"),
        *text("FEntryNote"),
    ),
    operations=operations(*CANCEL),
)

INVENTORY = Form(
    id="STK_Inventory",
    caption="即时库存",
    head=(
        Field("FID", "id"),
        Field("#row", "text"),
        Field("#status", "text"),
        Field("#created", "date"),
        Field("#modified", "date"),
        Field("#approved", "date"),
        *ref("BD_MATERIAL", "FMaterialId"),
        *ref(STOCK, "FStockId", default="CK001"),
        *ref(ORG, "FStockOrgId", default="100"),
        *text("FLot"),
        *ref("BD_StockStatus", "FStockStatusId", default="KCZT01_SYS"),
        *ref(UNIT, "FBaseUnitId", default="Pcs"),
        *amount("FBaseQty", "FQty", "FBaseAVBQty", "FAVBQty", "FBASELOCKQTY"),
    ),
)

ATTACHMENT = Form(
    id="BOS_Attachment",
    caption="附件",
    head=(
        Field("FID", "id"),
        Field("#number", "text", default=""),
        Field("#status", "text", default="C"),
        Field("#created", "date"),
        Field("#modified", "date"),
        Field("#approved", "date"),
        *text("FBILLTYPE", "FBILLNO", "FENTRYKEY"),
        Field("FINTERID", "int", default=0),
        Field("FENTRYINTERID", "int", default=-1),
        *text("FFILEID", "FATTACHMENTNAME", "FALIASFILENAME", "FEXTNAME"),
        *amount("FATTACHMENTSIZE"),
        Field("#content", "text", default=""),
    ),
)
