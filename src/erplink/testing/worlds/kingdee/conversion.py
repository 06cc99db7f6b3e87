"""Conversion rules (单据转换): what a document becomes when it is pushed down, and how much of it is left to push."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from erplink.testing.worlds.kingdee.cells import decimal
from erplink.testing.worlds.kingdee.forms import ENTRY_ID, STATUS, ZERO, Cell, Form, Row
from erplink.testing.worlds.kingdee.replies import BAD_PARAMETER, INVALID, MISSING, NO_DATA, BusinessError
from erplink.testing.worlds.kingdee.store import Document, Table

Tables = Mapping[str, Table]


@frozen
class Rule:
    """One rule. ``head`` and ``line`` are pairs of target and source keys; ``quantities`` those that get what is left.

    ``quantity`` is the source line's. ``order`` are the target keys that name the sales order and its line.
    """

    id: str
    source: str
    target: str
    quantity: str
    quantities: tuple[str, ...]
    head: tuple[tuple[str, str], ...]
    line: tuple[tuple[str, str], ...]
    kind: str = ""
    order: tuple[str, str] = ("", "")
    table: str = ""


_PRICED = (("FTaxPrice", "FTaxPrice"), ("FPrice", "FPrice"), ("FEntryTaxRate", "FEntryTaxRate"))
RULES: tuple[Rule, ...] = (
    Rule(
        "SaleOrder-OutStock",
        "SAL_SaleOrder",
        "SAL_OUTSTOCK",
        "FQty",
        ("FRealQty", "FMustQty", "FBaseUnitQty"),
        (("FCustomerID", "FCustId"), ("FSaleOrgId", "FSaleOrgId"), ("FSettleCurrID", "FSettleCurrId")),
        (("FMaterialID", "FMaterialId"), ("FUnitID", "FUnitID"), *_PRICED, ("FIsFree", "FIsFree")),
        "FSrcType",
        ("FSoorDerno", "FSOEntryId"),
        "T_SAL_ORDERENTRY",
    ),
    Rule(
        "SaleOrder-DeliveryNotice",
        "SAL_SaleOrder",
        "SAL_DELIVERYNOTICE",
        "FQty",
        ("FQty",),
        (("FCustomerID", "FCustId"), ("FSaleOrgId", "FSaleOrgId")),
        (("FMaterialID", "FMaterialId"), ("FUnitID", "FUnitID"), *_PRICED, ("FIsFree", "FIsFree")),
        "FSrcType",
        ("FOrderNo", "FSOEntryId"),
        "T_SAL_ORDERENTRY",
    ),
    Rule(
        "DeliveryNotice-OutStock",
        "SAL_DELIVERYNOTICE",
        "SAL_OUTSTOCK",
        "FQty",
        ("FRealQty", "FMustQty", "FBaseUnitQty"),
        (("FCustomerID", "FCustomerID"), ("FSaleOrgId", "FSaleOrgId")),
        (("FMaterialID", "FMaterialID"), ("FUnitID", "FUnitID"), *_PRICED, ("FIsFree", "FIsFree")),
        "FSrcType",
        ("FSoorDerno", "FSOEntryId"),
        "T_SAL_DELIVERYNOTICEENTRY",
    ),
    Rule(
        "OutStock-SalReturnStock",
        "SAL_OUTSTOCK",
        "SAL_RETURNSTOCK",
        "FRealQty",
        ("FRealQty",),
        (("FRetcustId", "FCustomerID"), ("FSaleOrgId", "FSaleOrgId"), ("FSettleCurrId", "FSettleCurrID")),
        (("FMaterialId", "FMaterialID"), ("FUnitID", "FUnitID"), *_PRICED, ("FIsFree", "FIsFree")),
        "",
        ("", "FSOEntryId"),
        "T_SAL_OUTSTOCKENTRY",
    ),
    Rule(
        "AR_OutStockToReceivableMap",
        "SAL_OUTSTOCK",
        "AR_receivable",
        "FRealQty",
        ("FPriceQty",),
        (("FCUSTOMERID", "FCustomerID"), ("FCURRENCYID", "FSettleCurrID")),
        (("FMATERIALID", "FMaterialID"), ("FPRICEUNITID", "FUnitID"), ("FTaxPrice", "FTaxPrice")),
        "FSourceType",
        table="T_SAL_OUTSTOCKENTRY",
    ),
)


def rule_for(source: str, rule_id: str, target: str, *, default: bool) -> Rule:
    """The rule that is named, or the standing one between two forms. Raises :class:`BusinessError`."""
    for rule in RULES:
        if rule.source == source and (rule.id == rule_id if rule_id else default and rule.target == target):
            return rule
    if not rule_id and not default:
        message = "转换规则内码(RuleId)和启用默认规则(IsEnableDefaultRule)不能同时为空"
        raise BusinessError(message, MISSING, "RuleId")
    raise BusinessError(f"转换规则[{rule_id or target}]不存在", BAD_PARAMETER, "RuleId")


def rule_of(rule_id: str, target: str) -> Rule:
    """The rule that a link row names. Raises :class:`BusinessError`."""
    for rule in RULES:
        if (rule.id, rule.target) == (rule_id, target):
            return rule
    raise BusinessError(f"转换规则[{rule_id}]不存在", BAD_PARAMETER, "FRuleId")


def origin(rule: Rule, entry: Cell) -> str:
    """How a line of a target names the line it comes from."""
    return f"{rule.source}:{entry}"


def left(tables: Tables, rule: Rule, document: Document, line: Row, *, without: int = 0) -> Decimal:
    """How much of a source line has not been pushed. ``without`` is a target document that does not count."""
    source, target = tables[rule.source].form, tables[rule.target]
    entry, quantity = line[ENTRY_ID], decimal(line[source.line_at(rule.quantity)])
    amount_at, origin_at = target.form.line_at(rule.quantities[0]), target.form.line_at("#origin")
    cancelled = target.form.at("FCancelStatus")
    for made in target.made_of(document.number):
        if made.fid == without or made.head[cancelled] == "B":
            continue
        for one in made.lines:
            named = one[origin_at] or _planted(rule, target, one)
            if named == origin(rule, entry):
                quantity -= decimal(one[amount_at])
    return quantity


def _planted(rule: Rule, target: Table, line: Row) -> str:
    """What a line that was there from the beginning comes from, by the order line it names."""
    key = rule.order[1]
    found = line[target.form.line_at(key)] if key and rule.source == "SAL_SaleOrder" else 0
    return origin(rule, found) if found else ""


def converted(
    tables: Tables, rule: Rule, document: Document, entries: Sequence[int]
) -> tuple[dict[str, Cell], list[dict[str, Cell]]]:
    """Head and lines of what a document becomes: what is left of its lines, or of those named.

    Raises :class:`BusinessError` when it is not in force, or nothing of it is left.
    """
    table = tables[rule.source]
    form = table.form
    closed = "FCloseStatus" in form.positions and document.head[form.at("FCloseStatus")] == "B"
    if document.head[STATUS] != "C" or closed:
        message = f"{form.caption}[{document.number}]未审核或已关闭，不允许下推"
        raise BusinessError(message, INVALID)
    lines = []
    for line in document.lines:
        if entries and line[ENTRY_ID] not in entries:
            continue
        open_quantity = left(tables, rule, document, line)
        if open_quantity > ZERO and not _stopped(table, line):
            lines.append(_line(table, rule, document, line, open_quantity))
    if not lines:
        message = f"{form.caption}[{document.number}]的关联数量已达上限，没有可下推的分录"
        raise BusinessError(message, INVALID)
    return {target: document.head[form.at(source)] for target, source in rule.head}, lines


def _stopped(table: Table, line: Row) -> bool:
    positions = table.form.line_positions
    return any(key in positions and line[positions[key]] == "B" for key in ("FMrpCloseStatus", "FTerminateStatus"))


def _line(table: Table, rule: Rule, document: Document, line: Row, quantity: Decimal) -> dict[str, Cell]:
    form = table.form
    cells: dict[str, Cell] = {target: line[form.line_at(source)] for target, source in rule.line}
    cells |= dict.fromkeys(rule.quantities, quantity)
    return cells | traced(table, rule, document, line)


def traced(table: Table, rule: Rule, document: Document, line: Row) -> dict[str, Cell]:
    """The cells that name where a line comes from."""
    source_key = {"AR_receivable": "FSourceBillNo"}.get(rule.target, "FSrcBillNo")
    cells: dict[str, Cell] = {source_key: document.number, "#origin": origin(rule, line[ENTRY_ID])}
    if rule.kind:
        cells[rule.kind] = rule.source
    number, entry = rule.order
    positions = table.form.line_positions
    if entry:
        known = "FSOEntryId" in positions
        cells[entry] = line[positions["FSOEntryId"]] if known else line[ENTRY_ID]
    if number:
        of_order = next((key for key in ("FOrderNo", "FSoorDerno") if key in positions), "")
        cells[number] = line[positions[of_order]] if of_order else document.number
    return cells


def linked_cells(tables: Tables, form: Form, item: Mapping[str, Any]) -> dict[str, Cell]:
    """The cells that a line gets from its link row (``FEntity_Link``). Raises :class:`BusinessError`."""
    rows = item.get(f"{form.entry}_Link")
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], Mapping):
        return {}
    prefix = f"{form.entry}_Link_"
    rule = rule_of(str(rows[0].get(f"{prefix}FRuleId") or ""), form.id)
    table = tables[rule.source]
    source = table.get(int(decimal(rows[0].get(f"{prefix}FSBillId") or 0)))
    entry = int(decimal(rows[0].get(f"{prefix}FSId") or 0))
    line = next((one for one in source.lines if one[ENTRY_ID] == entry), None) if source is not None else None
    if source is None or line is None:
        message = f"关联的{table.form.caption}分录不存在"
        raise BusinessError(message, NO_DATA, f"{prefix}FSId")
    if source.head[STATUS] != "C" or left(tables, rule, source, line) <= ZERO:
        message = f"{table.form.caption}[{source.number}]的关联数量已达上限或未审核"
        raise BusinessError(message, INVALID, f"{prefix}FSId")
    return traced(table, rule, source, line)
