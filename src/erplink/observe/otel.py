"""OpenTelemetry: a span for each stretch of work, nested as the work is, and metrics of what came of it.

Needs the extra ``otel``, which brings the API alone: SDK, exporter and sampling are the application's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from erplink.errors import ConfigInvalid
from erplink.facade.observe import Ending, Event
from erplink.observe.logs import failed, plain

try:
    from opentelemetry import context, metrics, trace
    from opentelemetry.trace import SpanKind, Status, StatusCode

    from erplink.observe.meters import Meters
except ModuleNotFoundError as missing:
    raise ConfigInvalid(
        "the API of OpenTelemetry is not installed",
        where="erplink.observe.otel",
        next_step="install the extra 'otel': pip install 'erplink[otel]'",
    ) from missing

_SCOPE = "erplink"
_UNTRACED = frozenset({"backlog"})


class OpenTelemetry:
    """An observer for ``connect(..., observe=OpenTelemetry())``; one may serve several systems.

    Whatever span is current where erplink is called (a web request, a task) is the parent. Facts are attributes
    ``erplink.…``; an error gives its class and its words, redacted, and no stack trace. Without providers of your own
    the application's global ones are used.

    Metrics: ``erplink.calls`` (by operation and verdict), ``erplink.call.duration`` (s), ``erplink.held`` (calls not
    sent, by operation and error), ``erplink.retries`` (of calls and of messages), ``erplink.messages`` (by box, system
    and how they ended), ``erplink.documents`` (by system, entity and whether new); and, told by a worker after each
    round, ``erplink.backlog`` (messages by box, system, operation and state) and ``erplink.backlog.age`` (s, of the
    oldest that waits).
    """

    def __init__(
        self, tracers: trace.TracerProvider | None = None, meters: metrics.MeterProvider | None = None
    ) -> None:
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracers)
        self._meters = Meters(metrics.get_meter(_SCOPE, meter_provider=meters))

    def begin(self, name: str, facts: Mapping[str, object]) -> Ending:
        """A stretch of work begins: its span is the current one until it ends."""
        if name in _UNTRACED:
            return self._meters.count
        kind = SpanKind.CLIENT if name.startswith("erp.") else SpanKind.INTERNAL
        span = self._tracer.start_span(_title(name, facts), kind=kind, attributes=dict(_attributes(facts)))
        token = context.attach(trace.set_span_in_context(span))

        def end(event: Event) -> None:
            context.detach(token)
            told = plain(event)
            span.set_attributes(dict(_attributes({name: told[name] for name in told if name not in _NAMED})))
            if failed(event):
                span.set_attributes({"error.type": str(told["error"])})
                span.set_status(Status(StatusCode.ERROR, str(told["message"])))
            span.end()
            self._meters.count(event)

        return end


_NAMED = frozenset({"event", "seconds", "error", "message"})
_TITLED = ("operation", "entity")


def _title(name: str, facts: Mapping[str, object]) -> str:
    """The name of a span: few different ones, so that they can be added up."""
    return " ".join([name, *(str(facts[fact]) for fact in _TITLED if facts.get(fact))])


def _attributes(facts: Mapping[str, Any], prefix: str = "erplink.") -> Iterable[tuple[str, Any]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _attributes(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value if isinstance(value, bool | int | float | str) else str(value)
