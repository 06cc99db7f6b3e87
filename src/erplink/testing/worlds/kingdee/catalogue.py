"""The forms of the world: their keys as the vendor spells them, field by field.

The case of a key differs from form to form (``FCustId``, ``FCustomerID``, ``FRetcustId``, ``FCONTACTUNIT``); that is
how the vendor has it, and queries and saves are held to it.
"""

from __future__ import annotations

from collections.abc import Mapping

from erplink.testing.worlds.kingdee.forms import ZERO, Field, Form


def _text(*keys: str, default: str = "") -> tuple[Field, ...]:
    return tuple(Field(key, "text", default=default) for key in keys)


def _amount(*keys: str) -> tuple[Field, ...]:
    return tuple(Field(key, "decimal", default=ZERO) for key in keys)


def _ref(master: str, *keys: str, default: str = "") -> tuple[Field, ...]:
    return tuple(Field(key, "ref", master=master, default=default) for key in keys)


def _must(master: str, key: str, caption: str) -> tuple[Field, ...]:
    return (Field(key, "ref", master=master, caption=caption, default="", required=True),)


def _bill_head(*fields: Field, bill_type: str) -> tuple[Field, ...]:
    return (
        Field("FID", "id"),
        Field("FBillNo", "text", caption="单据编号", default=""),
        Field("FDocumentStatus", "text", default="Z"),
        Field("FCreateDate", "date"),
        Field("FModifyDate", "date"),
        Field("FApproveDate", "date"),
        *_ref("BOS_BillType", "FBillTypeID", default=bill_type),
        *_text("FCancelStatus", default="A"),
        *_ref("SEC_User", "FCreatorId", "FModifierId", "FApproverId"),
        *fields,
    )


def _base_head(*fields: Field, pk: str) -> tuple[Field, ...]:
    return (
        Field(pk, "id"),
        Field("FNumber", "text", caption="编码", default=""),
        Field("FDocumentStatus", "text", default="Z"),
        Field("FCreateDate", "date"),
        Field("FModifyDate", "date"),
        Field("FApproveDate", "date"),
        Field("FName", "name", caption="名称", default="", required=True),
        *_text("FForbidStatus", default="A"),
        *_ref("ORG_Organizations", "FCreateOrgId", "FUseOrgId", default="100"),
        *fields,
    )


def _line_head(entry_id: str) -> tuple[Field, ...]:
    return (Field(entry_id, "id"), Field("FSeq", "int"))


_ORG, _UNIT, _STOCK = "ORG_Organizations", "BD_UNIT", "BD_STOCK"
_TOTALS = _amount("FBillAllAmount", "FBillAmount", "FBillTaxAmount")
_FREE = Field("FIsFree", "bool", default=False)

SALE_ORDER = Form(
    id="SAL_SaleOrder",
    caption="销售订单",
    prefix="XSDD",
    head=_bill_head(
        Field("FDate", "date", caption="日期"),
        *_ref(_ORG, "FSaleOrgId", default="100"),
        *_must("BD_Customer", "FCustId", "客户"),
        *_ref("BD_Customer", "FReceiveId", "FSettleId", "FChargeId"),
        *_ref("BD_Saler", "FSalerId"),
        *_ref("BD_Department", "FSaleDeptId"),
        *_text("FReceiveAddress", "FNote"),
        *_text("FCloseStatus", default="A"),
        *_ref("BD_Currency", "FSettleCurrId", default="PRE001"),
        Field("FIsIncludedTax", "bool", default=True),
        *_TOTALS,
        bill_type="XSDD01_SYS",
    ),
    subheads=frozenset({"FSaleOrderFinance"}),
    entry="FSaleOrderEntry",
    lines=(
        *_line_head("FEntryID"),
        *_text("FRowType", default="Standard"),
        *_must("BD_MATERIAL", "FMaterialId", "物料编码"),
        *_ref(_UNIT, "FUnitID", "FPriceUnitId", "FStockUnitID", default="Pcs"),
        *_amount("FQty", "FPrice", "FTaxPrice", "FEntryTaxRate", "FAllAmount", "FAmount", "FDiscountRate"),
        _FREE,
        Field("FDeliveryDate", "date"),
        *_ref(_ORG, "FStockOrgId", "FSettleOrgIds", "FOwnerId", default="100"),
        *_text("FOwnerTypeId", default="BD_OwnerOrg"),
        *_text("FReserveType", default="1"),
        *_text("FOUTLMTUNIT", default="SAL"),
        *_text("FMrpCloseStatus", default="A"),
        *_text("FEntryNote"),
    ),
)

