"""WorkflowAudit: a decision of the ERP's own workflow (工作流), in the name of the integration user or another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import evolve

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.replies import heard
from erplink.erp.kingdee.operations.values import Done
from erplink.erp.kingdee.verdict import EACH
from erplink.errors import ConfigInvalid

Decision = Literal["pass", "reject", "terminate"]
_TYPES: Mapping[Decision, int] = {"pass": 1, "reject": 2, "terminate": 3}


async def workflow_audit(
    desk: Desk, form: str, numbers: Sequence[str], decision: Decision, user: str, action: str
) -> tuple[Done, ...]:
    """Decide on documents that wait in a workflow. A step of several is not known afterwards, so it is taken once."""
    if decision not in _TYPES:
        step = f"write one of {', '.join(_TYPES)}"
        raise ConfigInvalid(f"there is no decision {decision!r}", where="WorkflowAudit", next_step=step)
    data = {
        "FormId": form,
        "Ids": [],
        "Numbers": [*numbers],
        "UserId": 0,
        "UserName": user,
        "ApprovalType": _TYPES[decision],
        "ActionResultId": action,
    }
    call = desk.call("WorkflowAudit", data)
    reply = heard(await desk.once(evolve(call, operation=f"{EACH}WorkflowAudit")), numbers)
    return tuple(
        Done(one, "done") if one in reply.done else Done(one, "refused", reply.about(place)[0])
        for place, one in enumerate(numbers)
    )
