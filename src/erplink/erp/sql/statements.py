"""The statements that read: each is one SELECT, built of names and values, so that nothing in a manifest becomes SQL.

Heads and lines of a page are of one instant of the database, so a document is never put together of two: they come by
one statement, or by two where a transaction sees one instant throughout. Pages are bounded by keys that were looked up
before, not by a limit, so that a database may walk its indexes as it likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.sql.elements import ColumnElement

from erplink.erp.sql.plan import Clause, EntityPlan, Lines, StockPlan, given
from erplink.erp.sql.stamps import Stamps

Statement = sa.Executable
Is = ColumnElement[bool]


@frozen
class Cut:
    """The rows whose stamp is in [since, until). ``modified`` and ``created`` say how stamps are kept; None: nowhere.

    A row without a stamp is older than any other.
    """

    since: datetime | None
    until: datetime | None
    modified: Stamps | None
    created: Stamps | None


@frozen
class Span:
    """A stretch of a walk: keys above ``after`` up to ``upto``, of rows in a cut; None: no bound."""

    cut: Cut | None = None
    after: object = None
    upto: object = None
    number: object = None


def ids(plan: EntityPlan, span: Span, limit: int) -> Statement:
    """The first keys of a span, in their order."""
    row = plan.table.clause("t")
    key = row.c[plan.key]
    found = sa.select(key).where(*_inside(plan, row, span))
    return (found if plan.flat is None else found.group_by(key)).order_by(key).limit(limit)


def page(plan: EntityPlan, span: Span) -> Statement:
    """The documents of a span in the order of their keys.

    On each row the head's cells, then those of a line. Where lines lie apart, each document is a row of its key, a 0
    and its head's cells, and a row of its key, a 1 and a line's cells for each of them: a head travels once.
    """
    if plan.lines is None:
        return _flat(plan, span) if plan.flat is not None else _alone(plan, span)
    both = sa.union_all(*_apart(plan, plan.lines, span))
    cells = [*both.selected_columns]
    return both.order_by(cells[0], cells[1], *(cells[place] for place in _order(plan, plan.lines)))


def pieces(plan: EntityPlan, span: Span) -> tuple[Statement, ...]:
    """The same rows, heads and then lines, by a statement each, for transactions that see one instant throughout.

    Each of them a database finds sorted by an index; both together it has to sort.
    """
    if plan.lines is None:
        return (page(plan, span),)
    heads, lines = _apart(plan, plan.lines, span)
    cells = [*lines.selected_columns]
    ordered = lines.order_by(cells[0], *(cells[place] for place in _order(plan, plan.lines)))
    return heads.order_by(next(iter(heads.selected_columns))), ordered


def keys(plan: EntityPlan, after: object, limit: int) -> Statement:
    """Key, number and version of each document above a key, in the order of their keys."""
    row = plan.table.clause("t")
    key, number, version = row.c[plan.key], row.c[plan.number], _version(plan, row)
    conditions = _inside(plan, row, Span(after=after))
    if plan.flat is None:
        return sa.select(key, number, version).where(*conditions).order_by(key).limit(limit)
    grouped = sa.select(key, sa.func.min(number), sa.func.max(version)).where(*conditions).group_by(key)
    return grouped.order_by(key).limit(limit)


def edge(plan: EntityPlan, cut: Cut, limit: int) -> Statement:
    """How many rows a cut has, that many at most, and the last of their stamps."""
    row = plan.table.clause("t")
    stamp = _stamp(plan, row).label("m")
    inside = (*_there(plan, row), _is_in(plan, row, cut))
    first = sa.select(stamp).where(*inside).order_by(stamp).limit(limit).subquery("s")
    return sa.select(sa.func.count(), sa.func.max(first.c.m))


def sample(plan: EntityPlan, stamp: str, limit: int) -> Statement:
    """Some rows that have a stamp: key, number and stamp; whatever rows there are, where no stamp is asked for."""
    row = plan.table.clause("t")
    shown = [row.c[plan.key], row.c[plan.number], *([row.c[stamp]] if stamp else [])]
    has_one = [row.c[stamp].is_not(None)] if stamp else []
    return sa.select(*shown).where(*_there(plan, row), *has_one).limit(limit)


def stock(plan: StockPlan, skus: Sequence[str]) -> Statement:
    """The cells of the stock of these skus, in the order of the plan's columns."""
    row = plan.table.clause("t")
    sku = row.c[plan.columns["sku"][0]]
    wanted = sku.in_([given(each) for each in skus])
    return sa.select(*(row.c[column] for column, _ in plan.columns.values())).where(*plan.table.counted(row), wanted)


_HEAD: ColumnElement[Any] = sa.literal_column("0")
_LINE: ColumnElement[Any] = sa.literal_column("1")


def _labelled(*cells: ColumnElement[Any]) -> list[sa.Label[Any]]:
    """Cells under names of their own, for two tables may have one name twice."""
    return [cell.label(f"c{place}") for place, cell in enumerate(cells)]


def _same_stretch(parent: ColumnElement[Any], span: Span) -> tuple[Is, ...]:
    """The span's bounds again for the lines' own column, so that their index is used.

    Only of numbers: two columns of texts may sort in two ways.
    """
    after = [parent > given(span.after)] if isinstance(span.after, int) else []
    upto = [parent <= given(span.upto)] if isinstance(span.upto, int) else []
    return (*after, *upto)


