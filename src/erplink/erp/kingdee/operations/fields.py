"""QueryBusinessInfo: which fields a form has, also those a tenant added (``F_XXXX_…``)."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.values import FormField, FormFields
from erplink.errors import ConfigInvalid

_CHINESE = 2052
_NO = frozenset({"", "0", "false", "none"})


async def fields_of(desk: Desk, form: str) -> FormFields:
    """The fields of a form. Raises ``ConfigInvalid`` for a form that is not there."""
    result = await desk.result(desk.call("QueryBusinessInfo", {"FormId": form}, safe=True))
    data = result.get("NeedReturnData")
    entries = data.get("Entrys") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(entries, list):
        step = "check the form id; the administrator sees it in the BOS designer"
        raise ConfigInvalid(f"the ERP does not describe {form!r}", where="QueryBusinessInfo", next_step=step)
    fields = [
        _field(one, str(entry.get("Key") or ""))
        for entry in entries
        if isinstance(entry, dict)
        for one in entry.get("Fields") or ()
        if isinstance(one, dict) and one.get("Key")
    ]
    return FormFields(form, _name(data.get("Name")), str(data.get("PkFieldName") or ""), tuple(fields))


def likely(known: FormFields, key: str) -> tuple[FormField, ...]:
    """The fields somebody may have meant by a key that the form does not have: spelled alike, or with that caption."""
    by_key = {one.key.lower(): one for one in known.fields}
    close = get_close_matches(key.lower(), [*by_key], n=3, cutoff=0.7)
    called = [one for one in known.fields if one.name and one.name == key]
    return tuple(dict.fromkeys([*called, *(by_key[one] for one in close)]))


def _field(one: Mapping[str, Any], entry: str) -> FormField:
    return FormField(
        key=str(one["Key"]),
        name=_name(one.get("Name")),
        kind=str(one.get("FieldType") if one.get("FieldType") is not None else ""),
        required=str(one.get("MustInput") or "").strip().lower() not in _NO,
        lookup=str(one.get("LookUpObjectFormId") or "").strip(),
        entry=entry,
    )


def _name(name: object) -> str:
    """The Chinese one of a list of names by language, else the first; a plain text as it is."""
    if not isinstance(name, list):
        return str(name or "")
    texts = {one.get("Key"): str(one.get("Value") or "") for one in name if isinstance(one, dict)}
    return texts.get(_CHINESE) or next(iter(texts.values()), "")
