"""What forms are made of: heads, lines and kinds of fields that many of them share."""

from __future__ import annotations

from erplink.testing.worlds.kingdee.forms import ZERO, Field

ORG, UNIT, STOCK = "ORG_Organizations", "BD_UNIT", "BD_STOCK"


def text(*keys: str, default: str = "") -> tuple[Field, ...]:
    """Text fields."""
    return tuple(Field(key, "text", default=default) for key in keys)


def amount(*keys: str) -> tuple[Field, ...]:
    """Numbers, zero by themselves."""
    return tuple(Field(key, "decimal", default=ZERO) for key in keys)


def ref(master: str, *keys: str, default: str = "") -> tuple[Field, ...]:
    """Fields that refer to base data."""
    return tuple(Field(key, "ref", master=master, default=default) for key in keys)


def must(master: str, key: str, caption: str) -> tuple[Field, ...]:
    """A field that has to refer to base data."""
    return (Field(key, "ref", master=master, caption=caption, default="", required=True),)


def bill_head(*fields: Field, bill_type: str) -> tuple[Field, ...]:
    """The head of a bill, its first six fields where every form has them."""
    return (
        Field("FID", "id"),
        Field("FBillNo", "text", caption="单据编号", default=""),
        Field("FDocumentStatus", "text", default="Z"),
        Field("FCreateDate", "date"),
        Field("FModifyDate", "date"),
        Field("FApproveDate", "date"),
        *ref("BOS_BillType", "FBillTypeID", default=bill_type),
        *text("FCancelStatus", default="A"),
        *ref("SEC_User", "FCreatorId", "FModifierId", "FApproverId"),
        *fields,
    )


def base_head(*fields: Field, pk: str) -> tuple[Field, ...]:
    """The head of base data."""
    return (
        Field(pk, "id"),
        Field("FNumber", "text", caption="编码", default=""),
        Field("FDocumentStatus", "text", default="Z"),
        Field("FCreateDate", "date"),
        Field("FModifyDate", "date"),
        Field("FApproveDate", "date"),
        Field("FName", "name", caption="名称", default="", required=True),
        *text("FForbidStatus", default="A"),
        *ref("ORG_Organizations", "FCreateOrgId", "FUseOrgId", default="100"),
        *fields,
    )


def line_head(entry_id: str) -> tuple[Field, ...]:
    """What every line begins with."""
    return (Field(entry_id, "id"), Field("FSeq", "int"))


def origin(*keys: str) -> tuple[Field, ...]:
    """What a line was made of: the number of the source, and (hidden) its form and entry."""
    return (*text(*keys), Field("#origin", "text", default=""))


def operations(*pairs: tuple[str, str, str]) -> dict[str, tuple[str, str]]:
    """Named operations: opNumber, field, the value it gets."""
    return {name.lower(): (key, value) for name, key, value in pairs}


CANCEL = (("Cancel", "FCancelStatus", "B"), ("UnCancel", "FCancelStatus", "A"))
FORBID = operations(("Forbid", "FForbidStatus", "B"), ("Enable", "FForbidStatus", "A"))
TOTALS = amount("FBillAllAmount", "FBillAmount", "FBillTaxAmount")
FREE = Field("FIsFree", "bool", default=False)
