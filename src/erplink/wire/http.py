"""What a reply means by HTTP alone, before any dialect looks into it."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from erplink.errors import (
    Busy,
    ConfigInvalid,
    ErplinkError,
    LoginRefused,
    NotPermitted,
    Refused,
    ServerFault,
    Unreachable,
)
from erplink.wire.call import Call, Reply
from erplink.wire.redact import redact, redact_url

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(rb"(?is)\s*(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b")
_MISPLACED = frozenset({404, 405, 410})
_SEEN = 65_536

LONGEST_PAUSE = 31 * 86_400.0
"""Seconds. Whoever asks for more patience than this has made a mistake."""


def judge_http(call: Call, reply: Reply) -> ErplinkError | None:
    """The error that status and kind of page alone tell of, or None.

    429 and 503 with Retry-After were not run (``sent="no"``); whether a call that ended in another 5xx ran is unknown
    (``maybe``), likewise an HTML page instead of data. A dialect that uses 401 for a lost session asks before this.

    >>> judge_http(Call("query", "https://erp.example.com/q"), Reply(502, b"<html><title>Bad Gateway</title></html>"))
    ServerFault('the server failed with HTTP 502, page "Bad Gateway" (query at erp.example.com): try again later')
    """
    status = reply.status
    if 200 <= status < 300:  # noqa: PLR2004 - the success class of RFC 9110
        return _page(call, reply) if is_html(reply) else None
    if status == 429 or (status == 503 and retry_after(reply) is not None):  # noqa: PLR2004
        return Busy(
            f"the server asks for patience with HTTP {status}",
            where=call.where,
            next_step="call less often or wait as long as it says",
            retry_after=retry_after(reply),
            sent="no",
        )
    if status >= 500:  # noqa: PLR2004
        return ServerFault(
            f"the server failed with HTTP {status}{_words(reply)}",
            where=call.where,
            next_step="try again later",
            retry_after=retry_after(reply),
            sent="maybe",
        )
    return _refusal(call, reply)


def is_html(reply: Reply) -> bool:
    """Whether the body is an HTML page, whatever its content type says."""
    return _HTML.match(reply.body[:4096]) is not None


def retry_after(reply: Reply) -> float | None:
    """Seconds of the Retry-After header, given as seconds or as a date; the date counts from the reply's own Date.

    A month at most.

    >>> retry_after(Reply(503, headers={"retry-after": "7"}))
    7.0
    >>> retry_after(
    ...     Reply(
    ...         503, headers={"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    ...     )
    ... )
    30.0
    """
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdecimal():
        return min(float(text), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(reply.headers.get("date", ""))
        return min(max((until - sent).total_seconds(), 0.0), LONGEST_PAUSE)
    except (ValueError, TypeError):
        return None


def excerpt(reply: Reply) -> str:
    """The first words of a reply for an error message: one line, at most 200 characters, redacted."""
    text = " ".join(redact(reply.body[:4096].decode("utf-8", "replace")).split())
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004


def beginning(reply: Reply) -> str:
    """The first 2000 characters of a reply as somebody may read them who asks why it failed: redacted, no NUL."""
    text = redact(reply.body[:_SEEN].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}"))
    return text[:2000]


def _page(call: Call, reply: Reply) -> ErplinkError:
    return ServerFault(
        f"an HTML page came instead of data{_words(reply)}",
        where=call.where,
        next_step="check that the address is the API's and that no gateway or login page stands before it",
        sent="maybe",
    )


def _refusal(call: Call, reply: Reply) -> ErplinkError:
    status, where = reply.status, call.where
    said = f"HTTP {status}{_words(reply)}"
    if status == 401:  # noqa: PLR2004
        return LoginRefused(said, where=where, next_step="check user, application and secret")
    if status == 403:  # noqa: PLR2004
        return NotPermitted(said, where=where, next_step="ask for the permission, or have this address allowed")
    if status == 408:  # noqa: PLR2004
        return Unreachable(said, where=where, next_step="try again later", sent="maybe")
    if status in _MISPLACED:
        return ConfigInvalid(said, where=where, next_step=f"check the address {redact_url(call.url)}")
    if 300 <= status < 400:  # noqa: PLR2004
        target = redact_url(reply.headers.get("location", "nowhere"))
        return ConfigInvalid(f"HTTP {status} points to {target}", where=where, next_step="set the final address as url")
    return Refused(f"{said}: {excerpt(reply)}", where=where, next_step="correct what it names", code=str(status))


def _words(reply: Reply) -> str:
    """The title of the page, when there is one."""
    found = _TITLE.search(reply.body[:4096].decode("utf-8", "replace")) if is_html(reply) else None
    return f', page "{redact(" ".join(found[1].split()))[:100]}"' if found else ""
