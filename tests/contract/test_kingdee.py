"""The Kingdee adapter keeps the contract."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.kingdee import KingdeeSubject

globals().update(suite(KingdeeSubject()))
