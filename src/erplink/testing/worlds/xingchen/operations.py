"""What 云星辰 gives: pages of heads, one whole record, and a new customer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from attrs import define, frozen
from starlette.responses import Response

from erplink.testing.worlds.shop import clerk
from erplink.testing.worlds.shop.clerk import Draft
from erplink.testing.worlds.shop.records import Record, Wanted
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.xingchen import replies
from erplink.testing.worlds.xingchen.forms import FORMS, Row
from erplink.testing.worlds.xingchen.gate import Sent
from erplink.testing.worlds.xingchen.settings import XingchenWorld

PAGE_MAX = 100
_UNKNOWN = {"xyz_unknown": "新字段", "xyz_list": [1, 2]}


@frozen
class Asked:
    """A call: the path of a form, what is wanted of it, and a fault within the answer."""

    form: str
    operation: str
    sent: Sent
    trick: str = ""


@define
class Operations:
    """Carries out calls on the books."""

    site: Site
    world: XingchenWorld

    def perform(self, asked: Asked) -> Response:
        """The answer to a call. Raises :class:`Refusal`."""
        if asked.operation == "save":
            return self._save(asked)
        return self._list(asked) if asked.operation == "list" else self._detail(asked)

    def _list(self, asked: Asked) -> Response:
        form, query = FORMS[asked.form], asked.sent.query
        page, size = _whole(query, "page", 1), min(_whole(query, "page_size", 50), PAGE_MAX)
        records = self._found(form.entity, query)
        begins = (page - 1) * size
        rows = [form.head(record, self.site.books.zone) for record in records[begins : begins + size]]
        if asked.trick == "unknown_field":
            rows = [{**row, **_UNKNOWN} for row in rows]
        return replies.done(
            {
                "total_page": math.ceil(len(records) / size),
                "current_page_size": len(rows),
                "count": len(records),
                "page_size": size,
                "page": page,
                "rows": rows,
            }
        )

    def _found(self, entity: str, query: Mapping[str, str]) -> list[Record]:
        """What a list holds: of products only those in use, unless all are asked for."""
        table = self.site.books.tables[entity]
        bounds = (_at(query.get("modify_start_time")), _at(query.get("modify_end_time")))
        wanted = Wanted(*bounds) if self.world.windows else Wanted()
        found = [table.records[at] for at in table.by_id(wanted)]
        status = query.get("bill_status")
        if status:
            zone, form = self.site.books.zone, next(form for form in FORMS.values() if form.entity == entity)
            found = [record for record in found if form.head(record, zone)["bill_status"] == status]
        if entity == "products" and query.get("enable") != "-1":
            found = [record for record in found if record.head["disabled"] is False]
        return found

    def _detail(self, asked: Asked) -> Response:
        form, query = FORMS[asked.form], asked.sent.query
        table = self.site.books.tables[form.entity]
        at = query.get("id", "")
        found = table.records.get(int(at)) if at.isdigit() else table.find(query.get("number", ""))
        if found is None:
            message = "数据不存在"
            raise Refusal("missing", message)
        row = form.whole(found, self.site.books.zone)
        return replies.done(_with_unknown(row) if asked.trick == "unknown_field" else row)

    def _save(self, asked: Asked) -> Response:
        try:
            told = msgspec.json.decode(asked.sent.body)
        except msgspec.DecodeError:
            message = "请求体不是JSON"
            raise Refusal("malformed", message) from None
        head = {name: str(told[name]) for name in ("name", "number") if name in told}
        record, _ = clerk.create(self.site.books, FORMS[asked.form].entity, Draft(head))
        return replies.done({"ids": [str(record.id)], "id_number_map": {str(record.id): record.number}})


def _with_unknown(row: Row) -> Row:
    lines = row.get("material_entity")
    more: dict[str, Any] = {}
    if isinstance(lines, list):
        more["material_entity"] = [{**line, **_UNKNOWN} for line in lines]
    return {**row, **_UNKNOWN, **more}


def _whole(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdigit() and int(text) > 0 else usual


def _at(text: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(text) / 1000, UTC) if text else None