def _alone(plan: EntityPlan, span: Span) -> Statement:
    row = plan.table.clause("t")
    return sa.select(*_head(plan, row)).where(*_inside(plan, row, span)).order_by(row.c[plan.key])


def _apart(plan: EntityPlan, lines: Lines, span: Span) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Heads, and lines, in rows of one width."""
    row, line = plan.table.clause("t"), lines.table.clause("l")
    key, parent, inside = row.c[plan.key], line.c[lines.parent], _inside(plan, row, span)
    near = _same_stretch(parent, span) if lines.refers_to == plan.key else ()
    joined = row.join(line, sa.and_(parent == row.c[lines.refers_to], *near))
    head, own = _head(plan, row), [line.c[column] for column in lines.columns]
    heads: Any = sa.select(*_labelled(key, _HEAD, *head, *[sa.null()] * len(own))).where(*inside)
    others: Any = sa.select(*_labelled(key, _LINE, *[sa.null()] * len(head), *own)).select_from(joined)
    return heads, others.where(*inside, *lines.table.counted(line))


def _head(plan: EntityPlan, row: Clause) -> list[ColumnElement[Any]]:
    return [_stamp(plan, row) if column == plan.modified else row.c[column] for column in plan.head]


def _order(plan: EntityPlan, lines: Lines) -> list[int]:
    """Where the cells stand that order lines."""
    return [2 + len(plan.head) + lines.columns.index(column) for column in lines.order]


def _flat(plan: EntityPlan, span: Span) -> Statement:
    """All rows of the documents of a span: a document is as new as the newest of its rows."""
    row = plan.table.clause("t")
    key = row.c[plan.key]
    last = [sa.func.max(_stamp(plan, row)).label("m")] if plan.modified else []
    heads = sa.select(key.label("k"), *last).where(*_inside(plan, row, span)).group_by(key).subquery("h")
    line = plan.table.clause("l")
    instead: dict[str, ColumnElement[Any]] = {plan.key: heads.c.k}
    if plan.modified:
        instead[plan.modified] = heads.c.m
    shown = [instead.get(column, line.c[column]) for column in plan.head]
    joined = heads.join(line, line.c[plan.key] == heads.c.k)
    statement = sa.select(*shown, *(line.c[column] for column in plan.own)).select_from(joined)
    order = [line.c[column] for column in plan.flat or ()]
    return statement.where(*plan.table.counted(line)).order_by(heads.c.k, *order)


def _there(plan: EntityPlan, row: Clause) -> tuple[Is, ...]:
    return (*plan.table.counted(row), row.c[plan.key].is_not(None))


def _inside(plan: EntityPlan, row: Clause, span: Span) -> tuple[Is, ...]:
    """Which rows are in a span. Of a document in several rows none may be later than the span."""
    key = row.c[plan.key]
    found = [*_there(plan, row)]
    if span.cut is not None:
        found.append(_is_in(plan, row, span.cut))
        if plan.flat is not None and span.cut.until is not None:
            found.append(_none_is_later(plan, row, span.cut))
    if span.after is not None:
        found.append(key > given(span.after))
    if span.upto is not None:
        found.append(key <= given(span.upto))
    if span.number is not None:
        found.append(row.c[plan.number] == given(span.number))
    return tuple(found)


def _is_in(plan: EntityPlan, row: Clause, cut: Cut) -> Is:
    modified = row.c[plan.modified]
    inside = _between(modified, cut.modified, cut)
    if plan.created:
        created = row.c[plan.created]
        dated = _between(created, cut.created, cut)
        oldest = [created.is_(None)] if cut.since is None else []
        return sa.or_(inside, sa.and_(modified.is_(None), sa.or_(dated, *oldest)))
    return inside if cut.since is not None else sa.or_(inside, modified.is_(None))


def _between(column: ColumnElement[Any], stamps: Stamps | None, cut: Cut) -> Is:
    if stamps is None:
        return sa.false()
    low = [] if cut.since is None else [column >= given(stamps.low(cut.since))]
    high = [] if cut.until is None else [column < given(stamps.high(cut.until))]
    return sa.and_(sa.true(), *low, *high)


def _none_is_later(plan: EntityPlan, row: Clause, cut: Cut) -> Is:
    other = plan.table.clause("o")
    later = Cut(cut.until, None, cut.modified, cut.created)
    same = other.c[plan.key] == row.c[plan.key]
    return ~sa.exists().where(same, *plan.table.counted(other), _is_in(plan, other, later))


def _stamp(plan: EntityPlan, row: Clause) -> ColumnElement[Any]:
    stamp: ColumnElement[Any] = row.c[plan.modified]
    return sa.func.coalesce(stamp, row.c[plan.created]) if plan.created else stamp


def _version(plan: EntityPlan, row: Clause) -> ColumnElement[Any]:
    if not plan.version:
        return sa.literal_column("''")
    version: ColumnElement[Any] = row.c[plan.version]
    return _stamp(plan, row) if plan.version == plan.modified else version
