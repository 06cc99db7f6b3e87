"""Orders close by themselves when everything of them has left the warehouse, and open again when it has not."""

from __future__ import annotations

from erplink.testing.worlds.kingdee.cells import decimal
from erplink.testing.worlds.kingdee.forms import ENTRY_ID, MODIFIED, STATUS, ZERO
from erplink.testing.worlds.kingdee.journal import Change
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.store import Document, Table


def closing(site: Site, table: Table, audited: Document) -> list[Change]:
    """The orders that close, or open again, when this delivery is audited, or is not any more."""
    if table.form.id != "SAL_OUTSTOCK":
        return []
    orders, form = site.tables["SAL_SaleOrder"], table.form
    numbers = {str(line[form.line_at("FSoorDerno")]) for line in audited.lines if line[form.line_at("FSOEntryId")]}
    changes = []
    for number in sorted(numbers):
        order = orders.find(number)
        if order is None or order.head[STATUS] != "C":
            continue
        closed = "B" if _is_delivered(site, order, audited) else "A"
        if order.head[orders.form.at("FCloseStatus")] != closed:
            head = list(order.head)
            head[orders.form.at("FCloseStatus")], head[MODIFIED] = closed, site.stamp()
            changes.append(Change(orders.form.id, order.fid, Document(tuple(head), order.lines)))
    return changes


def _is_delivered(site: Site, order: Document, audited: Document) -> bool:
    """Whether audited deliveries cover every line of goods; ``audited`` stands for its former self."""
    orders, table = site.tables["SAL_SaleOrder"].form, site.tables["SAL_OUTSTOCK"]
    form = table.form
    open_lines = {
        line[ENTRY_ID]: decimal(line[orders.line_at("FQty")])
        for line in order.lines
        if line[orders.line_at("FRowType")] != "Service"
    }
    made = [one for one in table.made_of(order.number) if one.fid != audited.fid]
    for one in (*made, audited):
        if one.head[STATUS] == "C" and one.head[form.at("FCancelStatus")] != "B":
            for line in one.lines:
                entry = line[form.line_at("FSOEntryId")]
                if entry in open_lines:
                    open_lines[entry] -= decimal(line[form.line_at("FRealQty")])
    return all(quantity <= ZERO for quantity in open_lines.values())
