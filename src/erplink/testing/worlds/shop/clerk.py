"""What clients may do to the books, by the rules of the shop: create, change, move and delete records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from attrs import frozen

from erplink.testing.worlds.shop.books import Books, Change, Made
from erplink.testing.worlds.shop.catalogue import Cells, Field, Form
from erplink.testing.worlds.shop.inventory import moved
from erplink.testing.worlds.shop.records import Record, Table
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.statuses import APPROVED, DRAFT, EDITABLE, MOVES

_encode = msgspec.json.Encoder(decimal_format="string", order="sorted").encode
_WANTED: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "whole": (int,),
    "number": (Decimal,),
    "flag": (bool,),
    "status": (str,),
}


@frozen
class Draft:
    """What a client sends of a record: cells of its head, and those of its lines where it has some."""

    head: Cells
    lines: tuple[Cells, ...] | None = None

    @property
    def digest(self) -> str:
        """What tells it from others."""
        return hashlib.sha256(_encode([self.head, self.lines])).hexdigest()


def create(books: Books, entity: str, draft: Draft, key: str = "") -> tuple[Record, bool]:
    """A new record, and whether it is one; the one that ``key`` made before is given again.

    Raises :class:`Refusal`.
    """
    table = books.tables[entity]
    known = books.keys.get(key) if key else None
    if known is not None:
        found = books.tables[known.entity].records.get(known.id)
        if (known.entity, known.digest) != (entity, draft.digest) or found is None:
            message = f"幂等键[{key}]已用于其他请求"
            raise Refusal("key_reused", message)
        return found, False
    record = _new(books, table, draft)
    made = Made(draft.digest, entity, record.id) if key else None
    books.commit(Change(((entity, record.id, record),), key=key, made=made))
    return record, True


def update(books: Books, entity: str, record: Record, draft: Draft) -> Record:
    """A record with other cells. Raises :class:`Refusal`."""
    form = books.tables[entity].form
    changed = set(draft.head) | ({"lines"} if draft.lines is not None else set())
    status = record.head.get("status")
    if changed - form.always and not form.master and status not in EDITABLE:
        message = f"{form.label}[{record.number}]的状态为{status}，不允许修改"
        raise Refusal("rule", message)
    number = str(draft.head.get("number", record.number))
    if number != record.number:
        message = f"{form.label}[{record.number}]的单据编号不允许修改"
        raise Refusal("rule", message, "number")
    table = books.tables[entity]
    head = record.head | _read(form.head, draft.head, {"number"})
    lines = record.lines if draft.lines is None else _lines(table, draft.lines)
    _check_references(books, form, head, lines)
    changes = msgspec.structs.replace(
        record, head=_totalled(form, head, lines), lines=lines, version=record.version + 1, updated_at=books.stamp()
    )
    books.commit(Change(((entity, record.id, changes),)))
    return changes


def act(books: Books, entity: str, records: Sequence[Record], action: str) -> list[Record]:
    """Records moved to another status in one transaction, with one stamp: all, or none.

    Raises :class:`Refusal`.
    """
    move = MOVES.get(action)
    if move is None:
        message = f"操作[{action}]不存在"
        raise Refusal("malformed", message)
    stamp, form = books.stamp(), books.tables[entity].form
    done, stock = [], dict(books.stock)
    for record in records:
        status = record.head.get("status")
        if status not in move.allowed:
            message = f"{form.label}[{record.number}]的状态为{status}，不能{move.label}"
            raise Refusal("rule", message)
        stock |= moved(stock, form, record, action)
        head = record.head | {"status": move.target}
        if move.target == APPROVED and "approved_at" in form.kinds:
            head["approved_at"] = stamp
        done.append(msgspec.structs.replace(record, head=head, version=record.version + 1, updated_at=stamp))
    levels = tuple((*place, level) for place, level in stock.items() if books.stock.get(place) != level)
    books.commit(Change(tuple((entity, one.id, one) for one in done), levels))
    return done


def delete(books: Books, entity: str, record: Record) -> None:
    """Take out a draft or a pending document. Raises :class:`Refusal`."""
    form = books.tables[entity].form
    status = record.head.get("status")
    if status not in EDITABLE:
        message = f"{form.label}[{record.number}]的状态为{status}，不能删除"
        raise Refusal("rule", message)
    books.commit(Change(((entity, record.id, None),)))


def _new(books: Books, table: Table, draft: Draft) -> Record:
    form, stamp = table.form, books.stamp()
    number = draft.head.get("number") or table.free_number()
    if not isinstance(number, str):
        message = "单据编号应为文本"
        raise Refusal("malformed", message, "number")
    if table.find(number) is not None:
        message = f"{form.label}编号[{number}]已存在"
        raise Refusal("duplicate", message, "number")
    usual = {one.name: one.default for one in form.head}
    usual |= {"status": APPROVED if form.master else DRAFT, "created_at": stamp}
    head = usual | _read(form.head, draft.head, {"number"})
    lines = _lines(table, draft.lines or ())
    if form.lines and not lines:
        message = f"{form.label}至少要有一行明细"
        raise Refusal("rule", message, "lines")
    _check_references(books, form, head, lines)
    return Record(table.next_id, number, stamp, 1, _totalled(form, head, lines), lines)


def _lines(table: Table, given: Sequence[Cells]) -> tuple[Cells, ...]:
    fields = table.form.lines
    if given and not fields:
        message = f"{table.form.label}没有明细"
        raise Refusal("malformed", message, "lines")
    lines = []
    for place, cells in enumerate(given):
        usual = {one.name: one.default for one in fields} | {"id": table.next_line + place, "line_no": place + 1}
        line = usual | _read(fields, cells, {"id"})
        if line["quantity"] <= 0:
            message = f"第{place + 1}行的数量必须大于零"
            raise Refusal("rule", message, "quantity")
        if "unit_price" in line and "amount" not in cells:
            line["amount"] = line["quantity"] * line["unit_price"]
        lines.append(line)
    return tuple(lines)


def _read(fields: Sequence[Field], cells: Mapping[str, Any], apart: set[str]) -> Cells:
    """The cells a client may write, each of its kind. Those ``apart`` are looked after elsewhere."""
    known = {one.name: one for one in fields if one.given}
    read = {}
    for name, cell in cells.items():
        if name in apart:
            continue
        if name not in known:
            message = f"字段[{name}]不存在或不允许写入"
            raise Refusal("malformed", message, name)
        wanted = _WANTED.get(known[name].kind)
        if wanted is not None and (type(cell) not in wanted):
            message = f"字段[{known[name].label}]的值不正确"
            raise Refusal("malformed", message, name)
        read[name] = cell
    return read


def _check_references(books: Books, form: Form, head: Cells, lines: Sequence[Cells]) -> None:
    code = head.get("customer_code")
    if "customer_code" in form.kinds and books.tables["customers"].find(str(code)) is None:
        message = f"客户[{code}]不存在"
        raise Refusal("rule", message, "customer_code")
    for line in lines:
        if books.tables["products"].find(line["sku"]) is None:
            message = f"商品[{line['sku']}]不存在"
            raise Refusal("rule", message, "sku")


def _totalled(form: Form, head: Cells, lines: Sequence[Cells]) -> Cells:
    if "total_amount" not in form.kinds:
        return head
    return head | {"total_amount": sum((line["amount"] for line in lines), Decimal(0))}
