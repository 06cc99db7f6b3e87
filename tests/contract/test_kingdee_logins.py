"""However one logs in to a Kingdee, sessions and secrets are kept alike."""

from __future__ import annotations

from typing import get_args

from erplink.erp.kingdee.settings import Login
from erplink.testing.contract import suite
from erplink.testing.contract.subjects.kingdee import KingdeeSubject

for login in get_args(Login):
    globals().update(
        {name: case for name, case in suite(KingdeeSubject(login)).items() if name.endswith(("Session", "Secrets"))}
    )
