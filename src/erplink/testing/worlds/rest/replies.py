"""Replies as a house makes them: what is around records, how an error is told, where the next page is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from attrs import define, frozen
from starlette.responses import HTMLResponse, Response

from erplink.testing.worlds.rest.settings import RestWorld
from erplink.testing.worlds.rest.writing import camel
from erplink.testing.worlds.shop.listing import Part
from erplink.testing.worlds.shop.mishaps import EXCEPTION
from erplink.testing.worlds.shop.refusals import Kind, Refusal
from erplink.testing.worlds.web.pages import page

_encode = msgspec.json.Encoder(decimal_format="number").encode
_FOREIGN = "http://elsewhere.invalid"
_FOR_PEOPLE: frozenset[Kind] = frozenset({"malformed", "missing", "forbidden", "no_session"})


@frozen
class _Error:
    status: int
    code: int
    word: str


_ERRORS: Mapping[Kind, _Error] = {
    "malformed": _Error(400, 40001, "invalid_request"),
    "missing": _Error(404, 40401, "not_found"),
    "duplicate": _Error(409, 40901, "duplicate"),
    "key_reused": _Error(409, 40902, "idempotency_key_reused"),
    "rule": _Error(422, 42201, "business_rule"),
    "stale": _Error(412, 41201, "version_changed"),
    "unguarded": _Error(428, 42801, "version_required"),
    "locked": _Error(423, 42301, "locked"),
    "forbidden": _Error(403, 40301, "forbidden"),
    "no_session": _Error(401, 40101, "unauthorized"),
}


@frozen
class Link:
    """Where a list is: its address without a query, and the parameters it was asked with."""

    origin: str
    path: str
    parameters: Mapping[str, str]

    def to(self, cursor: str, *, absolute: bool, foreign: bool) -> str:
        """The address of another page of it."""
        query = urlencode({**self.parameters, "cursor": cursor})
        origin = _FOREIGN if foreign else self.origin if absolute else ""
        return f"{origin}{self.path}?{query}"


@define
class Replies:
    """The voice of one house."""

    world: RestWorld

    def listed(self, part: Part, records: Sequence[Any], link: Link, trick: str = "") -> Response:
        """A page of a list. ``trick``: a next page that is this one again, or on another host."""
        following = part.again if trick == "repeat_page" else part.next
        links, headers, told = self.world, self._range(part), {}
        if links.paging == "cursor":
            told = {self._name("next_cursor"): following or None}
        elif links.paging in {"next_link", "link_header"} and following:
            in_header = links.paging == "link_header"
            target = link.to(following, absolute=links.absolute or in_header, foreign=trick == "foreign_link")
            told = {} if in_header else {"next": target}
            headers |= {"link": f'<{target}>; rel="next"'} if in_header else {}
        total = {"total": part.total} if links.total else {}
        if links.envelope == "bare":
            return self._json(list(records), 200, headers)
        around = {"plain": "items", "coded": "list", "wrapped": "rows"}[links.envelope]
        return self.done({around: list(records), **total, **told}, headers=headers)

    def done(self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """A record, or whatever else was asked for."""
        if self.world.envelope == "coded":
            data = {"code": 0, "msg": "操作成功", "data": data}
        elif self.world.envelope == "wrapped":
            data = {"success": True, "result": data}
        return self._json(data, 200 if self.world.errors == "in_200" else status, headers)

    def refusal(self, error: Refusal) -> Response:
        """What was refused, and why."""
        known = _ERRORS[error.kind]
        status = self.world.mistake if error.kind == "malformed" else known.status
        headers = {"www-authenticate": self._challenge()} if error.kind == "no_session" else {}
        if self.world.pages and error.kind in _FOR_PEOPLE:
            return HTMLResponse(page(f"{status}", error.message), status, headers)
        return self.error(error.message, status, known.code, known.word, headers)

    def error(
        self, message: str, status: int, code: int, word: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """An error with a code of its own."""
        match self.world.envelope:
            case "coded":
                body: Any = {"code": code, "msg": message, "data": None}
            case "wrapped":
                body = {"success": False, "error": {"code": word, "message": message}}
            case _:
                body = {"error": word, "message": message}
        return self._json(body, 200 if self.world.errors == "in_200" else status, headers)

    def exception(self, status: int) -> Response:
        """An exception of the server where an answer should be."""
        match self.world.envelope:
            case "coded":
                body: Any = {"code": 500, "msg": EXCEPTION, "data": None}
            case "wrapped":
                body = {"success": False, "error": {"code": "internal_error", "message": EXCEPTION}}
            case _:
                body = {"error": "internal_error", "message": EXCEPTION}
        return self._json(body, status)

    def _range(self, part: Part) -> dict[str, str]:
        if self.world.paging != "range":
            return {}
        total = str(part.total) if self.world.total else "*"
        return {"content-range": f"records {part.begins}-{part.ends}/{total}"}

    def _challenge(self) -> str:
        return 'Basic realm="erp"' if self.world.auth == "basic" else 'Bearer error="invalid_token"'

    def _name(self, name: str) -> str:
        return name if self.world.names == "snake" else camel(name)

    def _json(self, value: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
        return Response(_encode(value), status, dict(headers or {}), media_type="application/json; charset=utf-8")
