"""Pull the orders that changed since an instant, and see what they come to.

Orders stream: a year of them needs no more memory than a day. The ERP is only read.

Prints:
    45 orders changed in October 2026
    closed 25
    approved 20
"""

from __future__ import annotations

import os
from collections import Counter

from erplink import connect
from erplink.erp.kingdee import Kingdee


def main() -> None:
    settings = Kingdee(
        url=os.environ["ERPLINK_KINGDEE_URL"],
        acct_id=os.environ["ERPLINK_KINGDEE_ACCT_ID"],
        username=os.environ["ERPLINK_KINGDEE_USERNAME"],
        app_id=os.environ["ERPLINK_KINGDEE_APP_ID"],
        app_secret=os.environ["ERPLINK_KINGDEE_APP_SECRET"],
    )
    statuses: Counter[str] = Counter()
    with connect(settings, parallel=4) as erp:
        for order in erp.orders.changes(since="2026-10-01", until="2026-11-01"):
            statuses[order.status] += 1
    print(f"{statuses.total()} orders changed in October 2026")
    for status, number in statuses.most_common():
        print(status, number)


if __name__ == "__main__":
    main()
