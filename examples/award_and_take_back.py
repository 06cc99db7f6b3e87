"""Award points for completed orders, and take back what was returned.

The policy is data. The same return takes back the same points whatever order the documents arrive in, and a second sync
books nothing.

Prints:
    CUST0018: 41102 points, 42073 earned, 971 taken back
    2025-11-19 kingdee:returns:XSTH000019 -971
    second sync: nothing new
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
points:
  clock: completed_at
  rules:
    - {id: 消费积分, kind: rate, per_yuan: "1"}
    - {id: 会员日双倍, kind: multiplier, role: campaign, factor: "2", when: {day_of_month: 8}}
"""


def main() -> None:
    settings = Kingdee(
        url=os.environ["ERPLINK_KINGDEE_URL"],
        acct_id=os.environ["ERPLINK_KINGDEE_ACCT_ID"],
        username=os.environ["ERPLINK_KINGDEE_USERNAME"],
        app_id=os.environ["ERPLINK_KINGDEE_APP_ID"],
        app_secret=os.environ["ERPLINK_KINGDEE_APP_SECRET"],
    )
    with connect(settings, parallel=4) as erp, Link.open("sqlite:///points.db", space="acme") as link:
        link.policies.publish(POLICY, approved_by="head of loyalty")
        link.attach("kingdee", erp)  # no writes are named, so none are made
        link.sync()
        leader = link.members.top(1)[0]
        print(f"{leader.code}: {leader.points} points, {leader.earned} earned, {-leader.taken_back} taken back")
        for entry in link.points.history(link.members.find(code=leader.code)):
            if entry.kind == "clawback":
                print(entry.effective_at.date(), entry.document, entry.points)
        print("second sync:", "nothing new" if link.sync().unchanged else "something changed")


if __name__ == "__main__":
    main()
