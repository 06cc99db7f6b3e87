"""The control door of a shop (``/_world/…``): what happened in it, what somebody does in it, what is to go wrong."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from erplink.testing.worlds.shop.backdoor import DEEDS, BadDeed, clock
from erplink.testing.worlds.shop.catalogue import Cell, Cells
from erplink.testing.worlds.shop.records import Record
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.faults import BadFault

_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


def control_routes(site: Site) -> list[Route]:
    """The routes of the control door."""
    shown: Mapping[str, Callable[[], object]] = {
        "export": lambda: export(site),
        "stats": lambda: stats(site),
        "seed": lambda: site.seed,
        "sessions": lambda: site.sessions.handed_out,
        "clock": lambda: clock(site),
    }
    done: Mapping[str, Callable[[Any], object]] = {
        **{name: _bound(deed, site) for name, deed in DEEDS.items()},
        "faults": lambda asked: _armed(site, asked),
        "latency": lambda asked: _slowed(site, asked),
        "stop": lambda _: _stopped(site),
    }
    return [
        *(Route(f"/_world/{name}", _showing(show)) for name, show in shown.items()),
        *(Route(f"/_world/{name}", _doing(do), methods=["POST"]) for name, do in done.items()),
    ]


def export(site: Site) -> list[dict[str, Any]]:
    """Every record written, changed or deleted by clients, by entity and number.

    Internal ids, versions and stamps are left out, so that two runs that did the same have the same export.
    """
    tables = site.books.tables
    shown = [
        _shown(entity, record)
        for entity, at in site.books.touched
        if (record := tables[entity].records.get(at)) is not None
    ]
    shown += [{"entity": entity, "number": number, "deleted": True} for entity, number in site.books.deleted]
    return sorted(shown, key=lambda one: (one["entity"], one["number"], _ENCODER.encode(one)))


def stats(site: Site) -> dict[str, Any]:
    """Counts since the start of this process."""
    return {
        "calls": dict(sorted(site.calls.items())),
        "logins": site.logins["accepted"],
        "refused_logins": site.logins["refused"],
        "faults": dict(sorted(site.faults.injected.items())),
        "writes": site.books.writes,
        "documents": {entity: len(table) for entity, table in site.books.tables.items()},
    }


def _shown(entity: str, record: Record) -> dict[str, Any]:
    lines = [_cells(line) for line in record.lines]
    shown: dict[str, Any] = {"entity": entity, "number": record.number, "head": _cells(record.head)}
    return {**shown, "lines": lines} if lines else shown


def _cells(cells: Cells) -> dict[str, Cell]:
    unstable = {"id", "order_line_id"}
    return {
        name: format(cell.normalize(), "f") if isinstance(cell, Decimal) else cell
        for name, cell in cells.items()
        if name not in unstable and not isinstance(cell, datetime)
    }


def _armed(site: Site, asked: object) -> object:
    site.faults.arm(asked)
    return {"armed": True}


def _slowed(site: Site, asked: Any) -> object:
    site.latency = float(asked["seconds"])
    return {"seconds": site.latency}


def _stopped(site: Site) -> object:
    if site.stop is not None:
        site.stop()
    return {"stopping": site.stop is not None}


def _bound(deed: Callable[[Site, Any], object], site: Site) -> Callable[[Any], object]:
    return lambda asked: deed(site, asked)


def _showing(show: Callable[[], object]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return _json(show())

    return answer


def _doing(do: Callable[[Any], object]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return _json(do(json.loads(await request.body() or b"null", parse_float=Decimal)))
        except BadFault as error:
            return PlainTextResponse(f"the faults cannot be read: {error}", 400)
        except (BadDeed, ValueError, TypeError, KeyError, AttributeError) as error:
            return PlainTextResponse(f"this cannot be done: {error!r}", 400)

    return answer


def _json(value: object) -> Response:
    return Response(_ENCODER.encode(value), media_type="application/json; charset=utf-8")
