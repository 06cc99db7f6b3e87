"""Submit, CancelAssign, Audit, UnAudit, Delete and the named operations: how a document moves through its statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from erplink.testing.worlds.kingdee.cells import decimal, switch
from erplink.testing.worlds.kingdee.closing import closing
from erplink.testing.worlds.kingdee.forms import APPROVED, ENTRY_ID, MODIFIED, STATUS, Cell, Form, Row
from erplink.testing.worlds.kingdee.inventory import Move, moves, stock_changes
from erplink.testing.worlds.kingdee.journal import Change
from erplink.testing.worlds.kingdee.replies import (
    BAD_PARAMETER,
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

STOCKED = frozenset({"SAL_SaleOrder", "SAL_OUTSTOCK", "SAL_RETURNSTOCK", "STK_MisDelivery"})
TRANSITIONS: Mapping[str, tuple[frozenset[str], str, str]] = {
    "Submit": (frozenset("AD"), "B", "提交"),
    "Audit": (frozenset("B"), "C", "审核"),
    "UnAudit": (frozenset("C"), "D", "反审核"),
    "CancelAssign": (frozenset("B"), "A", "撤销"),
    "Delete": (frozenset("ZAD"), "", "删除"),
}
STATUS_NAMES = {"Z": "暂存", "A": "创建", "B": "审核中", "C": "已审核", "D": "重新审核"}
_WHEN_AUDITED = frozenset({"FCloseStatus", "FMrpCloseStatus", "FTerminateStatus"})

Act = Callable[[Document], tuple[Change, ...]]


@frozen
class Selection:
    """The documents an operation names, each found or not, and whether negative stock was confirmed.

    ``entries`` are the lines it is about, by document, where not all of them are.
    """

    documents: tuple[Document | str, ...]
    negative_allowed: bool
    entries: Mapping[int, frozenset[int]] = {}


def select(table: Table, data: Mapping[str, Any]) -> Selection:
    """The selection of a ``data`` object with lower-case keys. Raises :class:`BusinessError` when it names nothing."""
    numbers, ids = _listed(data.get("numbers")), _listed(data.get("ids"))
    entries = _entries(data.get("pkentryids"))
    ids = ids or [str(fid) for fid in entries]
    found: list[Document | str] = [table.find(number) or number for number in numbers]
    try:
        found += [table.get(int(decimal(fid))) or fid for fid in ids if not numbers]
    except ValueError as error:
        raise BusinessError(str(error), BAD_PARAMETER, "Ids") from error
    if not found:
        message = "单据编号和单据内码不能同时为空"
        raise BusinessError(message, MISSING, "Numbers")
    flags = str(data.get("interationflags") or "")
    confirmed = "STK_InvCheckResult" in flags or _confirmed(data.get("ignoreinterationflag"))
    return Selection(tuple(found), confirmed, entries)


def _entries(given: Any) -> Mapping[int, frozenset[int]]:
    """``[{"Id": …, "EntryIds": "1,2"}]`` as entry ids by document."""
    if not isinstance(given, list):
        return {}
    try:
        return {
            int(decimal(one.get("Id"))): frozenset(int(decimal(entry)) for entry in _listed(one.get("EntryIds")))
            for one in given
            if isinstance(one, Mapping)
        }
    except ValueError as error:
        raise BusinessError(str(error), BAD_PARAMETER, "PkEntryIds") from error


def move(site: Site, table: Table, operation: str, chosen: Selection, user: str) -> Json:
    """Submit, revoke, Audit, UnAudit or Delete a selection; each document by itself."""
    return _each(site, table, chosen, lambda document: _moved(site, table, operation, document, chosen, user))


def perform(site: Site, table: Table, name: str, chosen: Selection) -> Json:
    """A named operation of ExcuteOperation. Raises :class:`BusinessError` for one the form does not have."""
    form = table.form
    key, value = form.operations.get(name.lower(), ("", ""))
    if not key:
        message = f"操作[{name}]不存在"
        raise BusinessError(message, BAD_PARAMETER, "opNumber")

    def act(document: Document) -> tuple[Change, ...]:
        if key == "FCancelStatus" and document.head[STATUS] in {"B", "C"}:
            raise _not_possible(table, document, "作废")
        if key in _WHEN_AUDITED and document.head[STATUS] != "C":
            raise _not_possible(table, document, "关闭或终止")
        if key in form.positions:
            return (_changed(table, document, {form.at(key): value, MODIFIED: site.stamp()}),)
        return (_changed(table, document, {MODIFIED: site.stamp()}, _lines_with(form, document, key, value, chosen)),)

    return _each(site, table, chosen, act)


def _lines_with(form: Form, document: Document, key: str, value: str, chosen: Selection) -> tuple[Row, ...]:
    """The lines with a value in one field: those named by PkEntryIds, or all."""
    at, named = form.line_at(key), chosen.entries.get(document.fid)
    return tuple(
        (*line[:at], value, *line[at + 1 :]) if named is None or line[ENTRY_ID] in named else line
        for line in document.lines
    )


def _each(site: Site, table: Table, chosen: Selection, act: Act) -> Json:
    outcomes = []
    for index, document in enumerate(chosen.documents):
        if isinstance(document, str):
            error = BusinessError(f"{table.form.caption}[{document}]不存在", NO_DATA)
            outcomes.append(Outcome(index, error=error))
            continue
        try:
            site.commit(*act(document))
            outcomes.append(Outcome(index, document.fid, document.number))
        except BusinessError as error:
            outcomes.append(Outcome(index, error=error))
    return common(outcomes)


def _moved(
    site: Site, table: Table, operation: str, document: Document, chosen: Selection, user: str
) -> tuple[Change, ...]:
    allowed, target, verb = TRANSITIONS[operation]
    present = table.get(document.fid)
    if present is None or present.head[STATUS] not in allowed:
        raise _not_possible(table, present or document, verb)
    stock = _stock(site, table, operation, present, negative_allowed=chosen.negative_allowed)
    if operation == "Delete":
        return (Change(table.form.id, present.fid, None),)
    cells: dict[int, Cell] = {STATUS: target, MODIFIED: site.stamp()}
    if operation in {"Audit", "UnAudit"}:
        audited = operation == "Audit"
        cells[APPROVED] = site.stamp() if audited else None
        if "FApproverId" in table.form.positions:
            cells[table.form.at("FApproverId")] = user if audited else ""
    change = _changed(table, present, cells)
    after = closing(site, table, change.document) if change.document is not None else []
    return (change, *stock, *after)


def _stock(site: Site, table: Table, operation: str, document: Document, *, negative_allowed: bool) -> Sequence[Change]:
    if table.form.id not in STOCKED or operation not in {"Audit", "UnAudit"}:
        return ()
    sign = 1 if operation == "Audit" else -1
    wanted = [Move(one.material, sign * one.on_hand, sign * one.locked) for one in moves(table.form, document)]
    return stock_changes(site.tables["STK_Inventory"], wanted, negative_allowed=negative_allowed)


def _changed(
    table: Table, document: Document, cells: Mapping[int, Cell], lines: tuple[Row, ...] | None = None
) -> Change:
    head = list(document.head)
    for position, value in cells.items():
        head[position] = value
    return Change(table.form.id, document.fid, Document(tuple(head), document.lines if lines is None else lines))


def _not_possible(table: Table, document: Document, verb: str) -> BusinessError:
    state = STATUS_NAMES.get(str(document.head[STATUS]), "")
    return BusinessError(f"{table.form.caption}[{document.number}]的状态为{state}，不允许{verb}", NOT_OPERABLE)


def _listed(value: Any) -> list[str]:
    items = value if isinstance(value, list) else str(value or "").split(",")
    return [str(item).strip() for item in items if str(item).strip()]


def _confirmed(value: Any) -> bool:
    try:
        return switch(value)
    except ValueError:
        return False
