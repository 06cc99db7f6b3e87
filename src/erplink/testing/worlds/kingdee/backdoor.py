"""The door behind the API's back (``/_world/…``): what somebody does in the ERP itself, whatever a rule says."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from erplink.testing.worlds.kingdee.cells import restored
from erplink.testing.worlds.kingdee.forms import APPROVED, CREATED, ENTRY_ID, MODIFIED, SEQ, STATUS, Cell, Field, Row
from erplink.testing.worlds.kingdee.journal import Change
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.store import Document, Table

Deed = Callable[[Site, Any], object]
_IN_FORCE = "C"


class BadDeed(Exception):
    """What was sent cannot be done; the message says why."""


def backdoor_routes(site: Site) -> list[Route]:
    """The routes of the door."""
    deeds: Mapping[str, Deed] = {
        "plant": plant,
        "edit": edit,
        "remove": remove,
        "empty": empty,
        "clock": set_clock,
    }

    async def show_clock(_: Request) -> Response:
        return _json({"now": site.clock().isoformat(), "stamp": site.stamp()})

    async def show_sessions(_: Request) -> Response:
        return _json([[one.session, one.aspnet] for one in site.sessions.handed_out])

    posts = [Route(f"/_world/{name}", _doing(site, deed), methods=["POST"]) for name, deed in deeds.items()]
    return [*posts, Route("/_world/clock", show_clock), Route("/_world/sessions", show_sessions)]


def plant(site: Site, documents: Any) -> object:
    """Write documents: ``[{"form": F, "head": {key: cell}, "lines": [{key: cell}]}]``, base data by its number.

    What is not given holds what the form has by itself; an id that is not given is the next one, a status approved, a
    stamp the present one. Gives the internal ids.
    """
    fids = []
    for one in documents:
        table = _table(site, one)
        form, given, stamp = table.form, one.get("head", {}), site.stamp()
        usual: dict[str, Cell] = {form.head[at].key: stamp for at in (CREATED, MODIFIED, APPROVED)}
        usual |= {form.pk: table.next_fid, form.head[STATUS].key: _IN_FORCE}
        head = _row(form.head, [field.default for field in form.head], {**usual, **given})
        lines = tuple(_line(table, place, line) for place, line in enumerate(one.get("lines", ())))
        document = Document(head, lines)
        site.commit(Change(form.id, document.fid, document))
        fids.append(document.fid)
    return fids


def edit(site: Site, asked: Any) -> object:
    """Set cells in the head of a document: ``{"form": F, "number": N, "head": {key: cell}}``. Its stamp is one too."""
    table, document = _found(site, asked)
    head = _row(table.form.head, document.head, asked.get("head", {}))
    site.commit(Change(table.form.id, document.fid, Document(head, document.lines)))
    return document.fid


def remove(site: Site, asked: Any) -> object:
    """Delete a document whatever its status: ``{"form": F, "number": N}``."""
    table, document = _found(site, asked)
    site.commit(Change(table.form.id, document.fid, None))
    return document.fid


def empty(site: Site, _: Any) -> object:
    """Forget documents, sessions, faults and counts."""
    site.empty()
    return {"empty": True}


def set_clock(site: Site, asked: Any) -> object:
    """Set the server's clock ahead of what it would be: ``{"ahead": seconds}``."""
    site.ahead = timedelta(seconds=float(asked["ahead"]))
    return {"now": site.clock().isoformat()}


def _doing(site: Site, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            asked = json.loads(await request.body() or b"null", parse_float=Decimal)
            return _json(deed(site, asked))
        except (BadDeed, ValueError, TypeError, KeyError, AttributeError) as error:
            return PlainTextResponse(f"this cannot be done: {error!r}", 400)

    return answer


def _table(site: Site, asked: Mapping[str, Any]) -> Table:
    table = site.tables.get(str(asked.get("form")))
    if table is None:
        message = f"there is no form {asked.get('form')!r}"
        raise BadDeed(message)
    return table


def _found(site: Site, asked: Mapping[str, Any]) -> tuple[Table, Document]:
    table = _table(site, asked)
    document = table.find(str(asked.get("number")))
    if document is None:
        message = f"there is no {asked.get('number')!r} in {table.form.id}"
        raise BadDeed(message)
    return table, document


def _line(table: Table, place: int, given: Mapping[str, Any]) -> Row:
    fields = table.form.lines
    usual = {fields[ENTRY_ID].key: table.next_entry + place, fields[SEQ].key: place + 1}
    return _row(fields, [field.default for field in fields], {**usual, **given})


def _row(fields: Sequence[Field], present: Sequence[Cell], given: Mapping[str, Any]) -> Row:
    unknown = set(given) - {field.key for field in fields}
    if unknown:
        message = f"there is no field {min(unknown)!r}"
        raise BadDeed(message)
    return tuple(
        restored(field, given[field.key]) if field.key in given else cell
        for field, cell in zip(fields, present, strict=True)
    )


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json; charset=utf-8")
