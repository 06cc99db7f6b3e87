"""The application beside erplink: a shop with a table of its own in the same database."""

from __future__ import annotations

from datetime import datetime

from erplink.policy.programme import load_policy
from erplink.store import people
from erplink.store.database import Connection
from erplink.sync import programme, redeem
from erplink.sync.redeem import Wish
from erplink.testing.simulate.scenario import Redeemed

SPACE = "acme"
SYSTEM = "erp"
POOL = "points"

POLICY = """
programme: points
id: simulated
version: 1
zone: Asia/Shanghai
currency: CNY
assembly: {completed: approved}
points:
  clock: completed_at
  rules: [{id: base, kind: rate, per_yuan: "1"}]
"""


def prepare(connection: Connection, now: datetime) -> None:
    """What the template holds: the programme, and the shop's own table."""
    programme.publish(connection, SPACE, load_policy(POLICY), None, "", now)
    connection.exec_driver_sql("CREATE TABLE shop_wishes (key TEXT PRIMARY KEY, customer TEXT, points INT, gift TEXT)")


def redeem_gift(connection: Connection, deed: Redeemed, now: datetime) -> None:
    """Redeem, and note it in the shop's own table, in one transaction."""
    found = people.find(connection, SPACE, f"erp:{SYSTEM}", deed.customer)
    if not found:
        return
    wish = Wish(deed.key, deed.gift, deed.points, SYSTEM, "CNY", now)
    redeem.redeem(connection, SPACE, found[0], POOL, wish, now)
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO shop_wishes VALUES (?, ?, ?, ?)", (deed.key, deed.customer, deed.points, deed.gift)
    )
