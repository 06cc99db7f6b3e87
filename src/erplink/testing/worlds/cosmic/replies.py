"""How a 苍穹 answers: ``data``, ``errorCode``, ``message`` and ``status``, mostly with HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from erplink.testing.worlds.shop.refusals import Kind, Refusal

_encode = msgspec.json.Encoder(decimal_format="number").encode
_CODES: Mapping[Kind, str] = {
    "malformed": "603",
    "missing": "602",
    "duplicate": "601",
    "rule": "611",
    "locked": "999",
    "forbidden": "612",
    "no_session": "401",
}
_STATUSES = {"401": 401, "403": 403, "404": 404}
_WORDS: Mapping[Kind, str] = {"locked": "当前单据已在其他页签中打开，请稍后再试", "no_session": "未经授权的访问"}


def done(data: object) -> Response:
    """A success."""
    return _json({"data": data, "errorCode": "0", "message": None, "status": True}, 200)


def failed(code: str, message: str) -> Response:
    """An error of the platform."""
    return _json({"data": None, "errorCode": code, "message": message, "status": False}, _STATUSES.get(code, 200))


def refused(error: Refusal) -> Response:
    """What the shop says no with."""
    return failed(_CODES.get(error.kind, "999"), words(error))


def words(error: Refusal) -> str:
    """A refusal as the platform words it."""
    return _WORDS.get(error.kind, error.message)


def old_style(state: str, data: object, message: str = "") -> Response:
    """A reply of the older login."""
    return _json({"data": data, "state": state, **({"errorMsg": message} if message else {})}, 200)


def batch(results: Sequence[Mapping[str, Any]], **more: object) -> Response:
    """What became of each document; that some were refused does not make it a failure."""
    failures = sum(1 for one in results if not one["billStatus"])
    counts = {"failCount": str(failures), "successCount": str(len(results) - failures)}
    return done({**counts, **more, "result": list(results)})


def plain(value: object) -> Response:
    """A list without an envelope."""
    return _json(value, 200)


def _json(value: object, status: int) -> Response:
    return Response(_encode(value), status, media_type="application/json; charset=utf-8")
