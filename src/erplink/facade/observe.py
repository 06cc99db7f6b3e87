"""What an application may watch: one event per stretch of work, handed to a plain callable."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from time import perf_counter
from types import TracebackType

from attrs import frozen

from erplink.wire.io import Span
from erplink.wire.redact import redact

_log = logging.getLogger("erplink")


@frozen
class Event:
    """One finished stretch of work. ``facts`` are redacted; ``error`` is what ended it, if it failed.

    ``name`` is ``erp.call``, ``erp.login`` … and ``seconds`` is wall time.
    """

    name: str
    facts: Mapping[str, object]
    seconds: float
    error: BaseException | None = None


Observe = Callable[[Event], None]
"""Called in the thread or task that did the work; must be quick. What it raises is logged and goes no further."""


class Watched:
    """A span that tells an observer when it ends."""

    def __init__(self, observe: Observe, name: str, facts: dict[str, object]) -> None:
        self._observe, self._name, self._facts = observe, name, facts
        self._begun = 0.0

    def note(self, **facts: object) -> None:
        """Add facts."""
        self._facts.update(facts)

    async def __aenter__(self) -> Span:
        self._begun = perf_counter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        event = Event(self._name, redact(self._facts), perf_counter() - self._begun, error)
        try:
            self._observe(event)
        except Exception:  # noqa: BLE001 - whatever a foreign callable raises
            # An observer that fails must not turn a write that succeeded into one that seems to have failed.
            _log.exception("the observer failed on %s", self._name)


class Unwatched:
    """A span nobody looks at; one serves all."""

    def note(self, **facts: object) -> None:
        """Forget the facts."""

    async def __aenter__(self) -> Span:
        return self

    async def __aexit__(self, *ended: object) -> None:
        return None


_UNWATCHED = Unwatched()


def span(observe: Observe | None, name: str, facts: dict[str, object]) -> AbstractAsyncContextManager[Span]:
    """A span for that observer, at next to no cost when there is none."""
    return _UNWATCHED if observe is None else Watched(observe, name, facts)
