"""Groups (分组) of base data: GroupSave, QueryGroupInfo, GroupDelete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.values import Group
from erplink.errors import NotFound, Refused, ShapeChanged


async def groups(desk: Desk, form: str, ids: Sequence[str], key: str) -> tuple[Group, ...]:
    """The groups of these ids; those that are not there are left out."""
    if not ids:
        return ()
    data = {"FormId": form, "GroupFieldKey": key, "GroupPkIds": ",".join(ids), "Ids": ""}
    try:
        result = await desk.result(desk.call("QueryGroupInfo", data, safe=True))
    except NotFound:
        return ()
    found = result.get("NeedReturnData")
    return tuple(_group(one) for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


async def save_group(desk: Desk, form: str, group: Group, key: str) -> str:
    """The id of a group that is made, or changed where ``group`` has an id.

    A change may be repeated; a new group is sent once, for it cannot be looked up by its number.
    """
    data = {
        "GroupFieldKey": key,
        "GroupPkId": int(group.id or 0),
        "FParentId": int(group.parent or 0),
        "FNumber": group.number,
        "FName": group.name,
        "FDescription": "",
    }
    call = desk.call("GroupSave", data, form=form, safe=bool(group.id))
    result = await (desk.result(call) if group.id else desk.once(call))
    found = str(result.get("Id") or "")
    if not found:
        step = "look at the groups in the ERP; the reply names no id"
        raise ShapeChanged("the reply lacks Id", where="GroupSave", next_step=step)
    return found


async def delete_group(desk: Desk, form: str, group: str, key: str) -> None:
    """Delete a group by its id; gone already is fine."""

    async def is_gone() -> bool:
        return not await groups(desk, form, [group], key)

    data = {"FormId": form, "GroupFieldKey": key, "GroupPkIds": group}
    try:
        await desk.surely(desk.call("GroupDelete", data), is_gone)
    except (NotFound, Refused):
        if not await is_gone():
            raise


def _group(one: Mapping[str, Any]) -> Group:
    cells = {str(key).upper(): value for key, value in one.items()}
    parent = str(cells.get("FPARENTID") or "").strip()
    return Group(
        id=str(cells.get("FID") or ""),
        number=str(cells.get("FNUMBER") or "").strip(),
        name=str(cells.get("FNAME") or "").strip(),
        parent="" if parent == "0" else parent,
    )
