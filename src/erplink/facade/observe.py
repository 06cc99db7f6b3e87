"""What an application may watch: one event per stretch of work, to a plain callable; or its begin and its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from time import perf_counter
from types import TracebackType
from typing import Protocol, runtime_checkable

from attrs import frozen

from erplink.wire.io import Span
from erplink.wire.redact import redact

_log = logging.getLogger("erplink")


@frozen
class Event:
    """One finished stretch of work. ``facts`` are redacted; ``error`` is what ended it, if it failed.

    ``seconds`` is wall time. ``name`` is ``erp.call`` or ``erp.login``, ``erp.held`` (a call that was not sent);
    ``deliver`` (one message) within ``batch``; ``pull`` (one feed), ``decide`` (a batch of people), ``round`` (of a
    worker) or ``backlog`` (what is left after it).
    """

    name: str
    facts: Mapping[str, object]
    seconds: float
    error: BaseException | None = None


Ending = Callable[[Event], None]


@runtime_checkable
class Observer(Protocol):
    """Told when a stretch of work begins; what it gives back is called when that ends, in the same context."""

    def begin(self, name: str, facts: Mapping[str, object]) -> Ending:
        """A stretch of work begins; more facts are known at its end."""
        ...


Observe = Ending | Observer
"""Called in the thread or task that did the work; must be quick. What it raises is logged and goes no further."""


class Watched:
    """A span that tells an observer when it begins and when it ends."""

    def __init__(self, observe: Observe, name: str, facts: dict[str, object]) -> None:
        self._observe, self._name, self._facts = observe, name, facts
        self._end: Ending | None = None
        self._begun = 0.0

    def note(self, **facts: object) -> None:
        """Add facts."""
        self._facts.update(facts)

    async def __aenter__(self) -> Span:
        observe = self._observe
        try:
            self._end = observe.begin(self._name, redact(self._facts)) if isinstance(observe, Observer) else observe
        except Exception:  # noqa: BLE001 - whatever a foreign callable raises
            self._complain()
        self._begun = perf_counter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._end is None:
            return
        event = Event(self._name, redact(self._facts), perf_counter() - self._begun, error)
        try:
            self._end(event)
        except Exception:  # noqa: BLE001 - as above
            self._complain()

    def _complain(self) -> None:
        """An observer that fails must not turn a write that succeeded into one that seems to have failed."""
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