OUTSTOCK = Form(
    id="SAL_OUTSTOCK",
    caption="销售出库单",
    prefix="XSCKD",
    head=_bill_head(
        Field("FDate", "date", caption="日期"),
        *_ref(_ORG, "FStockOrgId", "FSaleOrgId", "FSettleOrgID", default="100"),
        *_must("BD_Customer", "FCustomerID", "客户"),
        *_ref("BD_Customer", "FReceiverID", "FSettleID", "FPayerID"),
        *_ref("BD_Saler", "FSalesManID"),
        *_text("FReceiveAddress", "FCarriageNO", "FNote"),
        *_ref("BD_Currency", "FSettleCurrID", default="PRE001"),
        *_TOTALS,
        bill_type="XSCKD01_SYS",
    ),
    subheads=frozenset({"SubHeadEntity"}),
    entry="FEntity",
    lines=(
        *_line_head("FENTRYID"),
        *_must("BD_MATERIAL", "FMaterialID", "物料编码"),
        *_ref(_UNIT, "FUnitID", default="Pcs"),
        *_amount("FRealQty", "FMustQty", "FTaxPrice", "FPrice", "FEntryTaxRate", "FAllAmount", "FAmount"),
        *_amount("FDiscountRate", "FBaseUnitQty"),
        _FREE,
        *_ref(_STOCK, "FStockID", default="CK001"),
        *_ref("BD_StockStatus", "FStockStatusID", default="KCZT01_SYS"),
        *_text("FOwnerTypeID", default="BD_OwnerOrg"),
        *_ref(_ORG, "FOwnerID", default="100"),
        *_text("FSrcType", "FSrcBillNo", "FSoorDerno"),
        Field("FSOEntryId", "int", default=0),
        *_text("FEntrynote"),
    ),
)

RETURN = Form(
    id="SAL_RETURNSTOCK",
    caption="销售退货单",
    prefix="XSTHD",
    head=_bill_head(
        Field("FDate", "date", caption="日期"),
        *_ref(_ORG, "FStockOrgId", "FSaleOrgId", "FSettleOrgId", default="100"),
        *_must("BD_Customer", "FRetcustId", "退货客户"),
        *_ref("BD_Customer", "FReceiveCustId", "FSettleCustId", "FPayCustId"),
        *_ref("BD_Saler", "FSalesManId"),
        *_text("FReturnReason", "FHeadNote"),
        *_ref("BD_Currency", "FSettleCurrId", default="PRE001"),
        *_TOTALS,
        bill_type="XSTHD01_SYS",
    ),
    subheads=frozenset({"SubHeadEntity"}),
    entry="FEntity",
    lines=(
        *_line_head("FEntryID"),
        *_must("BD_MATERIAL", "FMaterialId", "物料编码"),
        *_ref(_UNIT, "FUnitID", default="Pcs"),
        *_amount("FRealQty", "FTaxPrice", "FPrice", "FEntryTaxRate", "FAllAmount", "FAmount"),
        _FREE,
        *_ref("BOS_ReturnType", "FReturnType"),
        *_ref(_STOCK, "FStockId", default="CK001"),
        *_ref("BD_StockStatus", "FStockstatusId", default="KCZT01_SYS"),
        Field("FDeliveryDate", "date"),
        *_text("FOwnerTypeId", default="BD_OwnerOrg"),
        *_ref(_ORG, "FOwnerId", default="100"),
        *_text("FSrcBillNo"),
        Field("FSOEntryId", "int", default=0),
        *_text("FEntryDescription"),
    ),
)

RECEIPT = Form(
    id="AR_RECEIVEBILL",
    caption="收款单",
    prefix="SKD",
    head=_bill_head(
        Field("FDATE", "date", caption="业务日期"),
        *_text("FCONTACTUNITTYPE", "FPAYUNITTYPE", default="BD_Customer"),
        *_must("BD_Customer", "FCONTACTUNIT", "往来单位"),
        *_ref("BD_Customer", "FPAYUNIT"),
        *_ref(_ORG, "FSETTLEORGID", "FPAYORGID", "FSALEORGID", default="100"),
        *_ref("BD_Currency", "FCURRENCYID", "FSETTLECUR", default="PRE001"),
        *_text("FREMARK"),
        bill_type="SKDLX01_SYS",
    ),
    entry="FRECEIVEBILLENTRY",
    lines=(
        *_line_head("FEntryID"),
        *_ref("BD_SETTLETYPE", "FSETTLETYPEID", default="JSFS04_SYS"),
        *_ref("CN_RECPAYPURPOSE", "FPURPOSEID", default="SFKYT01_SYS"),
        *_amount("FRECTOTALAMOUNTFOR", "FRECAMOUNTFOR_E"),
        Field("FPOSTDATE", "date"),
        *_text("FSALEORDERNO", "FCOMMENT"),
    ),
)

