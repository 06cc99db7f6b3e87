"""Kingdee 云星辰 (精斗云): ``Xingchen(...)`` says which company; ``connect`` opens it."""

from __future__ import annotations

from erplink.erp.kingdee.xingchen.settings import Xingchen

__all__ = ["Xingchen"]
