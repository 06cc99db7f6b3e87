"""Keep the HTTP library from logging our secrets: it writes addresses at INFO and headers, cookies too, at DEBUG.

The filters act on records of calls made here and leave everybody else's alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from erplink.wire.redact import redact

_calling: ContextVar[bool] = ContextVar("erplink.calling", default=False)
_HEADERS = ("httpcore.connection", "httpcore.http11", "httpcore.proxy", "httpcore.socks")


def hush() -> None:
    """Put the filters in place; doing it again changes nothing."""
    logging.getLogger("httpx").addFilter(_masked)
    for name in _HEADERS:
        logging.getLogger(name).addFilter(_dropped)


@contextmanager
def quietly() -> Iterator[None]:
    """Whatever the HTTP library logs in this block is ours."""
    token = _calling.set(True)
    try:
        yield
    finally:
        _calling.reset(token)


def _masked(record: logging.LogRecord) -> bool:
    if _calling.get():
        record.msg, record.args = redact(record.getMessage()), ()
    return True


def _dropped(record: logging.LogRecord) -> bool:
    del record
    return not _calling.get()
