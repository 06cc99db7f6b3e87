"""How 云星辰 answers: ``errcode``, ``description`` and ``data``, with HTTP 200 unless the gateway speaks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from erplink.testing.worlds.shop.refusals import Kind, Refusal

TOKEN_LOST, ROTATED, BROKEN, OUT_OF_TIME, NO_API, NO_ROUTE = (
    1020002008,
    1030002006,
    2000002000,
    4006,
    5001,
    4002,
)
GATEWAY = 519
_RULE = 2000001001
"""A rule of the shop. The platform's own codes for these are not known, so this one is the world's."""
_encode = msgspec.json.Encoder(decimal_format="number").encode
_CODES: Mapping[Kind, int] = {"no_session": TOKEN_LOST}


def done(data: object) -> Response:
    """A success."""
    return _json({"errcode": 0, "description": "success", "data": data}, 200)


def failed(code: int, description: str, status: int = 200) -> Response:
    """An error, of the platform or (519) of the gateway in front."""
    return _json({"errcode": code, "description": description, "data": None}, status)


def refused(error: Refusal) -> Response:
    """What the shop says no with; what nobody may do is forbidden by HTTP."""
    if error.kind == "forbidden":
        return failed(403, error.message, 403)
    return failed(_CODES.get(error.kind, _RULE), error.message)


def _json(value: object, status: int) -> Response:
    return Response(_encode(value), status, media_type="application/json; charset=utf-8")
