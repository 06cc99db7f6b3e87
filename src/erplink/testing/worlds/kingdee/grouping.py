"""Groups (分组) of base data: GroupSave, QueryGroupInfo, GroupDelete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erplink.testing.worlds.kingdee.cells import decimal
from erplink.testing.worlds.kingdee.forms import NUMBER, PK, Cell, Form
from erplink.testing.worlds.kingdee.journal import Change
from erplink.testing.worlds.kingdee.replies import (
    BAD_PARAMETER,
    INVALID,
    MISSING,
    NO_DATA,
    NOT_OPERABLE,
    BusinessError,
    Json,
    Outcome,
    common,
)
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.store import Document, Table


def save_group(site: Site, form: Form, data: Mapping[str, Any]) -> Json:
    """Make a group or change one. Raises :class:`BusinessError`."""
    table = _groups(site, form, data)
    number, name = str(data.get("fnumber") or "").strip(), str(data.get("fname") or "").strip()
    if not number or not name:
        message = "分组编码和分组名称不能为空"
        raise BusinessError(message, MISSING, "FNumber")
    present = _present(table, data.get("grouppkid"))
    holder = table.find(number)
    if holder is not None and (present is None or holder.fid != present.fid):
        message = f"违反字段唯一性要求：编码唯一。[{number}]在当前系统中已经被使用。"
        raise BusinessError(message, INVALID, "FNumber")
    parent = _present(table, data.get("fparentid"))
    head = list(present.head) if present else [field.default for field in table.form.head]
    cells: dict[int, Cell] = {
        PK: present.fid if present else table.next_fid,
        NUMBER: number,
        table.form.at("FName"): name,
        table.form.at("FParentId"): parent.fid if parent else 0,
        table.form.at("FDescription"): str(data.get("fdescription") or ""),
    }
    for position, value in cells.items():
        head[position] = value
    document = Document(tuple(head))
    site.commit(Change(table.form.id, document.fid, document))
    reply = common([Outcome(0, document.fid, number)])
    reply["Result"]["Id"] = document.fid
    return reply


def group_info(site: Site, form: Form, data: Mapping[str, Any]) -> Json:
    """The groups of the ids that were asked for. Raises :class:`BusinessError` when there are none."""
    table = _groups(site, form, data)
    found = [one for fid in _ids(data.get("grouppkids")) if (one := table.get(fid)) is not None]
    if not found:
        message = "分组不存在"
        raise BusinessError(message, NO_DATA, "GroupPkIds")
    reply = common([Outcome(place, one.fid, one.number) for place, one in enumerate(found)])
    reply["Result"]["NeedReturnData"] = [_shown(table, one) for one in found]
    return reply


def delete_groups(site: Site, form: Form, data: Mapping[str, Any]) -> Json:
    """Delete groups in which nothing is. Raises :class:`BusinessError`."""
    table = _groups(site, form, data)
    outcomes = []
    for place, fid in enumerate(_ids(data.get("grouppkids"))):
        group = table.get(fid)
        if group is None:
            outcomes.append(Outcome(place, error=BusinessError("分组不存在", NO_DATA)))
        elif _is_used(site, form, table, group):
            message = f"分组[{group.number}]下有数据或下级分组，不允许删除"
            outcomes.append(Outcome(place, error=BusinessError(message, NOT_OPERABLE)))
        else:
            site.commit(Change(table.form.id, fid, None))
            outcomes.append(Outcome(place, fid, group.number))
    return common(outcomes)


def _groups(site: Site, form: Form, data: Mapping[str, Any]) -> Table:
    key = str(data.get("groupfieldkey") or "") or form.group
    if not form.group or key != form.group:
        message = f"{form.caption}没有分组字段{key}"
        raise BusinessError(message, BAD_PARAMETER, "GroupFieldKey")
    return site.tables[form.head[form.at(key)].master]


def _present(table: Table, value: Any) -> Document | None:
    fids = _ids(value)
    if not fids or not fids[0]:
        return None
    found = table.get(fids[0])
    if found is None:
        message = f"内码为{fids[0]}的分组不存在"
        raise BusinessError(message, NO_DATA, "GroupPkId")
    return found


def _ids(value: Any) -> list[int]:
    items = value if isinstance(value, list) else str(value or "").split(",")
    try:
        return [int(decimal(item)) for item in items if str(item).strip()]
    except ValueError as error:
        raise BusinessError(str(error), BAD_PARAMETER, "GroupPkIds") from error


def _is_used(site: Site, form: Form, table: Table, group: Document) -> bool:
    at, parent = form.at(form.group), table.form.at("FParentId")
    members = any(one.head[at] == group.number for one in site.tables[form.id])
    return members or any(one.head[parent] == group.fid for one in table)


def _shown(table: Table, group: Document) -> Json:
    form = table.form
    return {
        "FID": group.fid,
        "FNUMBER": group.number,
        "FGROUPID": form.id,
        "FPARENTID": group.head[form.at("FParentId")],
        "FFULLPARENTID": " ",
        "FLEFT": 0,
        "FRIGHT": 0,
        "FNAME": group.head[form.at("FName")],
        "FDESCRIPTION": group.head[form.at("FDescription")] or " ",
    }
