"""The application beside erplink: a shop with a table of its own in the same database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from erplink.errors import Unreachable
from erplink.link import desk as work
from erplink.link import post
from erplink.link.desk import Asked, Desk
from erplink.policy.programme import load_policy
from erplink.store import inbox
from erplink.store.database import Connection
from erplink.store.queue import Claimed, Message
from erplink.sync import programme
from erplink.sync.deliver import Ended, Lane
from erplink.testing.simulate.database import execute
from erplink.testing.simulate.scenario import Redeemed, Stamped

SPACE = "acme"
SYSTEM = "erp"
POOL = "points"
TILL = "till"

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
    execute(connection, "CREATE TABLE shop_wishes (key TEXT PRIMARY KEY, customer TEXT, points INT, gift TEXT)")
    execute(connection, "CREATE TABLE shop_stamps (customer TEXT)")


def accept_stamp(connection: Connection, deed: Stamped, desk: Desk) -> None:
    """Keep what a till tells, however often it does."""
    message = Message(f"stamp:{deed.key}", TILL, "stamp.given", deed.customer, subject=deed.customer)
    inbox.accept(connection, SPACE, [message], desk.clock())


def begin(connection: Connection, now: datetime) -> None:
    """A worker begins."""
    post.begin(connection, SPACE, now)


async def _read(claimed: Claimed) -> None:
    """Some tills are asked in vain the first time, so that a delivery has something to wait for."""
    if claimed.attempts == 1 and claimed.message.key.endswith("1"):
        raise Unreachable("the till is asleep", where=claimed.message.key, next_step="ask again", sent="no")


def _stamp(connection: Connection, space: str, ours: Sequence[Ended], late: Sequence[Ended], now: datetime) -> None:  # noqa: ARG001
    for end in (each for each in ours if each.settled.state == "done"):
        execute(connection, "INSERT INTO shop_stamps VALUES (:customer)", customer=end.claimed.message.payload)


STAMPS = Lane("inbox", TILL, ("stamp.given",), _read, aftermath=_stamp)
"""Accepted stamps are put on the cards, each in the transaction that settles its message."""


def redeem_gift(connection: Connection, deed: Redeemed, desk: Desk) -> None:
    """Redeem through the doors of a link, and note it in the shop's own table, in one transaction."""
    member = work.find(connection, SPACE, deed.customer, "", "")
    work.redeem_gift(connection, desk, member, Asked(deed.points, deed.gift, deed.key, None))
    execute(
        connection,
        "INSERT OR IGNORE INTO shop_wishes VALUES (:key, :customer, :points, :gift)",
        key=deed.key,
        customer=deed.customer,
        points=deed.points,
        gift=deed.gift,
    )
