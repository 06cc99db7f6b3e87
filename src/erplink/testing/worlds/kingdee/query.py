"""ExecuteBillQuery and BillQuery: field keys, filter, order and page over the documents of one form."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from attrs import frozen

from erplink.testing.worlds.kingdee.cells import literal
from erplink.testing.worlds.kingdee.columns import Column, Lookup, resolve
from erplink.testing.worlds.kingdee.forms import Cell, Row
from erplink.testing.worlds.kingdee.grammar import Comparison, Condition, Every, Some, read_filter
from erplink.testing.worlds.kingdee.replies import BAD_PARAMETER, EXCEPTION, BusinessError
from erplink.testing.worlds.kingdee.store import Document, Table

Tables = Mapping[str, Table]
Predicate = Callable[[Row], bool]
_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_HIGHEST = 1 << 62


@frozen
class Query:
    """One query as asked. ``stop`` is the absolute end row; the page is clipped already."""

    form_id: str
    keys: tuple[str, ...]
    condition: Condition
    order: tuple[tuple[str, bool], ...]
    start: int
    stop: int


def read_query(data: Mapping[str, Any], page_limit: int) -> Query:
    """The query in a ``data`` object with lower-case keys. Raises :class:`BusinessError` for what cannot be read."""
    keys = data.get("fieldkeys") or ""
    parts = keys if isinstance(keys, list) else str(keys).split(",")
    fields = tuple(str(key).strip() for key in parts if str(key).strip())
    if not fields:
        message = "字段FieldKeys是必录字段"
        raise BusinessError(message, BAD_PARAMETER, "FieldKeys")
    start, top = _whole(data, "startrow"), _whole(data, "toprowcount")
    stop = start + min(_whole(data, "limit") or page_limit, page_limit)
    return Query(
        form_id=str(data.get("formid") or ""),
        keys=fields,
        condition=read_filter(data.get("filterstring")),
        order=_order(str(data.get("orderstring") or "")),
        start=start,
        stop=min(stop, top) if top else stop,
    )


def run_query(query: Query, tables: Tables) -> list[tuple[Cell, ...]]:
    """The rows of a query: one per document, or one per entry line when fields of lines are asked or compared.

    Raises :class:`BusinessError` for an unknown form or field.
    """
    table = tables.get(query.form_id)
    if table is None:
        message = "业务对象不存在"
        raise BusinessError(message, EXCEPTION, "FormId")
    columns = tuple(resolve(key, table.form, tables) for key in query.keys)
    order = [(resolve(key, table.form, tables), descending) for key, descending in query.order]
    of_head, of_line = _predicates(query.condition, table, tables)
    by_line = of_line or any(column.of_line for column in (*columns, *(column for column, _ in order)))
    documents = _candidates(query.condition, table)
    found = _rows(documents, of_head, of_line) if by_line else _heads(documents, of_head)
    if not _is_natural(query.order, table):
        found = iter(_sorted(found, order))
    page = islice(found, query.start, max(query.start, query.stop))
    return list(map(_projection(columns), page))


def _whole(data: Mapping[str, Any], key: str) -> int:
    value = str(data.get(key) or 0).strip()
    if not value.isdigit():
        message = f"参数{key}不正确"
        raise BusinessError(message, BAD_PARAMETER, key)
    return int(value)


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    order = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        words = part.split()
        if len(words) > 2 or (len(words) == 2 and words[1].lower() not in {"asc", "desc"}):
            message = f"排序语法错误：“{part}”"
            raise BusinessError(message, EXCEPTION)
        order.append((words[0], len(words) == 2 and words[1].lower() == "desc"))
    return tuple(order)


def _is_natural(order: tuple[tuple[str, bool], ...], table: Table) -> bool:
    entry_id = f"{table.form.entry}_fentryid".lower()
    keys = [entry_id if key.lower() == entry_id else key for key, _ in order]
    return keys in ([], [table.form.pk], [table.form.pk, entry_id]) and not any(down for _, down in order)


def _sorted(rows: Iterable[Row], order: list[tuple[Column, bool]]) -> list[Row]:
    found = list(rows)
    for column, descending in reversed(order):
        found.sort(key=partial(_sort_key, column.position, column.lookup), reverse=descending)
    return found


def _sort_key(position: int, lookup: Lookup | None, row: Row) -> tuple[bool, Any]:
    value = row[position] if lookup is None else lookup(row[position])
    return value is not None, value


def _rows(documents: Iterable[Document], of_head: list[Predicate], of_line: list[Predicate]) -> Iterator[Row]:
    rows = (document.head + line for document in _documents(documents, of_head) for line in document.lines)
    return _kept(rows, of_line)


def _heads(documents: Iterable[Document], of_head: list[Predicate]) -> Iterator[Row]:
    return _kept((document.head for document in documents), of_head)


def _documents(documents: Iterable[Document], of_head: list[Predicate]) -> Iterable[Document]:
    for holds in of_head:
        documents = filter(partial(_holds_of_head, holds), documents)
    return documents


def _holds_of_head(holds: Predicate, document: Document) -> bool:
    return holds(document.head)


def _kept(rows: Iterator[Row], predicates: list[Predicate]) -> Iterator[Row]:
    for holds in predicates:
        rows = filter(holds, rows)
    return rows


def _projection(columns: tuple[Column, ...]) -> Callable[[Row], tuple[Cell, ...]]:
    positions = [column.position for column in columns]
    lookups = [(place, column.lookup) for place, column in enumerate(columns) if column.lookup is not None]
    if len(positions) == 1:
        only = positions[0]
        pick: Callable[[Row], tuple[Cell, ...]] = lambda row: (row[only],)  # noqa: E731
    else:
        pick = operator.itemgetter(*positions)
    return partial(_looked_up, pick, lookups) if lookups else pick


def _looked_up(
    pick: Callable[[Row], tuple[Cell, ...]], lookups: list[tuple[int, Lookup]], row: Row
) -> tuple[Cell, ...]:
    cells = list(pick(row))
    for place, lookup in lookups:
        cells[place] = lookup(cells[place])
    return tuple(cells)


def _conjuncts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, Every) else (condition,)


def _predicates(condition: Condition, table: Table, tables: Tables) -> tuple[list[Predicate], list[Predicate]]:
    of_head: list[Predicate] = []
    of_line: list[Predicate] = []
    for part in _conjuncts(condition):
        holds, needs_line = _compile(part, table, tables)
        (of_line if needs_line else of_head).append(holds)
    return of_head, of_line


def _compile(condition: Condition, table: Table, tables: Tables) -> tuple[Predicate, bool]:
    if isinstance(condition, Comparison):
        column = resolve(condition.field, table.form, tables)
        return _comparison(column, condition), column.of_line
    compiled = [_compile(part, table, tables) for part in condition.parts]
    parts = [holds for holds, _ in compiled]
    combine = any if isinstance(condition, Some) else all
    return (lambda row: combine(holds(row) for holds in parts)), any(needs_line for _, needs_line in compiled)


def _comparison(column: Column, comparison: Comparison) -> Predicate:
    position, lookup = column.position, column.lookup
    test = _test(column, comparison)
    if lookup is None:
        return lambda row: (value := row[position]) is not None and test(value)
    return lambda row: (value := lookup(row[position])) is not None and test(value)


def _test(column: Column, comparison: Comparison) -> Callable[[Any], bool]:
    try:
        values = [literal(column.field, value) for value in comparison.values]
    except ValueError as error:
        message = f"过滤条件中字段{column.key}的值不正确：{comparison.values[0]}"
        raise BusinessError(message, EXCEPTION) from error
    if comparison.operator == "in":
        allowed = frozenset(values)
        return lambda value: value in allowed
    if comparison.operator == "like":
        pattern = re.compile(_like(str(comparison.values[0])), re.DOTALL)
        return lambda value: pattern.fullmatch(str(value)) is not None
    compare, wanted = _ORDERINGS[comparison.operator], values[0]
    if column.field.kind == "custom":
        return lambda value: compare(str(value), wanted)
    return lambda value: compare(value, wanted)


def _like(pattern: str) -> str:
    return "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)


def _candidates(condition: Condition, table: Table) -> Iterable[Document]:
    low, high = 0, _HIGHEST
    for part in _conjuncts(condition):
        if not isinstance(part, Comparison):
            continue
        if part.field == table.form.number and part.operator in {"=", "in"}:
            found = {document.fid: document for value in part.values if (document := table.find(str(value)))}
            return [found[fid] for fid in sorted(found)]
        if part.field == table.form.pk:
            low, high = _narrowed(low, high, part)
    start, stop = table.span(low, high)
    return table.documents[start:stop]


def _narrowed(low: int, high: int, part: Comparison) -> tuple[int, int]:
    try:
        values = [int(Decimal(value)) for value in part.values]
    except ArithmeticError:
        return low, high
    match part.operator:
        case "=" | "in":
            return max(low, min(values)), min(high, max(values) + 1)
        case ">" | ">=":
            return max(low, values[0]), high
        case "<" | "<=":
            return low, min(high, values[0] + 1)
        case _:
            return low, high
