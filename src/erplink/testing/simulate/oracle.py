"""What everybody should have, worked out anew from what stands in the ERP, in a dozen plain lines."""

from __future__ import annotations

from collections import Counter, defaultdict

from erplink.testing.simulate.server import SimErp


def balances(erp: SimErp) -> dict[str, int]:
    """Points earned by each customer: one for each whole yuan that an order in force keeps after its returns."""
    back: dict[str, set[int]] = defaultdict(set)
    for row in erp.tables["returns"]:
        back[row["order"]].update(line["line"] for line in row["lines"])
    earned: Counter[str] = Counter({row["number"]: 0 for row in erp.tables["customers"]})
    for row in erp.tables["orders"]:
        if row["status"] == "approved":
            kept = sum(line["amount"] for line in row["lines"] if line["line"] not in back[row["number"]])
            earned[row["customer"]] += kept // 100
    return dict(earned)
