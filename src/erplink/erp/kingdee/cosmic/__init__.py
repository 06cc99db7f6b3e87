"""Kingdee 苍穹 (Cosmic), and 星瀚 and 星空旗舰版 on it: ``Cosmic(...)`` says where it is; ``connect`` opens it."""

from __future__ import annotations

from erplink.erp.kingdee.cosmic.events import Event, Subscription
from erplink.erp.kingdee.cosmic.forms import Form
from erplink.erp.kingdee.cosmic.settings import Cosmic

__all__ = ["Cosmic", "Event", "Form", "Subscription"]
