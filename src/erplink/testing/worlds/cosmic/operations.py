"""What the operation APIs do: query with pages, save of many documents, submit and audit of what a condition fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, evolve, frozen
from starlette.responses import Response

from erplink.testing.worlds.cosmic import replies
from erplink.testing.worlds.cosmic.forms import ORG, Row, WorldForm
from erplink.testing.worlds.cosmic.settings import CosmicWorld
from erplink.testing.worlds.shop import clerk
from erplink.testing.worlds.shop.clerk import Draft
from erplink.testing.worlds.shop.records import Record, Table, Wanted
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site

MOVES: Mapping[str, str] = {"submit": "submit", "audit": "approve", "batchSubmit": "submit", "batchAudit": "approve"}
_WINDOWED = frozenset({"orders", "shipments", "returns"})
_UNKNOWN = {"kdec_xyz_unknown": "新字段", "kdec_xyz_list": [1, 2]}


@frozen
class Asked:
    """A call of one API. ``trick`` is a fault within its answer, ``message`` what that says."""

    form: WorldForm
    api: str
    told: Mapping[str, Any]
    trick: str = ""
    message: str = ""


@define
class Operations:
    """Carries out calls on the books."""

    site: Site
    world: CosmicWorld

    def perform(self, asked: Asked) -> Response:
        """The answer to a call. Raises :class:`Refusal`."""
        if "data" not in asked.told:
            return replies.failed("400", "请求参数没有 data 数据。")
        if asked.api in {"query", "batchQuery"}:
            return self._query(asked)
        return self._save(asked) if asked.api in {"save", "batchAdd"} else self._move(asked)

    def _query(self, asked: Asked) -> Response:
        size = asked.told.get("pageSize")
        if not isinstance(size, int):
            return replies.failed("400", "页大小pageSize不能为空。")
        if not 1 <= size <= self.world.page_limit:
            return replies.failed("603", f"单次查询数据量不能超过{self.world.page_limit}")
        number = asked.told.get("pageNo", 1)
        data = asked.told["data"]
        records = self._found(asked.form, data if isinstance(data, dict) else {})
        begins = (number - 1) * size
        rows = [asked.form.row(record, self.site.books.zone) for record in records[begins : begins + size]]
        if asked.trick == "unknown_field":
            rows = [_with_unknown(row) for row in rows]
        return replies.done(
            {
                "filter": "[1 = 1]",
                "lastPage": begins + size >= len(records),
                "pageNo": number,
                "pageSize": size,
                "rows": rows,
                "totalCount": len(records),
            }
        )

    def _found(self, form: WorldForm, data: Mapping[str, Any]) -> Sequence[Record]:
        """What the parameters of a query fit; those that its API does not have are not looked at."""
        table = self._table(form)
        since, until = (self._at(data.get(name)) for name in ("start_modifytime", "end_modifytime"))
        wanted = Wanted(since, until) if form.entity in _WINDOWED else Wanted()
        found = [table.records[at] for at in table.by_id(wanted)]
        for test in self._tests(form, data):
            found = [record for record in found if test(record)]
        return sorted(found, key=_newest, reverse=True) if self.world.order == "newest" else found

    def _tests(self, form: WorldForm, data: Mapping[str, Any]) -> list[Callable[[Record], bool]]:
        named = {"id": _id, form.number: _number}
        tests = [_among(of, _many(data[name])) for name, of in named.items() if data.get(name)]
        if form.entity in _WINDOWED and data.get("org_number"):
            tests.append(_among(lambda _: ORG, _many(data["org_number"])))
        return tests

    def _at(self, text: object) -> datetime | None:
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(str(text)).replace(tzinfo=self.site.books.zone).astimezone(UTC)
        except ValueError:
            message = f"日期格式错误：{text}"
            raise Refusal("malformed", message) from None
        return moment

    def _save(self, asked: Asked) -> Response:
        told = _many(asked.told["data"])
        results = [self._saved(asked, place, document) for place, document in enumerate(told[:-1])]
        refused = asked.message if asked.trick == "partial_batch" else ""
        return replies.batch([*results, *(self._saved(asked, len(told) - 1, one, refused) for one in told[-1:])])

    def _saved(self, asked: Asked, place: int, told: Mapping[str, Any], refused: str = "") -> Mapping[str, Any]:
        form = asked.form
        if refused:
            return _result(form, place, str(told.get(form.number, "")), error=Refusal("rule", refused))
        try:
            known, draft = self._candidate(form, told), form.draft(told)
            if known is None:
                record, _ = clerk.create(self.site.books, form.entity, draft)
            else:
                record = clerk.update(self.site.books, form.entity, known, _appended(known, draft))
        except Refusal as error:
            return _result(form, place, str(told.get(form.number, "")), error=error)
        return _result(form, place, record.number, record, kind="Add" if known is None else "Update")

    def _candidate(self, form: WorldForm, told: Mapping[str, Any]) -> Record | None:
        """The record that a saved document is a change of, by the candidate key of the API."""
        table, at = self._table(form), str(told.get("id") or "")
        if at.isdigit():
            found = table.records.get(int(at))
            if found is None:
                message = f"找不到内码为{at}的数据"
                raise Refusal("missing", message)
            return found
        return table.find(str(told.get(form.number))) if self.world.candidate == "number" else None

    def _move(self, asked: Asked) -> Response:
        data = asked.told["data"]
        found = self._found(asked.form, data) if isinstance(data, dict) and data else []
        results = [self._moved(asked, place, record) for place, record in enumerate(found)]
        return replies.batch(results, filter="[1 = 1]", totalCount=str(len(found)))

    def _moved(self, asked: Asked, place: int, record: Record) -> Mapping[str, Any]:
        form = asked.form
        try:
            (done,) = clerk.act(self.site.books, form.entity, [record], MOVES[asked.api])
        except Refusal as error:
            return _result(form, place, record.number, error=error)
        return _result(form, place, done.number, done, kind=asked.api)

    def _table(self, form: WorldForm) -> Table:
        return self.site.books.tables[form.entity]


def _result(
    form: WorldForm,
    place: int,
    number: str,
    record: Record | None = None,
    *,
    kind: str = "",
    error: Refusal | None = None,
) -> Mapping[str, Any]:
    keys = {form.number: number}
    told = [] if error is None else [{"entityKey": form.entity, "keys": keys, "rowMsg": [replies.words(error)]}]
    return {
        "billIndex": place,
        "billStatus": error is None,
        "errors": told,
        "id": "" if record is None else str(record.id),
        "keys": keys,
        "number": number,
        "type": kind,
    }


def _appended(known: Record, draft: Draft) -> Draft:
    """Lines without an id of their own are further lines."""
    if draft.lines is None:
        return draft
    there = tuple({name: cell for name, cell in line.items() if name not in {"id", "line_no"}} for line in known.lines)
    return evolve(draft, lines=(*there, *draft.lines))


def _with_unknown(row: Row) -> Row:
    lines = row.get("billentry")
    more = {"billentry": [{**line, **_UNKNOWN} for line in lines]} if isinstance(lines, list) else {}
    return {**row, **_UNKNOWN, **more}


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _among(of: Callable[[Record], str], values: Sequence[Any]) -> Callable[[Record], bool]:
    held = frozenset(map(str, values))
    return lambda record: of(record) in held


def _id(record: Record) -> str:
    return str(record.id)


def _number(record: Record) -> str:
    return record.number


def _newest(record: Record) -> tuple[timedelta, int]:
    return record.updated_at - datetime(1970, 1, 1, tzinfo=UTC), record.id
