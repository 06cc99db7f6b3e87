"""What each operation of the API does with the books, in the hand of its house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from attrs import define, frozen
from starlette.responses import Response

from erplink.testing.worlds.rest import paging
from erplink.testing.worlds.rest.auth import API_KEY_QUERY, Sent
from erplink.testing.worlds.rest.replies import Link, Replies
from erplink.testing.worlds.rest.routes import Route
from erplink.testing.worlds.rest.settings import RestWorld
from erplink.testing.worlds.rest.values import written_number
from erplink.testing.worlds.rest.writing import Writing, named
from erplink.testing.worlds.shop import clerk
from erplink.testing.worlds.shop.books import Level
from erplink.testing.worlds.shop.catalogue import FORMS, Field
from erplink.testing.worlds.shop.listing import cut
from erplink.testing.worlds.shop.records import Record, Table
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.shop.statuses import MOVES

_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
_STOCK = (Field("sku", "商品编码"), Field("warehouse", "仓库"), Field("on_hand", "库存"), Field("available", "可用"))
KEY = "idempotency-key"


@frozen
class Asked:
    """One operation, as it was sent, and what is to go wrong within it."""

    route: Route
    sent: Sent
    trick: str = ""


@define
class Operations:
    """Every operation of one house."""

    site: Site
    world: RestWorld
    writing: Writing
    replies: Replies

    def perform(self, asked: Asked) -> Response:
        """The reply. Raises :class:`Refusal`."""
        return _OPERATIONS[asked.route.operation](self, asked)

    def list(self, asked: Asked) -> Response:
        """A page of records."""
        parameters = self._parameters(asked.sent)
        wanted = paging.asked(self.world, parameters, asked.sent.headers.get("range", ""))
        table = self._table(asked)
        part = cut(table, wanted, steady=self.world.steady)
        if self.world.paging == "range" and part.begins and part.begins >= part.total:
            raise paging.OutOfRange(part.total)
        write = self.writing.extended if asked.trick == "unknown_field" else self.writing.record
        entity, whole = asked.route.entity, not self.world.lines_apart
        records = [write(entity, record, whole=whole) for record in part.records]
        url = asked.sent.request.url
        link = Link(f"{url.scheme}://{url.netloc}", asked.sent.path.removesuffix("/query"), parameters)
        return self.replies.listed(part, records, link, asked.trick)

    def get(self, asked: Asked) -> Response:
        """One record, with its version."""
        return self._one(asked, self._found(asked))

    def lines(self, asked: Asked) -> Response:
        """The lines of one record."""
        return self.replies.done(self.writing.lines(asked.route.entity, self._found(asked)))

    def stock(self, asked: Asked) -> Response:
        """What is there of some skus, or of all."""
        parameters = self._parameters(asked.sent)
        wanted = [sku for sku in parameters.get("skus", "").split(",") if sku]
        place = parameters.get("warehouse", "")
        found = [
            self._level(key, level)
            for key, level in sorted(self.site.books.stock.items())
            if (not wanted or key[0] in wanted) and place in {"", key[1]}
        ]
        return self.replies.done(found if self._is_right_company(asked.sent) else [])

    def company(self, asked: Asked) -> Response:
        """The company that is asked about; nothing of one that is not there."""
        code = self.world.credentials.company
        return self.replies.done({"code": code, "name": "示例公司"} if self._is_right_company(asked.sent) else {})

    def create(self, asked: Asked) -> Response:
        """A new record."""
        self._table(asked)
        draft = self.writing.read(FORMS[asked.route.entity], _json(asked.sent))
        key = asked.sent.headers.get(KEY, "") if self.world.keys else ""
        record, is_new = clerk.create(self.site.books, asked.route.entity, draft, key)
        return self._one(asked, record, 201 if is_new else 200)

    def update(self, asked: Asked) -> Response:
        """Other cells of a record."""
        found = self._found(asked)
        self._check_version(asked, found)
        draft = self.writing.read(FORMS[asked.route.entity], _json(asked.sent))
        return self._one(asked, clerk.update(self.site.books, asked.route.entity, found, draft))

    def delete(self, asked: Asked) -> Response:
        """A record less."""
        found = self._found(asked)
        self._check_version(asked, found)
        clerk.delete(self.site.books, asked.route.entity, found)
        return self.replies.done({"deleted": found.id}) if self.world.errors == "in_200" else Response(status_code=204)

    def act(self, asked: Asked) -> Response:
        """A record in another status."""
        found = self._found(asked)
        self._check_action(asked)
        (moved,) = clerk.act(self.site.books, asked.route.entity, [found], asked.route.action)
        return self._one(asked, moved)

    def act_on_many(self, asked: Asked) -> Response:
        """Records in another status, all of them with one stamp or none: ``{"numbers": [...]}``."""
        self._check_action(asked)
        table = self._table(asked)
        found = [_looked_up(table, str(number)) for number in _listed(_json(asked.sent), "numbers")]
        moved = clerk.act(self.site.books, asked.route.entity, found, asked.route.action)
        return self.replies.done({"numbers": [record.number for record in moved]})

    def batch(self, asked: Asked) -> Response:
        """New records, each by itself: ``{"items": [...]}``. The reply says what became of each."""
        form = self._table(asked).form
        outcomes = []
        for place, sent in enumerate(_listed(_json(asked.sent), "items")):
            try:
                _check_trick(asked, place)
                record, _ = clerk.create(self.site.books, form.entity, self.writing.read(form, sent))
                outcomes.append({"index": place, "success": True, "id": record.id, "number": record.number})
            except Refusal as error:
                outcomes.append({"index": place, "success": False, "code": error.kind, "message": error.message})
        return self.replies.done({"results": outcomes}, 207)

    def _one(self, asked: Asked, record: Record, status: int = 200) -> Response:
        write = self.writing.extended if asked.trick == "unknown_field" else self.writing.record
        headers = {"etag": f'"{record.version}"'} if self.world.versions else {}
        return self.replies.done(write(asked.route.entity, record, whole=True), status, headers)

    def _level(self, key: tuple[str, str], level: Level) -> Mapping[str, Any]:
        form = self.world.decimals
        amounts = (written_number(form, level.on_hand), written_number(form, level.available))
        return dict(zip((named(self.world.names, one) for one in _STOCK), (*key, *amounts), strict=True))

    def _check_version(self, asked: Asked, record: Record) -> None:
        if not self.world.versions:
            return
        wanted = asked.sent.headers.get("if-match")
        if wanted is None:
            message = "缺少If-Match：请先读取最新版本"
            raise Refusal("unguarded", message)
        if wanted != "*" and wanted.removeprefix("W/").strip('"') != str(record.version):
            message = f"{FORMS[asked.route.entity].label}[{record.number}]已被其他用户修改"
            raise Refusal("stale", message)

    def _check_action(self, asked: Asked) -> None:
        if asked.route.action not in MOVES:
            message = f"操作[{asked.route.action}]不存在"
            raise Refusal("missing", message)

    def _table(self, asked: Asked) -> Table:
        """The table of the entity; an empty one for a company that is not there."""
        table = self.site.books.tables[asked.route.entity]
        return table if self._is_right_company(asked.sent) else Table(table.form)

    def _is_right_company(self, sent: Sent) -> bool:
        if not self.world.company:
            return True
        named = sent.headers.get("x-company", "")
        is_right = named == self.world.credentials.company
        if self.world.refuse_company and not is_right:
            message = f"公司[{named}]不存在"
            raise Refusal("malformed", message, "X-Company")
        return is_right

    def _found(self, asked: Asked) -> Record:
        return _looked_up(self._table(asked), asked.route.reference)

    def _parameters(self, sent: Sent) -> Mapping[str, str]:
        told = dict(sent.request.query_params)
        told.pop(API_KEY_QUERY, None)
        if sent.request.method == "POST":
            body = _json(sent)
            if not isinstance(body, Mapping):
                message = "请求内容应为对象"
                raise Refusal("malformed", message)
            told |= {str(name): _text(value) for name, value in body.items() if value is not None}
        return told


_OPERATIONS: Mapping[str, Callable[[Operations, Asked], Response]] = {
    "list": Operations.list,
    "get": Operations.get,
    "lines": Operations.lines,
    "stock": Operations.stock,
    "company": Operations.company,
    "create": Operations.create,
    "update": Operations.update,
    "delete": Operations.delete,
    "act": Operations.act,
    "act_on_many": Operations.act_on_many,
    "batch": Operations.batch,
}


def _check_trick(asked: Asked, place: int) -> None:
    if place and asked.trick == "partial_batch":
        message = "数据库操作失败，请重试"
        raise Refusal("locked", message)


def _looked_up(table: Table, reference: str) -> Record:
    found = table.lookup(reference)
    if found is None:
        message = f"{table.form.label}[{reference}]不存在"
        raise Refusal("missing", message)
    return found


def _json(sent: Sent) -> Any:
    try:
        return _decoder.decode(sent.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        message = "请求内容不是JSON"
        raise Refusal("malformed", message) from None


def _listed(body: object, name: str) -> list[Any]:
    found = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(found, list):
        message = f"请求内容缺少数组[{name}]"
        raise Refusal("malformed", message, name)
    return found


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return msgspec.json.encode(value).decode() if isinstance(value, Mapping) else str(value)
