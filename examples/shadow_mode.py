"""Go live without a leap: history before the start awards nothing, old balances come from a file, nothing is written.

``sync(push=False)`` books everything and shows what it would have written. When the figures are right, name the writes
at ``attach`` and leave ``push=False`` out.

Prints:
    loaded: 1 lot, 1200 points
    loaded again: 0 lots
    would write customers.update CUST0001 {"points":1200}
    waiting: {'customers.update': 26}, written: 0
"""

from __future__ import annotations

import os
from pathlib import Path

from erplink import Link, connect
from erplink.erp.kingdee import Kingdee

POLICY = """
programme: 会员积分
id: loyalty
zone: Asia/Shanghai
currency: CNY
starts_at: 2026-10-01T00:00:00+08:00
points: {clock: completed_at, rules: [{id: 消费积分, kind: rate, per_yuan: "1"}]}
"""


def main() -> None:
    settings = Kingdee(
        url=os.environ["ERPLINK_KINGDEE_URL"],
        acct_id=os.environ["ERPLINK_KINGDEE_ACCT_ID"],
        username=os.environ["ERPLINK_KINGDEE_USERNAME"],
        app_id=os.environ["ERPLINK_KINGDEE_APP_ID"],
        app_secret=os.environ["ERPLINK_KINGDEE_APP_SECRET"],
        custom={"customers": {"points": "F_ERPL_Points"}},
    )
    Path("opening.csv").write_text("customer,points,expires_at\nCUST0001,1200,2099-12-31\n", encoding="utf-8")
    with connect(settings, parallel=4) as erp, Link.open("sqlite:///shadow.db", space="acme") as link:
        link.policies.publish(POLICY, approved_by="head of loyalty")
        link.attach("kingdee", erp, writes={"customers.update"})
        link.sync(push=False)
        loaded = link.opening.load("opening.csv")
        print(f"loaded: {loaded.booked} lot, {loaded.points} points")
        print(f"loaded again: {link.opening.load('opening.csv').booked} lots")
        report = link.sync(push=False)
        for write in report.would_write[:3]:
            print("would write", write.operation, write.target, write.payload)
        print(f"waiting: {dict(report.withheld)}, written: {len(report.pushed)}")


if __name__ == "__main__":
    main()
