"""What events amount to, as instruments of an OpenTelemetry meter."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.metrics import Counter, Meter

from erplink.facade.observe import Event

_BOUNDARIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Meters:
    """Counts events; used from several threads at once."""

    def __init__(self, meter: Meter) -> None:
        self._calls = meter.create_counter("erplink.calls", "{call}", "calls sent, by operation and verdict")
        self._duration = meter.create_histogram(
            "erplink.call.duration",
            "s",
            "from sending a call to its whole reply",
            explicit_bucket_boundaries_advisory=_BOUNDARIES,
        )
        self._retries = meter.create_counter("erplink.retries", "{retry}", "calls and messages tried once more")
        self._held = meter.create_counter("erplink.held", "{call}", "calls that were not sent, by operation and error")
        self._messages = meter.create_counter("erplink.messages", "{message}", "messages worked off, by how they ended")
        self._documents = meter.create_counter("erplink.documents", "{document}", "documents read")
        self._backlog = meter.create_gauge("erplink.backlog", "{message}", "messages waiting, parked and dead")
        self._age = meter.create_gauge("erplink.backlog.age", "s", "age of the oldest message that waits")
        self._shown: set[tuple[str, str, str]] = set()

    def count(self, event: Event) -> None:
        """Count one finished stretch of work."""
        facts = event.facts
        match event.name:
            case "erp.call" | "erp.login":
                self._call(event)
            case "erp.held":
                self._held.add(1, {"operation": str(facts.get("operation", "")), "why": type(event.error).__name__})
            case "deliver" if _number(facts.get("attempt")) > 1:
                self._retries.add(1, {"of": "message"})
            case "batch":
                self._add(self._messages, facts, ("box", "system"), "ended", facts.get("ended"))
            case "pull":
                kinds = {kind: facts.get(kind) for kind in ("fresh", "known", "broken")}
                self._add(self._documents, facts, ("system", "entity"), "kind", kinds)
            case "backlog":
                self._left(facts.get("queues"))
            case _:
                pass

    def _call(self, event: Event) -> None:
        operation = str(event.facts.get("operation", ""))
        verdict = str(event.facts.get("verdict", "ok")) if event.error is None else type(event.error).__name__
        self._calls.add(1, {"operation": operation, "verdict": verdict})
        self._duration.record(event.seconds, {"operation": operation})
        if _number(event.facts.get("attempt")) > 1:
            self._retries.add(1, {"of": "call"})

    @staticmethod
    def _add(
        counter: Counter, facts: Mapping[str, object], shared: tuple[str, ...], name: str, figures: object
    ) -> None:
        known = {each: str(facts.get(each, "")) for each in shared}
        for kind, number in figures.items() if isinstance(figures, Mapping) else ():
            if _number(number):
                counter.add(_number(number), {**known, name: str(kind)})

    def _left(self, queues: object) -> None:
        """Show what is left, and nothing of what was left and is no more."""
        told = [queue for queue in queues if isinstance(queue, Mapping)] if isinstance(queues, list) else []
        figures = {(str(each["box"]), str(each["system"]), str(each["operation"])): each for each in told}
        gone, self._shown = self._shown - figures.keys(), set(figures)
        for key in (*figures, *gone):
            figure = figures.get(key, {})
            named: dict[str, str] = dict(zip(("box", "system", "operation"), key, strict=True))
            for state in ("waiting", "parked", "dead"):
                self._backlog.set(_number(figure.get(state)), {**named, "state": state})
            self._age.set(_number(figure.get("oldest")), named)


def _number(value: object) -> int | float:
    return value if isinstance(value, int | float) else 0
