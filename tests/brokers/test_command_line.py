"""`erplink intake` and `erplink book`, as a scheduler and as a person at a terminal call them."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from erplink import Link
from tests.brokers.orders import POLICY, assert_once, events, points_in
from tests.brokers.streams import Stream
from tests.cli.shell import COMMAND, environment


def command(url: str, *more: str) -> list[str]:
    return [*COMMAND, more[0], "--db", url, "--space", "acme", *more[1:]]


def intake(url: str, stream: Stream, *more: str) -> list[str]:
    return command(url, "intake", "--system", "shop", "--stream", stream.name, *more)


def run(words: Sequence[str], broker: str = "") -> subprocess.CompletedProcess[str]:
    known = environment({"ERPLINK_BROKER": broker} if broker else {})
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=120, env=known)


def test_a_scheduler_takes_in_what_is_there_and_books_it(tmp_path: Path, stream: Stream) -> None:
    url, broker = f"sqlite:///{tmp_path / 'books.db'}", stream.settings().url
    stream.publish([*events(range(600)), b"no event"])
    first = run(intake(url, stream, "--max", "200", "--json"), broker)
    assert (first.returncode, json.loads(first.stdout)) == (0, {"new": 200, "repeated": 0, "dead": 0})
    rest = run(intake(url, stream, "--until-empty"), broker)
    assert rest.returncode == 0, rest.stderr
    assert "400 new events, 0 repeated, 1 dead letters." in rest.stdout
    assert "took in 401 events" in rest.stdout
    with Link.open(url, space="acme") as link:
        link.policies.publish(POLICY)
    booked = run(command(url, "book", "--json"))
    assert json.loads(booked.stdout) == {"documents": 600, "dead": 0, "people": 50, "entries": 600}
    assert "0 documents" in run(command(url, "book")).stdout
    with Link.open(url, space="acme") as link:
        assert points_in(link.export()) == 6000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_it_in_order(tmp_path: Path, stream: Stream, number: signal.Signals) -> None:
    url, broker = f"sqlite:///{tmp_path / 'books.db'}", stream.settings().url
    stream.publish(events(range(300)))
    words = intake(url, stream, "--batch", "100", "--broker", broker)
    known = environment({"PYTHONUNBUFFERED": "1"})
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=known) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("taking events in")
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(30) == 0, said
    assert "finishing the batch at hand" in said
    taken = int(said.rpartition(" new events")[0].split()[-1])
    assert taken % 100 == 0
    assert stream.left() == 300 - taken
    assert run(intake(url, stream, "--until-empty"), broker).returncode == 0
    assert_once(url, range(300))


def test_wrong_words_are_refused_in_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    words = ("intake", "--system", "shop", "--stream", "orders")
    for broker, code, said in [
        ("amqp://127.0.0.1", 2, "names no broker that erplink knows"),
        ("nats://127.0.0.1:9", 5, "NATS is away"),
        ("redis://127.0.0.1:9", 5, "Redis is away"),
    ]:
        ended = run(command(url, *words), broker)
        assert (ended.returncode, said in ended.stderr) == (code, True), ended.stderr
    lost = run(command(url, *words, "--subject", "a"), "redis://127.0.0.1:9")
    assert (lost.returncode, "--subject is out of place" in lost.stderr) == (2, True)
