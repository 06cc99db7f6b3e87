"""What a field key of a query means: a position in ``head + line``, and a look-up in a master where it is dotted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from erplink.testing.worlds.kingdee.catalogue import MASTERS
from erplink.testing.worlds.kingdee.forms import ENTRY_ID, SEQ, Cell, Field, Form
from erplink.testing.worlds.kingdee.replies import MISSING, BusinessError
from erplink.testing.worlds.kingdee.store import Table

Lookup = Callable[[Cell], Cell]


@frozen
class Column:
    """One field key resolved. ``position`` counts through the head and on into the line."""

    key: str
    position: int
    field: Field
    of_line: bool
    lookup: Lookup | None = None


def resolve(key: str, form: Form, tables: Mapping[str, Table]) -> Column:
    """The column of a field key. Raises :class:`BusinessError` for a key the form does not have."""
    plain, _, inner = key.partition(".")
    position, field, of_line = _find(plain, form)
    if not inner:
        return Column(key, position, field, of_line, _bare(field, tables))
    if field.kind != "ref":
        raise unknown_field(key)
    if inner.lower() == "fnumber":
        return Column(key, position, Field(key, "text"), of_line)
    target, lookup = _property(key, inner, field.master, tables)
    return Column(key, position, target, of_line, lookup)


def unknown_field(key: str) -> BusinessError:
    """The vendor's words for a key that is not in the form."""
    return BusinessError(f"元数据中标识为{key}的字段不存在", MISSING)


def _find(key: str, form: Form) -> tuple[int, Field, bool]:
    if key in form.positions:
        position = form.positions[key]
        return position, form.head[position], False
    width = len(form.head)
    if key in form.line_positions:
        position = form.line_positions[key]
        return width + position, form.lines[position], True
    for own, position in (("fentryid", ENTRY_ID), ("fseq", SEQ)):
        if form.entry and key.lower() == f"{form.entry.lower()}_{own}":
            return width + position, form.lines[position], True
    raise unknown_field(key)


def _bare(field: Field, tables: Mapping[str, Table]) -> Lookup | None:
    if field.kind != "ref":
        return None
    if field.master in tables:
        find = tables[field.master].by_number.get
        return lambda number: document.fid if (document := find(str(number))) is not None else 0
    fixed = MASTERS.get(field.master, {})
    return lambda number: fixed.get(str(number), (0, ""))[0]


def _property(key: str, inner: str, master: str, tables: Mapping[str, Table]) -> tuple[Field, Lookup]:
    if master in tables:
        table = tables[master]
        position = table.form.positions.get(inner)
        if position is None:
            raise unknown_field(key)
        target = table.form.head[position]
        find, found = table.by_number.get, position

        def of_document(number: Cell) -> Cell:
            document = find(str(number))
            return None if document is None else document.head[found]

        return target, of_document
    if inner.lower() != "fname":
        raise unknown_field(key)
    fixed = MASTERS.get(master, {})
    return Field(key, "text"), lambda number: fixed.get(str(number), (0, str(number or "")))[1]
