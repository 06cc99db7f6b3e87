"""Kingdee 云星空 (K/3 Cloud): ``Kingdee(...)`` says where it is; ``connect`` opens it.

``KingdeeForms(erp)`` offers what only a Kingdee can do, on any of its forms.
"""

from __future__ import annotations

from erplink.erp.kingdee.adapter import KingdeeAdapter
from erplink.erp.kingdee.operations.forms import AsyncKingdeeForms
from erplink.erp.kingdee.operations.mirror import KingdeeForms
from erplink.erp.kingdee.operations.values import (
    Attachment,
    Done,
    FormField,
    FormFields,
    Group,
    Made,
    Part,
    Pushed,
    Saved,
)
from erplink.erp.kingdee.settings import Kingdee

__all__ = [
    "AsyncKingdeeForms",
    "Attachment",
    "Done",
    "FormField",
    "FormFields",
    "Group",
    "Kingdee",
    "KingdeeAdapter",
    "KingdeeForms",
    "Made",
    "Part",
    "Pushed",
    "Saved",
]
