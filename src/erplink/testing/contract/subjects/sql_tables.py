"""The tables of an old ERP, the triggers that work off what we write into it, and the manifest that describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from erplink.model.documents import Entity

LINES: Mapping[Entity, str] = {"orders": "order_lines", "shipments": "shipment_lines", "returns": "return_lines"}
"""The tables of lines, whose column ``head_id`` refers to the head."""
SPOILT: Mapping[Entity, tuple[str, str]] = {
    "orders": ("order_lines", "quantity"),
    "shipments": ("shipment_lines", "quantity"),
    "returns": ("return_lines", "quantity"),
    "receipts": ("receipts", "amount"),
    "customers": ("customers", "disabled"),
    "products": ("products", "disabled"),
}
"""A cell of each that can be made not to fit."""

_TIMES = ("created_at", "approved_at", "shipped_at", "returned_at", "received_at", "updated_at")
_FIGURES = ("quantity", "unit_price", "amount", "points", "on_hand", "available")
_HEADS: Mapping[str, tuple[str, ...]] = {
    "orders": ("customer_code", "currency", "created_at", "approved_at", "remark"),
    "shipments": ("customer_code", "shipped_at"),
    "returns": ("customer_code", "currency", "returned_at"),
    "receipts": ("customer_code", "currency", "amount", "received_at", "order_no"),
    "customers": ("name", "mobile", "unionid", "disabled", "points"),
    "products": ("name", "category", "disabled"),
}
_GOODS = ("line_no", "sku", "quantity")
_PRICED = (*_GOODS, "unit_price", "amount", "is_service", "is_gift")
_SOURCE = ("order_no", "order_line_id")
_ROWS: Mapping[str, tuple[str, ...]] = {
    "order_lines": _PRICED,
    "shipment_lines": (*_GOODS, *_SOURCE),
    "return_lines": (*_PRICED, *_SOURCE),
}


def metadata(kind: str) -> sa.MetaData:
    """Every table, in a database of a kind. SQLite has no exact decimals, so its figures are texts."""
    found = sa.MetaData()
    for name, columns in _HEADS.items():
        _table(found, kind, name, ("number", "status", *columns, "updated_at"))
    for name, columns in _ROWS.items():
        _table(found, kind, name, ("head_id", *columns))
    _table(found, kind, "stock", ("sku", "warehouse", "on_hand", "available"))
    _table(found, kind, "orders_in", ("our_key", "number", "customer_code", "currency", "remark", "flag", "erp_no"))
    _table(found, kind, "order_lines_in", ("order_key", *_PRICED))
    _table(found, kind, "points_in", ("our_key", "number", "points", "flag"))
    return found


def _table(into: sa.MetaData, kind: str, name: str, columns: tuple[str, ...]) -> None:
    figure = sa.Text() if kind == "sqlite" else sa.Numeric()
    types: dict[str, Any] = dict.fromkeys(("head_id", "line_no", "order_line_id"), sa.Integer())
    types |= dict.fromkeys(_TIMES, sa.DateTime())
    types |= dict.fromkeys(_FIGURES, figure)
    made = [sa.Column(column, types.get(column, sa.Text()), unique=column == "our_key") for column in columns]
    sa.Table(name, into, sa.Column("id", sa.Integer, primary_key=True), *made)


_ORDER = (
    "INSERT INTO orders (number, status, customer_code, currency, remark, updated_at) "
    "VALUES (NEW.number, '已审核', NEW.customer_code, NEW.currency, NEW.remark, {now}); "
    "UPDATE orders_in SET flag = 'D', erp_no = NEW.number WHERE id = NEW.id;"
)
_LINE = (
    "INSERT INTO order_lines (head_id, line_no, sku, quantity, unit_price, amount, is_service, is_gift) "
    "SELECT o.id, NEW.line_no, NEW.sku, NEW.quantity, NEW.unit_price, NEW.amount, NEW.is_service, NEW.is_gift "
    "FROM orders o JOIN orders_in i ON i.erp_no = o.number WHERE i.our_key = NEW.order_key;"
)
_POINTS = "UPDATE customers SET points = NEW.points, updated_at = {now} WHERE number = NEW.number;"


def triggers(kind: str) -> list[str]:
    """What works off the rows we write, as soon as they are written."""
    now = "datetime('now', '+8 hours')" if kind == "sqlite" else "timezone('Asia/Shanghai', clock_timestamp())"
    works = {"orders_in": _ORDER, "order_lines_in": _LINE, "points_in": _POINTS}
    found: list[str] = []
    for table, work in works.items():
        body = work.format(now=now)
        if kind == "sqlite":
            found.append(f"CREATE TRIGGER work_{table} AFTER INSERT ON {table} BEGIN {body} END")
            continue
        function = f"CREATE FUNCTION work_{table}() RETURNS trigger LANGUAGE plpgsql AS"
        found.append(f"{function} $$ BEGIN {body} RETURN NULL; END $$")
        found.append(
            f"CREATE TRIGGER work_{table} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION work_{table}()"
        )
    return found


_STATUS = (
    '{ path = "status", map = { "草稿" = "draft", "待审核" = "pending", "已审核" = "approved", '
    '"已完成" = "closed", "已作废" = "cancelled" } }'
)
_FOUR = _STATUS.replace(' "已完成" = "closed",', "")
_ACTIVE = '{ path = "disabled", map = { "0" = "true", "1" = "false" } }'
_PRICED_FIELDS = """\
line = "line_no"
sku = "sku"
qty = "quantity"
amount = "amount"
kind = { path = "is_service", map = { "0" = "goods", "1" = "service" } }
free = { path = "is_gift", map = { "1" = "true", "0" = "false" } }
"""
_SOURCE_FIELDS = """\
order = "order_no"
order_line = "order_line_id"
"""


def _entity(entity: str, fields: str, lines: str = "") -> str:
    text = f'\n[entities.{entity}]\ntable = "{entity}"\n\n[entities.{entity}.fields]\n'
    text += f'id = "id"\nnumber = "number"\nmodified = "updated_at"\n{fields}'
    if not lines:
        return text
    head = f'table = "{entity[:-1]}_lines"\nparent = "head_id"\n'
    return f"{text}\n[entities.{entity}.lines]\n{head}\n[entities.{entity}.lines.fields]\n{lines}"


MANIFEST = "".join(
    (
        """\
