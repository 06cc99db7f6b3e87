"""What the shop keeps of each kind of document: its fields, in heads and lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, Literal

from attrs import frozen

from erplink.model.documents import Entity

Kind = Literal["text", "whole", "number", "flag", "time", "status"]
Cell = Any
"""A text, a number, a flag, an aware instant; anything else only where somebody put it to spoil a record."""
Cells = dict[str, Cell]


@frozen
class Field:
    """One field: ``label`` is what users see. ``given``: a client may write it, until the document is in force."""

    name: str
    label: str
    kind: Kind = "text"
    default: Cell = ""
    given: bool = True


@frozen
class Form:
    """A kind of document. ``always`` are the fields that may be written whatever its status."""

    entity: Entity
    label: str
    prefix: str
    head: tuple[Field, ...]
    lines: tuple[Field, ...] = ()
    always: frozenset[str] = frozenset()
    master: bool = False

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of every field of its head."""
        return {one.name: one.kind for one in (*OWN, *self.head)}

    @cached_property
    def line_kinds(self) -> Mapping[str, Kind]:
        """The kind of every field of a line."""
        return {one.name: one.kind for one in self.lines}


OWN = (
    Field("id", "内码", "whole", 0, given=False),
    Field("number", "单据编号"),
    Field("updated_at", "修改时间", "time", None, given=False),
    Field("version", "版本", "whole", 0, given=False),
)
"""What every record has."""

_ZERO = Decimal(0)
_STATUS = Field("status", "状态", "status", given=False)
_CREATED = Field("created_at", "创建时间", "time", None, given=False)
_CUSTOMER = Field("customer_code", "客户编码")
_CURRENCY = Field("currency", "币别", default="CNY")
_REMARK = Field("remark", "备注")
_LINE = (
    Field("id", "分录内码", "whole", 0, given=False),
    Field("line_no", "行号", "whole", 0),
    Field("sku", "商品编码"),
    Field("quantity", "数量", "number", _ZERO),
)
_PRICED = (
    Field("unit_price", "单价", "number", _ZERO),
    Field("amount", "金额", "number", _ZERO),
    Field("is_service", "服务", "flag", default=False),
    Field("is_gift", "赠品", "flag", default=False),
)
_SOURCE = (Field("order_no", "订单编号"), Field("order_line_id", "订单分录内码", "whole", 0))

FORMS: Mapping[str, Form] = {
    form.entity: form
    for form in (
        Form(
            "orders",
            "订单",
            "SO",
            (
                _CUSTOMER,
                _STATUS,
                _CURRENCY,
                _CREATED,
                Field("approved_at", "审核时间", "time", None, given=False),
                Field("total_amount", "合计金额", "number", _ZERO, given=False),
                _REMARK,
                Field("points", "积分", "number", _ZERO),
            ),
            (*_LINE, *_PRICED),
            always=frozenset({"points"}),
        ),
        Form(
            "shipments",
            "出库单",
            "CK",
            (_CUSTOMER, _STATUS, _CREATED, Field("shipped_at", "出库时间", "time", None), _REMARK),
            (*_LINE, *_SOURCE),
        ),
        Form(
            "returns",
            "退货单",
            "TH",
            (
                _CUSTOMER,
                _STATUS,
                _CURRENCY,
                _CREATED,
                Field("returned_at", "退货时间", "time", None),
                Field("total_amount", "合计金额", "number", _ZERO, given=False),
                _REMARK,
            ),
            (*_LINE, *_PRICED, *_SOURCE),
        ),
        Form(
            "receipts",
            "收款单",
            "SK",
            (
                _CUSTOMER,
                _STATUS,
                _CURRENCY,
                _CREATED,
                Field("amount", "收款金额", "number", _ZERO),
                Field("received_at", "收款时间", "time", None),
                Field("order_no", "订单编号"),
                _REMARK,
            ),
        ),
        Form(
            "customers",
            "客户",
            "KH",
            (
                Field("name", "名称"),
                _STATUS,
                _CREATED,
                Field("mobile", "手机"),
                Field("unionid", "微信标识"),
                Field("disabled", "停用", "flag", default=False),
                Field("tier", "等级"),
                Field("points", "积分", "number", _ZERO),
            ),
            always=frozenset({"name", "mobile", "unionid", "disabled", "tier", "points"}),
            master=True,
        ),
        Form(
            "products",
            "商品",
            "SP",
            (
                Field("name", "名称"),
                _STATUS,
                _CREATED,
                Field("category", "类别"),
                Field("disabled", "停用", "flag", default=False),
            ),
            always=frozenset({"name", "category", "disabled"}),
            master=True,
        ),
    )
}


def restored(kind: Kind, cell: Cell) -> Cell:
    """A cell that came as JSON, as the books keep it; what does not fit its kind stays what it is.

    >>> restored("number", "1.20"), restored("time", "2026-11-01T08:00:00+08:00").hour, restored("number", "?")
    (Decimal('1.20'), 0, '?')
    """
    try:
        if kind == "number" and isinstance(cell, int | str) and not isinstance(cell, bool):
            return Decimal(cell)
        if kind == "time" and isinstance(cell, str):
            moment = datetime.fromisoformat(cell)
            return cell if moment.tzinfo is None else moment.astimezone(UTC)
        return int(cell) if kind == "whole" and isinstance(cell, str | Decimal) else cell
    except (ValueError, InvalidOperation):
        return cell
