"""Push (下推): from one document the next one of its chain, once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import evolve, frozen

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.replies import heard
from erplink.erp.kingdee.operations.values import Made, Pushed
from erplink.erp.kingdee.query import both, quoted
from erplink.erp.kingdee.verdict import ONCE
from erplink.errors import ConfigInvalid, Refused

_TRACED: Mapping[str, str] = {
    "SAL_OUTSTOCK": "FSrcBillNo",
    "SAL_DELIVERYNOTICE": "FSrcBillNo",
    "SAL_RETURNSTOCK": "FSrcBillNo",
    "AR_receivable": "FSourceBillNo",
}
"""The key of a form's lines that names the document they come from."""


@frozen
class Target:
    """Where to push: the form, the rule (empty: the standing one), and how what was made is told by its lines."""

    form: str
    rule: str = ""
    traced_by: str = ""


async def push(desk: Desk, form: str, number: str, to: Target, known: Collection[str]) -> Pushed:
    """Push a document unless something beyond ``known`` was made of it already."""
    traced = to.traced_by or _TRACED.get(to.form, "")
    if not traced:
        raise ConfigInvalid(
            f"what {to.form} is made of cannot be told",
            where=f"Push of {number}",
            next_step="name the key of its lines that holds the source's number: traced_by",
        )
    found: tuple[Made, ...] = ()

    async def is_made() -> bool:
        nonlocal found
        found = await _made(desk, to.form, traced, number, known)
        return bool(found)

    if await is_made():
        return Pushed(found, again=True)
    data = {
        "Ids": "",
        "Numbers": [number],
        "EntryIds": "",
        "RuleId": to.rule,
        "TargetFormId": "" if to.rule else to.form,
        "IsEnableDefaultRule": "false" if to.rule else "true",
        "IsDraftWhenSaveFail": "false",
    }
    call = evolve(desk.call("Push", data, form=form), operation=f"{ONCE}Push")
    try:
        result = await desk.surely(call, is_made)
    except Refused:
        # Somebody else may have pushed it at the same moment.
        if not await is_made():
            raise
        return Pushed(found, again=True)
    if result is None:
        return Pushed(found, again=False)
    return Pushed(_of_reply(result, to.form, number), again=False)


def _of_reply(result: Mapping[str, Any], form: str, number: str) -> tuple[Made, ...]:
    made = heard(result, ()).done
    if not made:
        convert = result.get("ConvertResponseStatus")
        words, _ = heard({"ResponseStatus": convert}, ()).about(0)
        raise Refused(words, where=f"Push of {number}", next_step="settle it in the ERP, then push again")
    return tuple(Made(form, one, name) for name, one in made.items())


async def _made(desk: Desk, form: str, traced: str, number: str, known: Collection[str]) -> tuple[Made, ...]:
    """What was made of a document, once each, in the order it was made; not what is cancelled."""
    condition = both(f"{traced}={quoted(number)}", "FCancelStatus<>'B'")
    rows = await desk.rows(form, "FID,FBillNo", condition, order="FID ASC", limit=desk.settings.page)
    made = {str(fid): str(name) for fid, name in rows if str(name) not in known}
    return tuple(Made(form, fid, name) for fid, name in made.items())
