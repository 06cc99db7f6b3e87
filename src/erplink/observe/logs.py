"""Log records of finished work, for ``logging`` and whatever formats it: plain, JSON, structlog."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from attrs import field, frozen

from erplink.facade.observe import Event
from erplink.wire.redact import redact

_DETAILS = frozenset({"erp.call", "erp.login", "deliver"})


@frozen
class Logs:
    """An observer that writes one record for each stretch of work: failures as warnings, single calls as debug.

    The message reads by itself; ``record.erplink`` holds the same as plain values (``event``, ``seconds``, the facts,
    ``error`` and ``message``), ready for JSON. It configures nothing: levels, handlers and formats are yours.

    >>> Logs(logging.getLogger("shop.erp"))(Event("pull", {"system": "kingdee", "entity": "orders"}, 0.25))
    """

    logger: logging.Logger = field(factory=lambda: logging.getLogger("erplink"))

    def __call__(self, event: Event) -> None:
        """Write the record of one event."""
        level = _level(event)
        if self.logger.isEnabledFor(level):
            told = plain(event)
            words = " ".join(f"{name}={value}" for name, value in told.items() if name not in ("event", "seconds"))
            self.logger.log(level, "%s in %.3f s %s", event.name, event.seconds, words, extra={"erplink": told})


def plain(event: Event) -> dict[str, object]:
    """An event as values that JSON has, redacted.

    >>> plain(Event("erp.call", {"operation": "View", "verdict": "ok"}, 0.25))
    {'event': 'erp.call', 'seconds': 0.25, 'operation': 'View', 'verdict': 'ok'}
    """
    told: dict[str, object] = {"event": event.name, "seconds": round(event.seconds, 6)}
    told |= {name: _value(value) for name, value in event.facts.items()}
    if event.error is not None:
        told |= {"error": type(event.error).__name__, "message": redact(str(event.error))}
    return told


def failed(event: Event) -> bool:
    """Whether an error ended it; being cancelled or stopped is none."""
    return isinstance(event.error, Exception)


def _level(event: Event) -> int:
    if failed(event):
        return logging.WARNING
    return logging.DEBUG if event.name in _DETAILS else logging.INFO


def _value(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else redact(str(value))