erplink = 1
kind = "sql"
name = "old-erp"
times = "local"
secrets = ["password"]

[database]
url = "{url}"
page = {page}
""",
        _entity(
            "orders",
            f'customer = "customer_code"\ncurrency = "currency"\ncreated_at = "created_at"\n'
            f'approved_at = "approved_at"\nnote = "remark"\nstatus = {_STATUS}\n',
            f'{_PRICED_FIELDS}unit_price = "unit_price"\nid = "id"\n',
        ),
        _entity(
            "shipments",
            f'customer = "customer_code"\nshipped_at = "shipped_at"\nstatus = {_FOUR}\n',
            f'line = "line_no"\nsku = "sku"\nqty = "quantity"\n{_SOURCE_FIELDS}',
        ),
        _entity(
            "returns",
            f'customer = "customer_code"\ncurrency = "currency"\nreturned_at = "returned_at"\nstatus = {_FOUR}\n',
            f"{_PRICED_FIELDS}{_SOURCE_FIELDS}",
        ),
        _entity(
            "receipts",
            f'customer = "customer_code"\ncurrency = "currency"\namount = "amount"\nreceived_at = "received_at"\n'
            f'order = "order_no"\nstatus = {_FOUR}\n',
        ),
        _entity(
            "customers",
            f'name = "name"\nphone = "mobile"\nunionid = "unionid"\nactive = {_ACTIVE}\nstatus = {_FOUR}\n'
            '\n[entities.customers.custom]\npoints = { path = "points", type = "number", optional = true }\n',
        ),
        _entity("products", f'name = "name"\ncategory = "category"\nactive = {_ACTIVE}\nstatus = {_FOUR}\n'),
        f"""
[entities.stock]
table = "stock"
fields = {{ sku = "sku", warehouse = "warehouse", on_hand = "on_hand", available = "available" }}

[outbound.orders.create]
table = "orders_in"
key = "our_key"
status = "flag"
new = "N"
done = "D"
failed = "E"
made = "erp_no"

[outbound.orders.create.fields]
number = "number"
customer = "customer_code"
currency = "currency"
note = "remark"

[outbound.orders.create.lines]
table = "order_lines_in"
parent = "order_key"

[outbound.orders.create.lines.fields]
{_PRICED_FIELDS}unit_price = "unit_price"

[outbound.customers.update]
table = "points_in"
key = "our_key"
row = "id"
status = "flag"
new = "N"
number = "number"
fields = {{ points = {{ path = "points", type = "number" }} }}
""",
    )
)
"""The whole manifest; ``{{url}}`` and ``{{page}}`` are filled in."""
