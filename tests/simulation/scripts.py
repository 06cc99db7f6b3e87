"""Runs written down by hand: who begins when, what people do, what strikes where."""

from __future__ import annotations

from erplink.testing.simulate import Fault, Scenario, Script
from erplink.testing.simulate.scenario import EVERYBODY, MINUTE, SECOND, Deed, Redeemed

WISH = Redeemed(MINUTE, "one", "C1", 100, "GIFT-1", borrowed=False)
"""A member who has enough points asks for a gift, at minute 1."""


def script(
    *faults: Fault, w1: float = 2.0, w2: float = 60.0, deeds: tuple[Deed, ...] = (WISH,), behind: int = 0
) -> Script:
    """A company that is known already; each worker syncs once, from these minutes on. w1's clock is seconds behind."""
    begins = {"w1": int(w1 * MINUTE), "w2": int(w2 * MINUTE)}
    scenario = Scenario(
        EVERYBODY,
        deeds,
        begins,
        rounds={"w1": 1, "w2": 1},
        pauses={"w1": MINUTE, "w2": MINUTE},
        stocked=True,
        skews={"w1": -behind * SECOND},
    )
    return Script(0, scenario, faults, {})
