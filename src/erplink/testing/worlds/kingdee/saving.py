"""Save, BatchSave and Draft: from the model a client sends to a stored document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from erplink.testing.worlds.kingdee import forms
from erplink.testing.worlds.kingdee.bodies import lowered
from erplink.testing.worlds.kingdee.cells import cell, day, decimal, switch
from erplink.testing.worlds.kingdee.conversion import linked_cells
from erplink.testing.worlds.kingdee.forms import ENTRY_ID, NUMBER, PK, SEQ, STATUS, Cell, Field, Form, Row
from erplink.testing.worlds.kingdee.journal import Change
from erplink.testing.worlds.kingdee.pricing import price, total
from erplink.testing.worlds.kingdee.replies import (
    BAD_PARAMETER,
    INVALID,
    MISSING,
    NO_DATA,
    NOT_OPERABLE,
    BusinessError,
    Outcome,
)
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.store import Document, Table

_SYSTEM = {forms.STATUS, forms.CREATED, forms.MODIFIED, forms.APPROVED, PK}
_DATES = ("FDate", "FDATE")


@frozen
class Manner:
    """How a save is to be done: the switches beside ``Model``."""

    update: frozenset[str]
    returned: tuple[str, ...]
    delete_entries: bool
    verify: bool
    draft: bool
    user: str


def read_manner(data: Mapping[str, Any], user: str, *, draft: bool) -> Manner:
    """The switches of a save in a ``data`` object with lower-case keys. Raises :class:`BusinessError`."""
    try:
        return Manner(
            update=frozenset(_keys(data.get("needupdatefields"))),
            returned=tuple(_keys(data.get("needreturnfields"))),
            delete_entries=switch(data.get("isdeleteentry", "true")),
            verify=switch(data.get("isverifybasedatafield", "false")),
            draft=draft,
            user=user,
        )
    except ValueError as error:
        raise BusinessError(str(error), BAD_PARAMETER) from error


def save(site: Site, table: Table, model: Mapping[str, Any], manner: Manner, index: int) -> Outcome:
    """Store one document. Raises :class:`BusinessError` and stores nothing when a rule says no."""
    form = table.form
    sent = _flat(model, form)
    present = _present(table, model)
    number = _number(table, sent, present, manner)
    head = _head(site, table, sent, present, manner)
    lines = _lines(site, table, model.get(form.entry), present, manner)
    head[NUMBER] = number
    if form.id == "STK_MisDelivery" and not manner.draft and not (head[form.at("FCustId")] or head[form.at("FDeptId")]):
        message = "字段[客户]和字段[领料部门]不能同时为空"
        raise BusinessError(message, MISSING, "FCustId")
    total(form, head, lines)
    document = Document(tuple(head), tuple(lines))
    site.commit(Change(form.id, document.fid, document))
    return Outcome(index, document.fid, number, returned=_returned(form, document, manner.returned))


def _keys(value: Any) -> list[str]:
    items = value if isinstance(value, list) else str(value or "").split(",")
    return [str(item).strip() for item in items if str(item).strip()]


def _flat(model: Mapping[str, Any], form: Form) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for key, value in model.items():
        if key in form.subheads and isinstance(value, Mapping):
            sent.update({inner: part for inner, part in value.items() if inner in form.positions})
        elif key in form.positions:
            sent[key] = value
    return sent


def _present(table: Table, model: Mapping[str, Any]) -> Document | None:
    value = lowered(model).get(table.form.pk.lower())
    try:
        fid = int(decimal(value or 0))
    except ValueError as error:
        raise BusinessError(str(error), BAD_PARAMETER, table.form.pk) from error
    if fid == 0:
        return None
    present = table.get(fid)
    if present is None:
        message = f"内码为{fid}的{table.form.caption}不存在"
        raise BusinessError(message, NO_DATA, table.form.pk)
    status = present.head[STATUS]
    if not table.form.base_data and status in {"B", "C"}:
        message = f"{table.form.caption}[{present.number}]{'正在审核中' if status == 'B' else '已审核'}，不允许修改"
        raise BusinessError(message, NOT_OPERABLE)
    return present


def _number(table: Table, sent: Mapping[str, Any], present: Document | None, manner: Manner) -> str:
    number = str(sent.get(table.form.number) or "").strip() or (present.number if present else "")
    holder = table.find(number)
    if number and holder is not None and (present is None or holder.fid != present.fid):
        message = f"违反字段唯一性要求：编码唯一。[{number}]在当前系统中已经被使用。"
        raise BusinessError(message, INVALID, table.form.number)
    return number if number or manner.draft else table.free_number()


def _head(site: Site, table: Table, sent: Mapping[str, Any], present: Document | None, manner: Manner) -> list[Cell]:
    form, stamp = table.form, site.stamp()
    head = list(present.head) if present else [field.default for field in form.head]
    for key, value in sent.items():
        position = form.positions[key]
        if position not in _SYSTEM and (not manner.update or present is None or key in manner.update):
            head[position] = _cell(site, form.head[position], value, manner)
    for key in _DATES:
        if key in form.positions:
            position = form.positions[key]
            head[position] = day(str(head[position] or ""), site.now().date())
    if present is None:
        head[PK], head[forms.CREATED] = table.next_fid, stamp
        _name_user(form, head, "FCreatorId", manner.user)
    head[forms.MODIFIED] = stamp
    _name_user(form, head, "FModifierId", manner.user)
    if present is None or head[STATUS] == "Z":
        head[STATUS] = "Z" if manner.draft else "A"
    _require(form.head, head, manner)
    return head


def _name_user(form: Form, head: list[Cell], key: str, user: str) -> None:
    if key in form.positions:
        head[form.positions[key]] = user


def _lines(site: Site, table: Table, sent: Any, present: Document | None, manner: Manner) -> list[Row]:
    form = table.form
    old = {line[ENTRY_ID]: line for line in (present.lines if present else ())}
    if not form.entry or (sent is None and present is not None):
        return list(old.values())
    if present is not None and manner.update and form.entry not in manner.update:
        return list(old.values())
    items: Sequence[Any] = sent if isinstance(sent, list) else []
    if not items and not manner.draft:
        message = f"{form.caption}的分录不能为空"
        raise BusinessError(message, MISSING, form.entry)
    rows: dict[Cell, Row] = {}
    next_entry = table.next_entry
    for item in items:
        line = _line(site, form, item, old, manner)
        if not line[ENTRY_ID]:
            line[ENTRY_ID] = next_entry
            next_entry += 1
        rows[line[ENTRY_ID]] = tuple(line)
    kept = {} if manner.delete_entries else {entry: line for entry, line in old.items() if entry not in rows}
    ordered = sorted({**kept, **rows}.items(), key=lambda pair: int(pair[0] or 0))
    return [(line[ENTRY_ID], seq, *line[SEQ + 1 :]) for seq, (_, line) in enumerate(ordered, start=1)]


def _line(site: Site, form: Form, item: Any, old: Mapping[Cell, Row], manner: Manner) -> list[Cell]:
    if not isinstance(item, Mapping):
        message = f"{form.entry}的行不是对象"
        raise BusinessError(message, BAD_PARAMETER, form.entry)
    key = form.lines[ENTRY_ID].key
    entry = int(decimal(lowered(item).get(key.lower()) or 0))
    if entry and entry not in old:
        message = f"分录内码{entry}不存在"
        raise BusinessError(message, NO_DATA, key)
    line: list[Cell] = list(old[entry]) if entry else [field.default for field in form.lines]
    changed = set()
    for name, value in {**item, **linked_cells(site.tables, form, item)}.items():
        position = form.line_positions.get(name, ENTRY_ID)
        if position in {ENTRY_ID, SEQ} or (manner.update and entry and name not in manner.update):
            continue
        line[position] = _cell(site, form.lines[position], value, manner)
        changed.add(name)
    price(form, line, changed)
    _require(form.lines, line, manner)
    return line


def _cell(site: Site, field: Field, value: Any, manner: Manner) -> Cell:
    try:
        result = cell(field, value)
    except ValueError as error:
        message = f"字段[{field.caption or field.key}]的值不正确：{error}"
        raise BusinessError(message, BAD_PARAMETER, field.key) from error
    if field.kind == "ref" and result and field.master in site.tables:
        if site.tables[field.master].find(str(result)) is not None:
            return result
        if manner.verify:
            caption = site.tables[field.master].form.caption
            message = f"字段[{field.caption or field.key}]引用的{caption}[{result}]不存在"
            raise BusinessError(message, INVALID, field.key)
        return ""
    return result


def _require(fields: Sequence[Field], cells: Sequence[Cell], manner: Manner) -> None:
    if manner.draft:
        return
    for field, value in zip(fields, cells, strict=True):
        if field.required and not value:
            message = f"字段[{field.caption}]是必录字段"
            raise BusinessError(message, MISSING, field.key)


def _returned(form: Form, document: Document, keys: Sequence[str]) -> Mapping[str, Any]:
    result: dict[str, Any] = {}
    for key in keys:
        entry, _, inner = key.partition(".")
        if key in form.positions:
            result[key] = document.head[form.at(key)]
        elif entry == form.entry and inner in form.line_positions:
            rows = result.setdefault(entry, [{} for _ in document.lines])
            for row, line in zip(rows, document.lines, strict=True):
                row[inner] = line[form.line_at(inner)]
    return result
