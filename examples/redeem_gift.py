"""Let a member redeem a gift: points leave, a 0-yuan order appears in the ERP, once, whatever happens in between.

Prints:
    gift-42: pending, 500 points
    gift-42: done, 500 points
    in the ERP: approved, 1 x GIFT-001, free
    asked again: done
"""

from __future__ import annotations

import os

from erplink import Link, connect
from erplink.erp.kingdee import Kingdee

POLICY = """
programme: 会员积分
id: loyalty
zone: Asia/Shanghai
currency: CNY
points: {clock: completed_at, rules: [{id: 消费积分, kind: rate, per_yuan: "1"}]}
"""


def main() -> None:
    settings = Kingdee(
        url=os.environ["ERPLINK_KINGDEE_URL"],
        acct_id=os.environ["ERPLINK_KINGDEE_ACCT_ID"],
        username=os.environ["ERPLINK_KINGDEE_USERNAME"],
        app_id=os.environ["ERPLINK_KINGDEE_APP_ID"],
        app_secret=os.environ["ERPLINK_KINGDEE_APP_SECRET"],
    )
    with connect(settings, parallel=4) as erp, Link.open("sqlite:///gifts.db", space="acme") as link:
        link.policies.publish(POLICY, approved_by="head of loyalty")
        link.attach("kingdee", erp, writes={"orders.create"})
        link.sync()
        member = link.members.find(code=link.members.top(1)[0].code)
        wish = link.points.redeem(member, 500, gift="GIFT-001", key="gift-42")
        print(f"{wish.key}: {wish.state}, {wish.points} points")
        link.sync()
        done = link.points.redemption("gift-42") or wish
        print(f"{done.key}: {done.state}, {done.points} points")
        order = erp.orders.get(done.order)
        line = order.lines[0]
        print(f"in the ERP: {order.status}, {line.qty:f} x {line.sku}, {'free' if line.free else 'paid'}")
        print("asked again:", link.points.redeem(member, 500, gift="GIFT-001", key="gift-42").state)


if __name__ == "__main__":
    main()
