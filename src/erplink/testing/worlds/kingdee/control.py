"""The control door of a world (``/_world/…``): what happened in it, and what is to go wrong next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from erplink.testing.worlds.kingdee.forms import APPROVED, CREATED, ENTRY_ID, MODIFIED, PK, Cell, Field, Row
from erplink.testing.worlds.kingdee.site import Site
from erplink.testing.worlds.kingdee.store import Document, Table
from erplink.testing.worlds.web.faults import BadFault

_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")
_UNSTABLE = {PK, CREATED, MODIFIED, APPROVED}


def control_routes(site: Site) -> list[Route]:
    """The routes of the control door."""

    async def show_export(_: Request) -> Response:
        return _json(export(site))

    async def show_stats(_: Request) -> Response:
        return _json(stats(site))

    async def show_seed(_: Request) -> Response:
        return _json(site.seed)

    async def arm_faults(request: Request) -> Response:
        try:
            site.faults.arm(json.loads(await request.body()))
        except (BadFault, ValueError) as error:
            return PlainTextResponse(f"the faults cannot be read: {error}", 400)
        return _json({"armed": True})

    async def set_latency(request: Request) -> Response:
        try:
            site.latency = float(json.loads(await request.body())["seconds"])
        except (ValueError, TypeError, KeyError) as error:
            return PlainTextResponse(f'send {{"seconds": 0.05}}: {error}', 400)
        return _json({"seconds": site.latency})

    async def stop(_: Request) -> Response:
        if site.stop is not None:
            site.stop()
        return _json({"stopping": site.stop is not None})

    return [
        Route("/_world/export", show_export),
        Route("/_world/stats", show_stats),
        Route("/_world/seed", show_seed),
        Route("/_world/faults", arm_faults, methods=["POST"]),
        Route("/_world/latency", set_latency, methods=["POST"]),
        Route("/_world/stop", stop, methods=["POST"]),
    ]


def export(site: Site) -> list[dict[str, Any]]:
    """Every document written, changed or deleted since the start, by form and number.

    Internal ids and the stamps of creation, change and approval are left out, so that two runs that did the same
    have the same export.
    """
    shown = [
        _shown(site.tables[form_id], document)
        for form_id, fid in site.touched
        if (document := site.tables[form_id].get(fid)) is not None
    ]
    shown += [{"form": form_id, "number": number, "deleted": True} for form_id, number in site.deleted]
    return sorted(shown, key=lambda one: (one["form"], one["number"], _ENCODER.encode(one)))


def stats(site: Site) -> dict[str, Any]:
    """Counts since the start of this process."""
    return {
        "calls": dict(sorted(site.calls.items())),
        "logins": site.logins["accepted"],
        "refused_logins": site.logins["refused"],
        "sessions": site.sessions.open_ones,
        "faults": dict(sorted(site.faults.injected.items())),
        "writes": site.writes,
        "documents": {form_id: len(table.documents) for form_id, table in site.tables.items()},
    }


def _shown(table: Table, document: Document) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "form": table.form.id,
        "number": document.number,
        "head": _cells(table.form.head, document.head, _UNSTABLE),
    }
    if table.form.entry:
        shown["lines"] = [_cells(table.form.lines, line, {ENTRY_ID}) for line in document.lines]
    return shown


def _cells(fields: Sequence[Field], row: Row, left_out: set[int]) -> dict[str, Cell]:
    pairs = list(zip(fields, row, strict=True))
    return {
        field.key: _plain(value)
        for position, (field, value) in enumerate(pairs)
        if position not in left_out and field.key != "FSOEntryId" and not field.key.startswith("#")
    }


def _plain(value: Cell) -> Cell:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def _json(value: Any) -> Response:
    return Response(_ENCODER.encode(value), media_type="application/json; charset=utf-8")
