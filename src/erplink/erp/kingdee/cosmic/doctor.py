"""What is wrong between here and a 苍穹, step by step, in words a person can act on. Nothing is written."""

from __future__ import annotations

import msgspec

from erplink.erp.kingdee.cosmic.settings import Cosmic
from erplink.errors import ErplinkError
from erplink.manifest.doctor import examine
from erplink.wire.call import Call, Reply
from erplink.wire.check import Check
from erplink.wire.io import Io, SendFailed


async def doctor(io: Io, settings: Cosmic) -> list[Check]:
    """Look at data centre, address, login, then at every form: its query, its keys, its pages and its filters.

    What depends on a failed step is left out. Sends reading calls only, and at most one login. Raises nothing of
    ``erplink.errors``.
    """
    checks = await _data_centre(io, settings)
    if all(check.ok for check in checks):
        checks += await examine(io, settings.base, settings.open(io, parallel=1))
    return checks


async def _data_centre(io: Io, settings: Cosmic) -> list[Check]:
    """Whether the server knows the data centre, if it lists them; not every version and gateway does."""
    call = Call(
        "data centres", f"{settings.base}auth/getAllDatacenters.do", b"{}", {"content-type": "application/json"}
    )
    try:
        known = _listed(await io.send(call))
    except (SendFailed, ErplinkError):
        return []
    if not known:
        return []
    if settings.account_id in known:
        return [Check("data centre", ok=True, words=f"{settings.account_id} is known")]
    words = f"account_id {settings.account_id} is not among the {len(known)} data centres (数据中心) there: "
    return [Check("data centre", ok=False, words=words + ", ".join(sorted(known)))]


def _listed(reply: Reply) -> set[str]:
    """The ids of the data centres; none where the reply is no such list."""
    try:
        rows = reply.json()
    except msgspec.DecodeError:
        return set()
    rows = rows.get("data") if isinstance(rows, dict) else rows
    return {str(row["accountId"]) for row in rows or [] if isinstance(row, dict) and row.get("accountId")}
