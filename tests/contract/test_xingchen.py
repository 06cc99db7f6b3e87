"""A company of 云星辰 keeps the contract; windows also where its lists pay no heed to them."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.xingchen import XingchenSubject

globals().update(suite(XingchenSubject()))
globals().update(
    {name: case for name, case in suite(XingchenSubject(windows=False)).items() if name.endswith("Changes")}
)
