"""Rows of the files that a subject reads, written by hand: headings, words and cells of a Chinese export."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from erplink.model.documents import Document, Entity, Stock

ZONE = ZoneInfo("Asia/Shanghai")
STATUSES: Mapping[str, str] = {
    "draft": "草稿",
    "pending": "审核中",
    "approved": "已审核",
    "closed": "已关闭",
    "cancelled": "已作废",
}
HEADS: Mapping[Entity, Mapping[str, str]] = {
    "orders": {
        "id": "内码",
        "number": "单据编号",
        "customer": "客户编码",
        "currency": "币别",
        "created_at": "下单时间",
        "approved_at": "审核时间",
        "note": "备注",
    },
    "shipments": {"id": "内码", "number": "单据编号", "customer": "客户编码", "shipped_at": "出库时间"},
    "returns": {
        "id": "内码",
        "number": "单据编号",
        "customer": "客户编码",
        "currency": "币别",
        "returned_at": "退货时间",
    },
    "receipts": {
        "id": "内码",
        "number": "单据编号",
        "customer": "客户编码",
        "currency": "币别",
        "amount": "金额",
        "received_at": "收款时间",
        "order": "源单编号",
    },
    "customers": {
        "id": "内码",
        "number": "编码",
        "name": "名称",
        "phone": "手机",
        "unionid": "UnionID",
        "active": "启用",
    },
    "products": {"id": "内码", "number": "编码", "name": "名称", "category": "分类", "active": "启用"},
}
"""Our attributes of a document = headings."""
LINES: Mapping[Entity, Mapping[str, str]] = {
    "orders": {
        "sku": "物料编码",
        "qty": "数量",
        "amount": "金额",
        "unit_price": "单价",
        "kind": "行类别",
        "free": "赠品",
    },
    "shipments": {"sku": "物料编码", "qty": "数量", "order": "源单编号", "order_line": "源单行"},
    "returns": {
        "sku": "物料编码",
        "qty": "数量",
        "amount": "金额",
        "order": "源单编号",
        "order_line": "源单行",
        "kind": "行类别",
        "free": "赠品",
    },
}
STATUS, MODIFIED = "状态", "修改时间"
SPOILT: Mapping[Entity, tuple[str, str]] = {
    "orders": ("金额", "壹拾"),
    "shipments": ("数量", "若干"),
    "returns": ("金额", "壹拾"),
    "receipts": ("金额", "壹拾"),
    "customers": ("启用", "也许"),
    "products": ("启用", "也许"),
}
"""A column of each entity, and something that does not fit it."""

Row = dict[str, Any]


def rows_of(entity: Entity, document: Document, modified: datetime) -> list[Row]:
    """The rows of a document: its head on each of them."""
    head = {heading: cell(getattr(document, attr)) for attr, heading in HEADS[entity].items()}
    head["内码"] = document.id or document.number
    head[STATUS] = document.raw_status or STATUSES.get(document.status, document.status)
    head[MODIFIED] = modified.astimezone(ZONE).replace(tzinfo=None).isoformat(" ")
    lines: tuple[Any, ...] = getattr(document, "lines", ())
    if entity not in LINES:
        return [head]
    return [
        {**head, **{heading: cell(getattr(line, attr)) for attr, heading in LINES[entity].items()}} for line in lines
    ]


def stock_row(level: Stock) -> Row:
    """One level."""
    return {
        "物料编码": level.sku,
        "仓库": level.warehouse,
        "库存数量": cell(level.on_hand),
        "可用数量": cell(level.available),
    }


def cell(value: object) -> str:
    """A value as an export writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(ZONE).replace(tzinfo=None).isoformat(" ")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def manifest(ending: str, *, page: int) -> str:
    """The manifest by which the files are read."""
    parts = [
        'erplink = 1\nkind = "files"\nname = "files"\nsettle = 0\nlanguage = "en"\n',
        f"page = {page}\n",
        *(_entity(entity, ending) for entity in HEADS),
        f'[entities.stock]\nfiles = "in/stock*.{ending}"\n',
        '[entities.stock.fields]\nsku = "物料编码"\nwarehouse = "仓库"\non_hand = "库存数量"\navailable = "可用数量"\n',
    ]
    return "\n".join(parts)


def _entity(entity: Entity, ending: str) -> str:
    words = ", ".join(
        f'"{theirs}" = "{ours}"' for ours, theirs in STATUSES.items() if ours != "closed" or entity == "orders"
    )
    out = f', "out/{entity}/*.{ending}"' if entity == "orders" else ""
    told = [
        f'[entities.{entity}]\nfiles = ["in/{entity}/*.{ending}"{out}]\ncomplete = true\n',
        f"[entities.{entity}.fields]",
        *(_field(attr, heading) for attr, heading in HEADS[entity].items()),
        f'status = {{ path = "{STATUS}", map = {{ {words} }} }}',
        f'modified = {{ path = "{MODIFIED}", optional = true }}',
    ]
    if entity in LINES:
        told += [f"[entities.{entity}.lines.fields]", *(_field(attr, name) for attr, name in LINES[entity].items())]
    if entity == "orders":
        told += [
            "[entities.orders.create]",
            f'folder = "out/orders"\nformat = "{ending}"\nvalues = {{ "{STATUS}" = "已审核" }}',
        ]
    return "\n".join(told)


def _field(attr: str, heading: str) -> str:
    optional = attr in {"id", "approved_at", "note", "order", "order_line", "phone", "unionid", "category"}
    return f'{attr} = {{ path = "{heading}", optional = true }}' if optional else f'{attr} = "{heading}"'
