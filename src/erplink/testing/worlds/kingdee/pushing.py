"""Push (下推): documents become the next ones of their chain, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from erplink.testing.worlds.kingdee.cells import switch
from erplink.testing.worlds.kingdee.conversion import Rule, converted, rule_for
from erplink.testing.worlds.kingdee.forms import Cell, Field, Form
from erplink.testing.worlds.kingdee.replies import NO_DATA, BusinessError, Json, Outcome, common
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.status import Selection
from erplink.testing.worlds.kingdee.store import Document, Table

Save = Callable[[Table, Mapping[str, Cell], Sequence[Mapping[str, Cell]], int], Outcome]


def push(site: Site, table: Table, data: Mapping[str, Any], chosen: Selection, save: Save) -> Json:
    """What the documents of a selection become, each by itself. Raises :class:`BusinessError` for an unknown rule."""
    default = switch(data.get("isenabledefaultrule", "false"))
    rule = rule_for(table.form.id, str(data.get("ruleid") or ""), str(data.get("targetformid") or ""), default=default)
    entries = [int(part) for part in str(data.get("entryids") or "").split(",") if part.strip().isdigit()]
    outcomes = [_pushed(site, rule, one, entries, save, index) for index, one in enumerate(chosen.documents)]
    reply = common(outcomes)
    reply["Result"]["ConvertResponseStatus"] = common(
        [Outcome(one.index, error=one.error) if one.error else one for one in outcomes]
    )["Result"]["ResponseStatus"]
    return reply


def _pushed(site: Site, rule: Rule, source: Document | str, entries: Sequence[int], save: Save, index: int) -> Outcome:
    if isinstance(source, str):
        return Outcome(index, error=BusinessError(f"单据[{source}]不存在", NO_DATA))
    try:
        head, lines = converted(site.tables, rule, source, entries)
        return save(site.tables[rule.target], head, lines, index)
    except BusinessError as error:
        return Outcome(index, error=error)


def as_model(form: Form, head: Mapping[str, Cell], lines: Sequence[Mapping[str, Cell]]) -> dict[str, Any]:
    """Cells as a save wants them: base data as objects."""
    model = {key: _sent(form.head[form.at(key)], value) for key, value in head.items()}
    rows = [{key: _sent(form.lines[form.line_at(key)], value) for key, value in line.items()} for line in lines]
    return {**model, form.entry: rows}


def _sent(field: Field, value: Cell) -> Any:
    return {"FNumber": value} if field.kind == "ref" else value
