"""Intermediate tables between an old ERP and us, and what a manifest says of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tests.erp.sql.conftest import Place
from tests.erp.sql.old_erp import NOON, OldErp, old_erp

INBOUND = """
[inbound.orders]
table = "orders_out"
key = "id"
status = "flag"
new = "N"
claimed = "P"
done = "D"
failed = "E"
claimed_by = "worker"
claimed_at = "taken_at"
message = "err"

[inbound.orders.fields]
number = "bill_no"
customer = "cust"
created_at = "made_at"
modified = "made_at"
status = { path = "state", map = { "1" = "approved", "3" = "closed" } }

[inbound.orders.lines]
table = "lines_out"
parent = "order_id"
fields = { line = "line_no", sku = "sku", qty = "qty", amount = "amount" }
"""
OUTBOUND = """
[outbound.orders.create]
table = "orders_in"
key = "our_key"
status = "flag"
new = "N"
constants = { source = "WX" }

[outbound.orders.create.fields]
number = "bill_no"
customer = "cust"
created_at = "made_at"
note = "note"

[outbound.orders.create.lines]
table = "lines_in"
parent = "order_key"

[outbound.orders.create.lines.fields]
line = "line_no"
sku = "sku"
qty = "qty"
amount = "amount"
free = { path = "gift", map = { Y = "true", N = "false" } }
"""
REPORTS = OUTBOUND.replace(
    'new = "N"', 'new = "N"\ndone = "D"\nfailed = "E"\ncancelled = "X"\nmessage = "err"\nmade = "erp_no"'
)
UPDATES = """
[outbound.customers.update]
table = "points_in"
key = "our_key"
row = "id"
status = "flag"
new = 0
number = "cust"
constants = { source = "WX" }
fields = { points = "points", tier = "tier" }
"""


@contextmanager
def outbox(place: Place, count: int = 0, lines: int = 2) -> Iterator[OldErp]:
    """An ERP that has written that many orders for us to take."""
    with old_erp(place) as old:
        sa.Table(
            "orders_out",
            old.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("bill_no", sa.String(60), nullable=False),
            sa.Column("cust", sa.String(60)),
            sa.Column("made_at", sa.DateTime),
            sa.Column("state", sa.Integer),
            sa.Column("flag", sa.CHAR(1), nullable=False, index=True),
            sa.Column("worker", sa.String(24)),
            sa.Column("taken_at", sa.DateTime),
            sa.Column("err", sa.String(200)),
        )
        sa.Table(
            "lines_out",
            old.metadata,
            sa.Column("order_id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("line_no", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("sku", sa.String(30)),
            sa.Column("qty", sa.Numeric(18, 4)),
            sa.Column("amount", sa.String(30)),
        )
        old.make()
        write_out(old, *range(1, count + 1), lines=lines)
        yield old


def write_out(old: OldErp, *ids: int, lines: int = 2, amount: str = "9.90", number: str = "") -> None:
    """Have the ERP write orders for us to take."""
    heads = [
        {"id": n, "bill_no": number or f"S{n:04d}", "cust": "C1", "made_at": NOON, "state": 3, "flag": "N"} for n in ids
    ]
    rows = [
        {"order_id": n, "line_no": line, "sku": f"M{line}", "qty": line, "amount": amount}
        for n in ids
        for line in range(1, lines + 1)
    ]
    old.put(old.metadata.tables["orders_out"], heads)
    old.put(old.metadata.tables["lines_out"], rows)


def flags(old: OldErp) -> str:
    """The status of every row of the ERP's outbox, by its key."""
    return "".join(str(row[0]).strip() for row in old.all("SELECT flag FROM orders_out ORDER BY id"))


def hours_later(old: OldErp) -> None:
    """Let the leases of all claims run out."""
    table = old.metadata.tables["orders_out"]
    old.do(sa.update(table).where(table.c.flag == "P").values(taken_at=NOON))


@contextmanager
def inbox(place: Place, *, decimals: int = 2) -> Iterator[OldErp]:
    """An ERP that takes orders and points from us."""
    with old_erp(place) as old:
        sa.Table(
            "orders_in",
            old.metadata,
            sa.Column("our_key", sa.String(30), primary_key=True),
            sa.Column("bill_no", sa.String(30), unique=True),
            sa.Column("cust", sa.String(30)),
            sa.Column("made_at", sa.DateTime),
            sa.Column("note", sa.String(40)),
            sa.Column("source", sa.CHAR(4), nullable=False),
            sa.Column("flag", sa.CHAR(1), nullable=False),
            sa.Column("err", sa.String(200)),
            sa.Column("erp_no", sa.String(30)),
        )
        sa.Table(
            "lines_in",
            old.metadata,
            sa.Column("order_key", sa.String(30), primary_key=True),
            sa.Column("line_no", sa.Integer, primary_key=True),
            sa.Column("sku", sa.String(30), nullable=False),
            sa.Column("qty", sa.Numeric(18, 4)),
            sa.Column("amount", sa.Numeric(18, decimals)),
            sa.Column("gift", sa.CHAR(1)),
        )
        sa.Table(
            "points_in",
            old.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("our_key", sa.String(30), nullable=False, unique=True),
            sa.Column("cust", sa.String(30), nullable=False),
            sa.Column("points", sa.Integer),
            sa.Column("tier", sa.String(30)),
            sa.Column("source", sa.CHAR(4), nullable=False),
            sa.Column("flag", sa.Integer, nullable=False),
        )
        old.make()
        yield old
