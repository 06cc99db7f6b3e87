"""One call and what came of it as a redacted JSON text, to send to somebody who helps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from erplink.wire.call import Call, Reply
from erplink.wire.io import SendFailed
from erplink.wire.redact import redact, redact_url


def exchange(call: Call, outcome: Reply | SendFailed, seconds: float, secrets: Iterable[str] = ()) -> bytes:
    """Indented JSON (UTF-8) of request and outcome, with secrets and personal data masked.

    ``secrets`` are literal values that must not show wherever they stand, for logins put them into plain lists.
    Names and postal addresses of people are not recognised: read a recording before you hand it on.
    """
    known = tuple(secrets)
    request = {
        "method": call.method,
        "url": redact_url(call.url, known),
        "headers": _headers(call.headers, known),
        "body": _body(call.body, known),
    }
    kept: dict[str, object] = {"operation": call.operation, "seconds": round(seconds, 6), "request": request}
    if isinstance(outcome, SendFailed):
        kept["failed"] = {"what": redact(outcome.what, known), "sent": outcome.sent}
    else:
        kept["reply"] = {
            "status": outcome.status,
            "headers": _headers(outcome.headers, known),
            "cookies": dict.fromkeys(outcome.cookies, "***"),
            "body": _body(outcome.body, known),
        }
    return msgspec.json.format(msgspec.json.encode(kept), indent=2)


def _headers(headers: Mapping[str, str], secrets: tuple[str, ...]) -> Any:
    return redact({name.lower(): value for name, value in headers.items()}, secrets)


def _body(body: bytes, secrets: tuple[str, ...]) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return f"{len(body)} bytes that are not text"
    try:
        return redact(msgspec.json.decode(text), secrets)
    except msgspec.DecodeError:
        return redact(text, secrets)
