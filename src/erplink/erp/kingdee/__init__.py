"""Kingdee 云星空 (K/3 Cloud): ``Kingdee(...)`` says where it is; ``connect`` opens it."""

from __future__ import annotations

from erplink.erp.kingdee.adapter import KingdeeAdapter
from erplink.erp.kingdee.settings import Kingdee

__all__ = ["Kingdee", "KingdeeAdapter"]
