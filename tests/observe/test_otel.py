"""OpenTelemetry as an application meets it: its own providers, in-memory exporters, a real ERP over HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import field, frozen
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from erplink import AsyncLink, Calling, Link, Rate, connect, connect_async
from erplink.errors import LoginRefused, Paused, ServerFault
from erplink.facade.clock import utc_now
from erplink.facade.observe import Event
from erplink.link.values import HostEvent
from erplink.observe.otel import OpenTelemetry
from tests.link.company import PLAIN, WRITES, Company, company
from tests.link.test_loop import SHOP


@frozen
class Telemetry:
    """What an application would see of its traces and metrics."""

    observer: OpenTelemetry
    tracers: TracerProvider
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader = field(repr=False)

    def spans(self, start: str = "") -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name.startswith(start)]

    def ancestors(self, span: ReadableSpan) -> list[str]:
        """The names of the spans around it, innermost first."""
        by_id = {each.context.span_id: each for each in self.exporter.get_finished_spans() if each.context}
        names: list[str] = []
        while span.parent is not None and span.parent.span_id in by_id:
            span = by_id[span.parent.span_id]
            names.append(span.name)
        return names

    def figures(self, metric: str) -> dict[tuple[str, ...], Any]:
        """The points of one metric, by the values of their attributes in the order of their names."""
        data = self.reader.get_metrics_data()
        scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
        points = [
            point
            for scope in scopes
            for each in scope.metrics
            if each.name == metric
            for point in each.data.data_points
        ]
        return {
            tuple(str(value) for _, value in sorted((point.attributes or {}).items())): (
                point.count if isinstance(point, HistogramDataPoint) else getattr(point, "value", None)
            )
            for point in points
        }


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    yield Telemetry(OpenTelemetry(tracers, meters), tracers, exporter, reader)
    tracers.shutdown()
    meters.shutdown()


def sync_in_threads(erp: Company, telemetry: Telemetry) -> None:
    url = f"sqlite:///{erp.folder / 'threads.db'}"
    tracer = telemetry.tracers.get_tracer("the host's own")
    with (
        connect(erp.settings(), parallel=2, observe=telemetry.observer) as opened,
        Link.open(url, space="acme") as link,
    ):
        link.policies.publish(PLAIN)
        link.attach("kingdee", opened, writes=WRITES, parallel=2)
        with tracer.start_as_current_span("GET /sync"):
            link.worker().run_once()


def sync_in_tasks(erp: Company, telemetry: Telemetry, backend: str) -> None:
    url = f"sqlite:///{erp.folder / 'tasks.db'}"
    tracer = telemetry.tracers.get_tracer("the host's own")

    async def main() -> None:
        async with (
            connect_async(erp.settings(), parallel=2, observe=telemetry.observer) as opened,
            AsyncLink.open(url, space="acme") as link,
        ):
            await link.policies.publish(PLAIN)
            link.attach("kingdee", opened, writes=WRITES, parallel=2)
            with tracer.start_as_current_span("GET /sync"):
                await link.worker().run_once()

    anyio.run(main, backend=backend)


@pytest.mark.parametrize("way", ["threads", "asyncio", "trio"])
def test_spans_nest_as_the_work_does_below_the_span_of_the_host(tmp_path: Path, telemetry: Telemetry, way: str) -> None:
    with company(tmp_path, *SHOP) as erp:
        if way == "threads":
            sync_in_threads(erp, telemetry)
        else:
            sync_in_tasks(erp, telemetry, way)
    around = {" / ".join([span.name, *telemetry.ancestors(span)]) for span in telemetry.spans()}
    assert {
        "GET /sync",
        "round / GET /sync",
        "decide / round / GET /sync",
        "erp.call ExecuteBillQuery / pull orders / round / GET /sync",
        "batch / round / GET /sync",
        "deliver customers.update / batch / round / GET /sync",
        "erp.call Save / deliver customers.update / batch / round / GET /sync",
    } <= around
    assert all(each.endswith("GET /sync") for each in around)
    assert {span.kind for span in telemetry.spans("erp.")} == {SpanKind.CLIENT}
    (call, *_) = telemetry.spans("erp.call Save")
    assert dict(call.attributes or {})["erplink.verdict"] == "ok"
    (pulled,) = telemetry.spans("pull orders")
    assert dict(pulled.attributes or {}) == {
        "erplink.system": "kingdee",
        "erplink.entity": "orders",
        "erplink.fresh": 3,
        "erplink.known": 0,
        "erplink.broken": 0,
    }


def test_metrics_count_calls_messages_and_documents(tmp_path: Path, telemetry: Telemetry) -> None:
    with company(tmp_path, *SHOP) as erp:
        erp.arm({"kind": "bad_gateway", "operation": "Save"}, {"kind": "bad_gateway", "operation": "ExecuteBillQuery"})
        sync_in_threads(erp, telemetry)
        sent = erp.stats()["calls"]
    calls = telemetry.figures("erplink.calls")
    assert sum(calls.values()) == sum(sent.values())
    assert calls["Save", "ok"] == 2
    assert telemetry.figures("erplink.call.duration")["Save",] == 3
    assert telemetry.figures("erplink.retries")["call",] >= 1
    assert telemetry.figures("erplink.messages") == {("outbox", "done", "kingdee"): 2}
    assert telemetry.figures("erplink.documents")["orders", "fresh", "kingdee"] == 3


def test_calls_tried_again_and_calls_held_back_are_counted(tmp_path: Path, telemetry: Telemetry) -> None:
    with company(tmp_path, *SHOP) as erp:
        four_a_day = erp.settings(calling=Calling(rate=Rate(1, per=86_400.0, burst=4), base=0.0))
        with connect(four_a_day, observe=telemetry.observer) as opened:
            opened.orders.get("1001")
            erp.arm({"kind": "bad_gateway", "operation": "ExecuteBillQuery"})
            opened.orders.get("1001")
            for _ in range(2):
                with pytest.raises(Paused):
                    opened.orders.get("1001")
    assert telemetry.figures("erplink.retries") == {("call",): 1}
    assert telemetry.figures("erplink.held") == {("ExecuteBillQuery", "Paused"): 2}


def test_a_message_tried_again_is_a_retry_and_what_waits_is_the_backlog(tmp_path: Path, telemetry: Telemetry) -> None:
    ahead, mended = [timedelta(0)], [False]

    def listener(event: HostEvent) -> None:
        if not mended[0]:
            raise ValueError(f"{event.name} not yet, says 13900001111")

    with (
        company(tmp_path, *SHOP) as erp,
        connect(erp.settings(), observe=telemetry.observer) as opened,
        Link.open("sqlite://", space="acme", clock=lambda: utc_now() + ahead[0]) as link,
    ):
        link.policies.publish(PLAIN)
        link.attach("kingdee", opened, writes=WRITES)
        link.on("points.changed", listener)
        worker = link.worker()
        worker.run_once()
        waiting = ("outbox", "points.changed", "waiting", "host")
        assert telemetry.figures("erplink.backlog")[waiting] == 2
        ahead[0], mended[0] = timedelta(hours=1), True
        worker.run_once()
        assert telemetry.figures("erplink.backlog")[waiting] == 0
    assert telemetry.figures("erplink.retries")["message",] >= 2
    failed = [span for span in telemetry.spans("deliver points.changed") if span.status.status_code is StatusCode.ERROR]
    assert {span.status.description for span in failed} == {"points.changed not yet, says ***"}
    assert {dict(span.attributes or {})["error.type"] for span in failed} == {"ValueError"}
    assert not any(span.events for span in failed), "no stack trace, which may hold anything"


def test_an_error_that_is_none_of_ours_and_a_cancelled_call_are_told_apart(telemetry: Telemetry) -> None:
    telemetry.observer.begin("pull", {})(Event("pull", {}, 0.1, KeyboardInterrupt()))
    telemetry.observer.begin("pull", {})(Event("pull", {}, 0.1, ServerFault("no")))
    telemetry.observer.begin("erp.login", {})(Event("erp.login", {"operation": "LoginBySign"}, 0.1, LoginRefused("no")))
    assert [span.status.status_code.name for span in telemetry.spans()] == ["UNSET", "ERROR", "ERROR"]
    assert telemetry.figures("erplink.calls") == {("LoginBySign", "LoginRefused"): 1}


def test_without_the_library_the_extra_is_named() -> None:
    program = "import sys; sys.modules['opentelemetry'] = None; import erplink.observe.otel"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert "install the extra 'otel': pip install 'erplink[otel]'" in done.stderr.splitlines()[-1]
