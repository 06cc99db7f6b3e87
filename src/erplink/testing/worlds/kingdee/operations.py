"""The services of the world by name: what each call does once its caller is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from erplink.testing.worlds.kingdee import status
from erplink.testing.worlds.kingdee.attaching import download, upload
from erplink.testing.worlds.kingdee.bodies import Body, lowered
from erplink.testing.worlds.kingdee.cells import switch
from erplink.testing.worlds.kingdee.forms import ENTRY_ID, STATUS, Cell, Form, Row
from erplink.testing.worlds.kingdee.grouping import delete_groups, group_info, save_group
from erplink.testing.worlds.kingdee.inventory import inventory_data
from erplink.testing.worlds.kingdee.pushing import as_model, push
from erplink.testing.worlds.kingdee.query import Query, read_query, run_query
from erplink.testing.worlds.kingdee.replies import (
    BAD_PARAMETER,
    EXCEPTION,
    NO_DATA,
    NOT_OPERABLE,
    BusinessError,
    Outcome,
    common,
)
from erplink.testing.worlds.kingdee.saving import Manner, read_manner, save
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.store import Table
from erplink.testing.worlds.kingdee.view import business_info, view

DYNAMIC_FORM = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
INVENTORY_SERVICE = "Kingdee.K3.SCM.WebApi.ServicesStub.InventoryQueryService."
QUERIES = frozenset({"ExecuteBillQuery", "BillQuery"})
READS = QUERIES | {"View", "QueryBusinessInfo", "GetInventoryData", "GetDataCenterList"}
_PLURAL = frozenset({"BatchSave", "Submit", "CancelAssign", "Audit", "UnAudit", "Delete"})
PARTIAL = BusinessError("数据库操作失败，请重试", EXCEPTION)


@frozen
class Asked:
    """One call: who calls, with what, and whether its last document is to fail."""

    user: str
    body: Body
    partial: bool = False


Operation = Callable[[Site, Asked], Any]


def execute_bill_query(site: Site, asked: Asked) -> Any:
    """Rows as arrays in the order of the field keys."""
    return _found(site, asked, _query(site, asked))


def bill_query(site: Site, asked: Asked) -> Any:
    """Rows as objects by field key."""
    query = _query(site, asked)
    return [dict(zip(query.keys, row, strict=True)) for row in _found(site, asked, query)]


def _query(site: Site, asked: Asked) -> Query:
    return read_query(asked.body.data(0), site.world.page_limit)


def _found(site: Site, asked: Asked, query: Query) -> list[Row]:
    """The rows; what data permissions hide is just not there."""
    rows = run_query(query, site.tables)
    return [] if _is_hidden(site, asked, query.form_id) else rows


def _is_hidden(site: Site, asked: Asked, form_id: str) -> bool:
    return any(user.name == asked.user and form_id in user.blind for user in site.world.users)


def view_document(site: Site, asked: Asked) -> Any:
    """One document in internal property names."""
    table = _table(site, asked.body.text("formid", 0))
    if _is_hidden(site, asked, table.form.id):
        message = f"数据不存在：{table.form.caption}"
        raise BusinessError(message, NO_DATA)
    return view(table, site.tables, asked.body.data(1))


def query_business_info(site: Site, asked: Asked) -> Any:
    """The keys of a form."""
    return business_info(_table(site, str(asked.body.data(0).get("formid") or "")))


def save_document(site: Site, asked: Asked) -> Any:
    """Save one document, and submit and audit it too when asked."""
    return _save(site, asked, draft=False)


def draft_document(site: Site, asked: Asked) -> Any:
    """Keep one document as a draft."""
    return _save(site, asked, draft=True)


def _save(site: Site, asked: Asked, *, draft: bool) -> Any:
    table, data = _table(site, asked.body.text("formid", 0)), asked.body.data(1)
    model = data.get("model")
    if not isinstance(model, Mapping):
        message = "字段Model是必录字段"
        raise BusinessError(message, BAD_PARAMETER, "Model")
    manner = read_manner(data, asked.user, draft=draft)
    outcome = _saved(site, table, model, manner, 0)
    return _and_audit(site, table, data, [outcome], asked.user)


def batch_save(site: Site, asked: Asked) -> Any:
    """Save several documents, each by itself."""
    table, data = _table(site, asked.body.text("formid", 0)), asked.body.data(1)
    models = data.get("model")
    if not isinstance(models, list):
        message = "字段Model是必录字段"
        raise BusinessError(message, BAD_PARAMETER, "Model")
    manner = read_manner(data, asked.user, draft=False)
    failing = len(models) - 1 if asked.partial else -1
    outcomes = [
        Outcome(index, error=PARTIAL) if index == failing else _saved(site, table, model, manner, index)
        for index, model in enumerate(models)
    ]
    return _and_audit(site, table, data, outcomes, asked.user)


def _saved(site: Site, table: Table, model: Any, manner: Manner, index: int) -> Outcome:
    if not isinstance(model, Mapping):
        return Outcome(index, error=BusinessError("Model不是对象", BAD_PARAMETER, "Model"))
    try:
        return save(site, table, model, manner, index)
    except BusinessError as error:
        return Outcome(index, error=error)


def _and_audit(site: Site, table: Table, data: Mapping[str, Any], outcomes: Sequence[Outcome], user: str) -> Any:
    if not switch(data.get("isautosubmitandaudit", "false")):
        return common(outcomes, saved=True)
    final = []
    for outcome in outcomes:
        error = outcome.error or _audited(site, table, outcome.fid, data, user)
        final.append(Outcome(outcome.index, outcome.fid, outcome.number, error, outcome.returned))
    return common(final, saved=True)


def _audited(site: Site, table: Table, fid: int, data: Mapping[str, Any], user: str) -> BusinessError | None:
    flags = {key: data.get(key) for key in ("interationflags", "ignoreinterationflag")}
    for operation in ("Submit", "Audit"):
        document = table.get(fid)
        if operation == "Submit" and document is not None and document.head[STATUS] in ("B", "C"):
            return None
        chosen = status.select(table, {"ids": str(fid), **flags})
        errors = status.move(site, table, operation, chosen, user)["Result"]["ResponseStatus"]["Errors"]
        if errors:
            return BusinessError(errors[0]["Message"], NOT_OPERABLE, errors[0]["FieldName"])
    return None


def _mover(operation: str) -> Operation:
    def act(site: Site, asked: Asked) -> Any:
        table = _table(site, asked.body.text("formid", 0))
        chosen = status.select(table, asked.body.data(1))
        if not asked.partial:
            return status.move(site, table, operation, chosen, asked.user)
        most = status.Selection(chosen.documents[:-1], chosen.negative_allowed)
        reply = status.move(site, table, operation, most, asked.user)
        part = reply["Result"]["ResponseStatus"]
        error = {"FieldName": "", "Message": PARTIAL.message, "DIndex": len(most.documents)}
        part.update({"IsSuccess": False, "ErrorCode": 500, "Errors": [*part["Errors"], error]})
        return reply

    return act


def execute_operation(site: Site, asked: Asked) -> Any:
    """A named operation such as Forbid, Cancel or BillClose."""
    table = _table(site, asked.body.text("formid", 0))
    chosen = status.select(table, asked.body.data(2))
    return status.perform(site, table, asked.body.text("opnumber", 1), chosen)


def push_down(site: Site, asked: Asked) -> Any:
    """Documents become the next ones of their chain."""
    table, data = _table(site, asked.body.text("formid", 0)), asked.body.data(1)
    manner = read_manner({}, asked.user, draft=False)

    def keep(target: Table, head: Mapping[str, Cell], lines: Sequence[Mapping[str, Cell]], index: int) -> Outcome:
        return save(site, target, as_model(target.form, head, lines), manner, index)

    return push(site, table, data, status.select(table, _by_entry(table, data)), keep)


def _by_entry(table: Table, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """With entries but no documents named, the documents are those of the entries."""
    entries = {part.strip() for part in str(data.get("entryids") or "").split(",")} - {""}
    if not entries or data.get("numbers") or data.get("ids"):
        return data
    owners = [one.fid for one in table if any(str(line[ENTRY_ID]) in entries for line in one.lines)]
    return {**data, "ids": ",".join(map(str, owners))}


def workflow_audit(site: Site, asked: Asked) -> Any:
    """A decision of a workflow with one step: pass audits, reject and terminate give the document back."""
    data = asked.body.data(0)
    table = _table(site, str(data.get("formid") or ""))
    operation = {"1": "Audit", "2": "CancelAssign", "3": "CancelAssign"}.get(str(data.get("approvaltype") or ""))
    if operation is None:
        message = "审批类型(ApprovalType)不正确"
        raise BusinessError(message, BAD_PARAMETER, "ApprovalType")
    reply = status.move(site, table, operation, status.select(table, data), asked.user)
    reply["Result"]["OperationResults"] = {}
    return reply


def switch_org(site: Site, asked: Asked) -> Any:
    """Make another organisation the one the session works in."""
    number = str(asked.body.data(0).get("orgnumber") or "")
    if site.tables["ORG_Organizations"].find(number) is None:
        message = f"组织[{number}]不存在或用户没有该组织的权限"
        raise BusinessError(message, NO_DATA, "OrgNumber")
    return common(())


def _of_form(work: Callable[[Site, Form, Mapping[str, Any]], Any]) -> Operation:
    """An operation whose form is named beside its data, or in it."""

    def act(site: Site, asked: Asked) -> Any:
        named = asked.body.text("formid", 0)
        data = asked.body.data(1 if named in site.tables else 0)
        return work(site, _table(site, named if named in site.tables else str(data.get("formid") or "")).form, data)

    return act


def inventory_query(site: Site, asked: Asked) -> Any:
    """Stock on hand by material."""
    first = asked.body.positional[0] if asked.body.positional else asked.body.named
    arguments = lowered(first) if isinstance(first, Mapping) else {}
    return inventory_data(site.tables["STK_Inventory"], site.tables["BD_MATERIAL"], arguments)


def _table(site: Site, form_id: str) -> Table:
    table = site.tables.get(form_id)
    if table is None:
        message = "业务对象不存在"
        raise BusinessError(message, EXCEPTION, "FormId")
    return table


SERVICES: Mapping[str, Operation] = {
    f"{DYNAMIC_FORM}ExecuteBillQuery": execute_bill_query,
    f"{DYNAMIC_FORM}BillQuery": bill_query,
    f"{DYNAMIC_FORM}QueryBusinessInfo": query_business_info,
    f"{DYNAMIC_FORM}View": view_document,
    f"{DYNAMIC_FORM}Save": save_document,
    f"{DYNAMIC_FORM}BatchSave": batch_save,
    f"{DYNAMIC_FORM}Draft": draft_document,
    f"{DYNAMIC_FORM}Submit": _mover("Submit"),
    f"{DYNAMIC_FORM}CancelAssign": _mover("CancelAssign"),
    f"{DYNAMIC_FORM}Audit": _mover("Audit"),
    f"{DYNAMIC_FORM}UnAudit": _mover("UnAudit"),
    f"{DYNAMIC_FORM}Delete": _mover("Delete"),
    f"{DYNAMIC_FORM}ExcuteOperation": execute_operation,
    f"{DYNAMIC_FORM}ExecuteOperation": execute_operation,
    f"{DYNAMIC_FORM}Push": push_down,
    f"{DYNAMIC_FORM}GroupSave": _of_form(save_group),
    f"{DYNAMIC_FORM}QueryGroupInfo": _of_form(group_info),
    f"{DYNAMIC_FORM}GroupDelete": _of_form(delete_groups),
    f"{DYNAMIC_FORM}AttachmentUpLoad": lambda site, asked: upload(site, asked.body.data(0)),
    f"{DYNAMIC_FORM}AttachmentDownLoad": lambda site, asked: download(site, asked.body.data(0)),
    f"{DYNAMIC_FORM}WorkflowAudit": workflow_audit,
    f"{DYNAMIC_FORM}SwitchOrg": switch_org,
    f"{INVENTORY_SERVICE}GetInventoryData": inventory_query,
}


def documents_of(operation: str, body: Body) -> int:
    """How many documents a call names when it is one that may name several, else 1. Raises BadBody."""
    if operation not in _PLURAL:
        return 1
    data = body.data(1)
    model, numbers = data.get("model"), data.get("numbers") or data.get("ids")
    if isinstance(model, list):
        return len(model)
    if isinstance(numbers, list):
        return len(numbers)
    return len([part for part in str(numbers or "").split(",") if part.strip()])
