"""A last moment to send: what was promised to one worker for a time must not leave it afterwards.

A worker may be held up between any two steps, and meanwhile somebody else may have been handed its work. So the last
look at the clock comes right before the sending.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

_last: ContextVar[datetime | None] = ContextVar("erplink.last_moment", default=None)


@contextmanager
def sent_before(instant: datetime) -> Iterator[None]:
    """In this block nothing is sent at or after an instant (aware). Belongs to the task or thread that enters it."""
    token = _last.set(instant)
    try:
        yield
    finally:
        _last.reset(token)


def is_too_late(now: datetime) -> bool:
    """Whether nothing may be sent any more.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> with sent_before(noon):
    ...     is_too_late(noon)
    True
    >>> is_too_late(noon)
    False
    """
    last = _last.get()
    return last is not None and now >= last
