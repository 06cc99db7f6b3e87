"""View and QueryBusinessInfo: documents in the vendor's internal property names, and the keys of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erplink.testing.worlds.kingdee.catalogue import MASTERS
from erplink.testing.worlds.kingdee.cells import decimal
from erplink.testing.worlds.kingdee.forms import PK, Cell, Field, Kind, Row
from erplink.testing.worlds.kingdee.replies import BAD_PARAMETER, NO_DATA, BusinessError, Json, common
from erplink.testing.worlds.kingdee.store import Table

CHINESE = 2052
_TYPES: Mapping[Kind, int] = {
    "id": 127,
    "ref": 127,
    "int": 56,
    "text": 231,
    "name": 231,
    "custom": 231,
    "decimal": 106,
    "date": 61,
    "bool": 175,
}
"""Kinds of fields as the database below the ERP numbers its types."""


def view(table: Table, tables: Mapping[str, Table], data: Mapping[str, Any]) -> Json:
    """The reply of View for a ``data`` object with lower-case keys. Raises :class:`BusinessError` if there is none."""
    number, fid = str(data.get("number") or ""), str(data.get("id") or "0")
    if not number and not fid.isdigit():
        message = "参数Id不正确"
        raise BusinessError(message, BAD_PARAMETER, "Id")
    document = table.find(number) if number else table.get(int(fid))
    if document is None:
        message = f"数据不存在：{table.form.caption}[{number or fid}]"
        raise BusinessError(message, NO_DATA)
    shown = _object(table.form.head, document.head, tables)
    if table.form.entry:
        shown[_internal(table.form.entry)] = [_object(table.form.lines, line, tables) for line in document.lines]
    reply = common(())
    reply["Result"]["Result"] = shown
    return reply


def business_info(table: Table) -> Json:
    """The reply of QueryBusinessInfo: keys, captions, kinds and whether a field must be given."""
    entrys = [_entry("FBillHead", table.form.head)]
    if table.form.entry:
        entrys.append(_entry(table.form.entry, table.form.lines))
    reply = common(())
    name = [{"Key": CHINESE, "Value": table.form.caption}]
    reply["Result"]["NeedReturnData"] = {
        "Id": table.form.id,
        "Name": name,
        "PkFieldName": table.form.pk,
        "Entrys": entrys,
    }
    return reply


def _entry(key: str, fields: Sequence[Field]) -> Json:
    described = [
        {
            "Key": field.key,
            "Name": [{"Key": CHINESE, "Value": field.caption or field.key}],
            "FieldType": _TYPES[field.kind],
            "MustInput": int(field.required),
            "LookUpObjectFormId": field.master,
        }
        for field in fields
        if not field.key.startswith("#")
    ]
    return {"Key": key, "ParentKey": None, "Name": [{"Key": CHINESE, "Value": key}], "Fields": described}


def _object(fields: Sequence[Field], cells: Row, tables: Mapping[str, Table]) -> Json:
    shown: Json = {"Id": cells[PK]}
    for field, value in zip(fields[1:], cells[1:], strict=True):
        if not field.key.startswith("#"):
            shown[_internal(field.key)] = _value(field, value, tables)
    return shown


def _internal(key: str) -> str:
    return key if key.startswith("F_") else key.removeprefix("F")


def _value(field: Field, value: Cell, tables: Mapping[str, Table]) -> Any:
    if field.kind == "name":
        return [{"Key": CHINESE, "Value": value}]
    if field.kind == "decimal":
        return decimal(value)
    if field.kind != "ref":
        return value
    number = str(value or "")
    if not number:
        return None
    fid, name = _master(field.master, number, tables)
    return {"Id": fid, "Number": number, "Name": [{"Key": CHINESE, "Value": name}]}


def _master(master: str, number: str, tables: Mapping[str, Table]) -> tuple[int, str]:
    if master not in tables:
        return MASTERS.get(master, {}).get(number, (0, number))
    table = tables[master]
    document = table.find(number)
    return (0, "") if document is None else (document.fid, str(document.head[table.form.at("FName")]))