MIS_DELIVERY = Form(
    id="STK_MisDelivery",
    caption="其他出库单",
    prefix="QTCK",
    head=_bill_head(
        *_text("FStockDirect", default="GENERAL"),
        Field("FDate", "date", caption="日期"),
        *_ref(_ORG, "FStockOrgId", "FPickOrgId", "FOwnerIdHead", default="100"),
        *_ref("BD_Customer", "FCustId"),
        *_ref("BD_Department", "FDeptId"),
        *_text("FBizType", default="0"),
        *_text("FOwnerTypeIdHead", default="BD_OwnerOrg"),
        *_ref("BD_Currency", "FBaseCurrId", default="PRE001"),
        *_text("FNote"),
        bill_type="QTCKD01_SYS",
    ),
    entry="FEntity",
    lines=(
        *_line_head("FEntryID"),
        *_must("BD_MATERIAL", "FMaterialId", "物料编码"),
        *_ref(_UNIT, "FUnitID", "FBaseUnitId", default="Pcs"),
        *_amount("FQty", "FBaseQty"),
        *_ref(_STOCK, "FStockId", default="CK001"),
        *_ref("BD_StockStatus", "FStockStatusId", default="KCZT01_SYS"),
        *_text("FOwnerTypeId", default="BD_OwnerOrg"),
        *_ref(_ORG, "FOwnerId", "FKeeperId", default="100"),
        *_text("FKeeperTypeId", default="BD_KeeperOrg"),
        *_text("FEntryNote"),
    ),
)

CUSTOMER = Form(
    id="BD_Customer",
    caption="客户",
    prefix="CUST",
    base_data=True,
    head=_base_head(
        *_text("FShortName", "FADDRESS", "FTEL", "FSOCIALCRECODE", "FTAXREGISTERCODE", "FINVOICETITLE"),
        *_ref("BD_Currency", "FTRADINGCURRID", default="PRE001"),
        *_ref("BD_CustomerGroup", "FGroup"),
        *_ref("BOS_ASSISTANTDATA", "FCustTypeId"),
        *_ref("BD_SAL_PriceList", "FPRICELISTID"),
        *_ref("BD_SAL_DiscountList", "FDISCOUNTLISTID"),
        pk="FCUSTID",
    ),
)

MATERIAL = Form(
    id="BD_MATERIAL",
    caption="物料",
    prefix="CH",
    base_data=True,
    head=_base_head(
        *_text("FSpecification", "FOldNumber", "FMnemonicCode"),
        *_ref("BD_MATERIALGROUP", "FMaterialGroup"),
        *_ref(_UNIT, "FBaseUnitId", default="Pcs"),
        *_text("FErpClsID", default="1"),
        pk="FMATERIALID",
    ),
    subheads=frozenset({"SubHeadEntity"}),
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
        *_ref("BD_MATERIAL", "FMaterialId"),
        *_ref(_STOCK, "FStockId", default="CK001"),
        *_ref(_ORG, "FStockOrgId", default="100"),
        *_text("FLot"),
        *_ref("BD_StockStatus", "FStockStatusId", default="KCZT01_SYS"),
        *_ref(_UNIT, "FBaseUnitId", default="Pcs"),
        *_amount("FBaseQty", "FQty", "FBaseAVBQty", "FAVBQty", "FBASELOCKQTY"),
    ),
)

FORMS: Mapping[str, Form] = {
    form.id: form for form in (SALE_ORDER, OUTSTOCK, RETURN, RECEIPT, MIS_DELIVERY, CUSTOMER, MATERIAL, INVENTORY)
}

MASTERS: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "ORG_Organizations": {"100": (1, "示例公司")},
    "BD_Currency": {"PRE001": (1, "人民币")},
    "BD_UNIT": {"Pcs": (10101, "件")},
    "BD_STOCK": {"CK001": (110001, "成品仓"), "CK002": (110002, "门店仓")},
    "BD_StockStatus": {"KCZT01_SYS": (10000, "可用")},
    "BD_SETTLETYPE": {"JSFS01_SYS": (1, "现金"), "JSFS04_SYS": (4, "电汇")},
}
