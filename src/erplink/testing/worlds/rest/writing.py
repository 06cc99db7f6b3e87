"""A record as a house writes it, and what a client sends as the books want it: names, numbers, times, statuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec
from attrs import define, field, frozen

from erplink.testing.worlds.rest.settings import RestWorld
from erplink.testing.worlds.rest.values import read_number, read_time, written_number, written_time
from erplink.testing.worlds.shop.catalogue import FORMS, OWN, Cell, Cells, Field, Form, Kind
from erplink.testing.worlds.shop.clerk import Draft
from erplink.testing.worlds.shop.records import Record
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.statuses import CODES

LINES: Mapping[str, str] = {"snake": "lines", "camel": "lines", "chinese": "明细"}
_NESTED: Mapping[str, tuple[str, str]] = {"customer_code": ("customer", "code")}
_UNIT_SEPARATOR = re.compile(r"_(\w)")
_encode = msgspec.json.Encoder(decimal_format="number").encode
_EXTRA: dict[str, Any] = {"extra_field": {"来源": "升级", "values": [1, None]}}

Writer = Callable[[Cell], Any]


def named(style: str, one: Field) -> str:
    """What a field is called: ``customer_code``, ``customerCode``, ``客户编码``."""
    if style == "chinese":
        return one.label
    return camel(one.name) if style == "camel" else one.name


def camel(name: str) -> str:
    """The name in the style of Java.

    >>> camel("customer_code")
    'customerCode'
    """
    return _UNIT_SEPARATOR.sub(lambda found: found[1].upper(), name)


@frozen
class _Column:
    """Where a cell stands and how it is written."""

    name: str
    path: tuple[str, ...]
    kind: Kind
    write: Writer


@define
class Writing:
    """The hand of one house. Written records are kept until they change."""

    world: RestWorld
    _known: dict[tuple[str, int, bool], tuple[Record, msgspec.Raw]] = field(init=False, factory=dict)

    @cached_property
    def _heads(self) -> Mapping[str, tuple[_Column, ...]]:
        return {name: self._columns((*OWN, *form.head)) for name, form in FORMS.items()}

    @cached_property
    def _lines(self) -> Mapping[str, tuple[_Column, ...]]:
        return {name: self._columns(form.lines) for name, form in FORMS.items()}

    def record(self, entity: str, record: Record, *, whole: bool) -> msgspec.Raw:
        """A record as JSON; ``whole`` with its lines."""
        key = (entity, record.id, whole)
        known = self._known.get(key)
        if known is None or known[0] is not record:
            written = msgspec.Raw(_encode(self._written(entity, record, whole=whole)))
            known = self._known[key] = (record, written)
        return known[1]

    def extended(self, entity: str, record: Record, *, whole: bool) -> msgspec.Raw:
        """A record with fields that no documentation knows, in its head and its lines."""
        written = self._written(entity, record, whole=whole) | _EXTRA
        place = LINES[self.world.names]
        if place in written:
            lines: list[dict[str, Any]] = written[place]
            written[place] = [line | _EXTRA for line in lines]
        return msgspec.Raw(_encode(written))

    def lines(self, entity: str, record: Record) -> list[dict[str, Any]]:
        """The lines of a record."""
        columns = self._lines[entity]
        return [_object(columns, line) for line in record.lines]

    def read(self, form: Form, sent: object) -> Draft:
        """What a client sends of a record. Raises :class:`Refusal`."""
        place = LINES[self.world.names]
        if not isinstance(sent, Mapping):
            message = "请求内容应为对象"
            raise Refusal("malformed", message)
        head = self._cells(self._heads[form.entity], {key: cell for key, cell in sent.items() if key != place})
        if place not in sent:
            return Draft(head)
        if not isinstance(sent[place], Sequence) or isinstance(sent[place], str):
            message = "明细应为数组"
            raise Refusal("malformed", message, place)
        return Draft(head, tuple(self._cells(self._lines[form.entity], line) for line in sent[place]))

    def _written(self, entity: str, record: Record, *, whole: bool) -> dict[str, Any]:
        own = {"id": record.id, "number": record.number, "updated_at": record.updated_at, "version": record.version}
        written = _object(self._heads[entity], own | record.head)
        if whole and self._lines[entity]:
            written[LINES[self.world.names]] = self.lines(entity, record)
        return written

    def _columns(self, fields: Sequence[Field]) -> tuple[_Column, ...]:
        style = self.world.names
        columns = []
        for one in fields:
            nested = _NESTED.get(one.name) if self.world.nested and style != "chinese" else None
            columns.append(_Column(one.name, nested or (named(style, one),), one.kind, self._writer(one.kind)))
        return tuple(columns)

    def _writer(self, kind: Kind) -> Writer:
        if kind == "number":
            form = self.world.decimals
            return lambda cell: written_number(form, cell) if isinstance(cell, Decimal) else cell
        if kind == "time":
            way = written_time(self.world.times, self.world.shop.tz)
            return lambda cell: way(cell) if hasattr(cell, "tzinfo") else cell
        if kind == "status" and self.world.codes:
            return lambda cell: CODES.get(cell, cell) if isinstance(cell, str) else cell
        return _as_it_is

    def _cells(self, columns: Sequence[_Column], sent: object) -> Cells:
        if not isinstance(sent, Mapping):
            message = "明细行应为对象"
            raise Refusal("malformed", message)
        known = {column.path: column for column in columns}
        read: Cells = {}
        for path, cell in _flat(sent, {column.path[0] for column in columns if len(column.path) > 1}):
            column = known.get(path)
            if column is None:
                message = f"字段[{'.'.join(path)}]不存在"
                raise Refusal("malformed", message, ".".join(path))
            read[column.name] = self._read(column, cell)
        return read

    def _read(self, column: _Column, cell: Cell) -> Cell:
        try:
            if column.kind == "number":
                return read_number(cell)
            if column.kind == "time" and cell is not None:
                return read_time(cell, self.world.shop.tz)
        except (ValueError, TypeError, OverflowError):
            message = f"字段[{'.'.join(column.path)}]的值不正确"
            raise Refusal("malformed", message, ".".join(column.path)) from None
        return int(cell) if column.kind == "whole" and isinstance(cell, str) and cell.isdigit() else cell


def _object(columns: Sequence[_Column], cells: Mapping[str, Cell]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for column in columns:
        cell = column.write(cells.get(column.name))
        if len(column.path) == 1:
            written[column.path[0]] = cell
        else:
            written.setdefault(column.path[0], {})[column.path[1]] = cell
    return written


def _flat(sent: Mapping[str, Any], nested: set[str]) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, cell in sent.items():
        if key in nested and isinstance(cell, Mapping):
            found += [((key, inner), value) for inner, value in cell.items()]
        else:
            found.append(((key,), cell))
    return found


def _as_it_is(cell: Cell) -> Any:
    return cell
