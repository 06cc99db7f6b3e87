"""Log records as an application meets them: stdlib, JSON, structlog; and nothing in them that is nobody's business."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from erplink import Link, connect
from erplink.facade.observe import Ending, Event
from erplink.link.values import HostEvent
from erplink.observe import together
from erplink.observe.logs import Logs
from erplink.observe.otel import OpenTelemetry
from erplink.testing.worlds.kingdee import KingdeeWorld, serve
from tests.link.company import PLAIN, WRITES, Clock, Company, company
from tests.link.test_loop import SHOP


def told(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, Any]]:
    """The records of one event, as JSON gives them back."""
    records = [vars(record)["erplink"] for record in caplog.records if "erplink" in vars(record)]
    found: list[dict[str, Any]] = [each for each in json.loads(json.dumps(records)) if each["event"] == name]
    return found


def test_every_stretch_of_work_is_one_record_with_plain_values(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "erplink")
    with (
        company(tmp_path, *SHOP) as erp,
        connect(erp.settings(), observe=Logs()) as opened,
        Link.open("sqlite://", space="acme") as link,
    ):
        link.policies.publish(PLAIN)
        link.attach("kingdee", opened, writes=WRITES)
        link.worker(name="one").run_once()
    (orders,) = [each for each in told(caplog, "pull") if each["entity"] == "orders"]
    assert orders == {"event": "pull", "seconds": orders["seconds"], "system": "kingdee", "entity": "orders"} | {
        "fresh": 3,
        "known": 0,
        "broken": 0,
    }
    assert [each["ended"] for each in told(caplog, "batch")] == [{"done": 2}]
    assert [(each["worker"], each["problems"]) for each in told(caplog, "round")] == [("one", 0)]
    levels = {
        vars(record)["erplink"]["event"]: record.levelname for record in caplog.records if "erplink" in vars(record)
    }
    assert levels == dict.fromkeys(("erp.login", "erp.call", "deliver"), "DEBUG") | dict.fromkeys(
        ("pull", "decide", "batch", "round", "backlog"), "INFO"
    )
    assert any(record.getMessage().startswith("pull in 0.") for record in caplog.records)


def test_a_failure_is_a_warning_with_the_error_in_words(caplog: pytest.LogCaptureFixture) -> None:
    Logs()(Event("deliver", {"operation": "orders.create"}, 0.2, ValueError("call 13900001111")))
    (record,) = caplog.records
    assert (record.levelname, record.name) == ("WARNING", "erplink")
    assert "message=call ***" in record.getMessage()


def test_structlog_shows_the_same_values(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ExtraAdder(),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ]
        )
    )
    logger = logging.getLogger("tests.observe.structlog")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    Logs(logger)(Event("pull", {"system": "kingdee", "entity": "orders", "fresh": 3}, 0.5))
    logger.removeHandler(handler)
    handler.close()
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["erplink"] == {"event": "pull", "seconds": 0.5} | {
        "system": "kingdee",
        "entity": "orders",
        "fresh": 3,
    }


def test_no_phone_no_unionid_and_no_secret_reaches_a_record_or_a_span(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    exporter, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    observer = together(Logs(), OpenTelemetry(tracers))
    with serve(KingdeeWorld(sample=True)) as running:
        erp = Company(running, tmp_path, Clock())
        with connect(erp.settings(), observe=observer) as opened, Link.open("sqlite://", space="acme") as link:
            people = list(opened.customers.list())
            private = {word for each in people for word in (each.phone, each.unionid) if word}

            def gossips(event: HostEvent) -> None:
                raise ValueError(f"cannot tell {event.member}: phone={people[1].phone}, unionid={people[1].unionid}")

            link.policies.publish(PLAIN)
            link.attach("kingdee", opened, writes=WRITES)
            link.on("points.changed", gossips)
            link.worker().run_once()
    private |= {running.credentials.app_secret, running.credentials.password}
    spans = "\n".join(
        f"{span.name} {dict(span.attributes or {})} {span.status.description}" for span in exporter.get_finished_spans()
    )
    records = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert len(private) > 20
    assert "cannot tell" in spans
    assert "cannot tell" in records
    assert [word for word in private if word in spans or word in records] == []


def test_several_observers_hear_the_same_and_one_that_fails_takes_nothing_from_the_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    class Begins:
        def begin(self, name: str, facts: Mapping[str, object]) -> Ending:
            heard.append(f"begin {name} {facts['operation']}")
            return lambda event: heard.append(f"end {event.name}")

    class Fails:
        def begin(self, name: str, facts: Mapping[str, object]) -> Ending:
            raise KeyError("the observer's own trouble", name, facts)

    with company(tmp_path, *SHOP) as erp:
        with connect(erp.settings(), observe=together(Begins(), lambda event: heard.append(event.name))) as opened:
            assert opened.orders.get("1001").number == "1001"
        with connect(erp.settings(), observe=Fails()) as opened:
            assert opened.orders.get("1001").number == "1001"
    assert heard[-3:] == ["begin erp.call ExecuteBillQuery", "erp.call", "end erp.call"]
    assert "the observer failed on erp.call" in caplog.text
