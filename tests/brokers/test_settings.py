"""Settings of brokers: what they refuse, what they keep to themselves, and what they need."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from erplink import ConfigInvalid
from erplink.brokers import Nats, Redis


def nats(**given: Any) -> Nats:  # noqa: ANN401 - wrong settings too
    return Nats(**({"url": "nats://127.0.0.1:4222", "stream": "ORDERS"} | given))


def redis(**given: Any) -> Redis:  # noqa: ANN401 - likewise
    return Redis(**({"url": "redis://127.0.0.1:6379/0", "stream": "orders"} | given))


@pytest.mark.parametrize("settings", [nats, redis])
@pytest.mark.parametrize(
    "wrong",
    [
        {"url": ""},
        {"url": "127.0.0.1:4222"},
        {"url": "amqp://127.0.0.1"},
        {"url": "nats://:4222"},
        {"url": "redis://host:port"},
        {"stream": ""},
        {"stream": "two words"},
        {"stream": "订单\n"},
        {"wait": 0.0},
        {"wait": float("nan")},
        {"redeliver": -1.0},
        {"redeliver": float("inf")},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_refused_by_name(settings: Any, wrong: dict[str, Any]) -> None:  # noqa: ANN401
    with pytest.raises(ConfigInvalid) as refused:
        settings(**wrong)
    (name,) = wrong
    assert ("address" if name == "url" else name) in str(refused.value)


def test_names_that_nats_does_not_allow_are_refused() -> None:
    for wrong in ({"stream": "ORDERS.new"}, {"durable": "a*"}, {"durable": ""}, {"subject": "a b"}):
        with pytest.raises(ConfigInvalid):
            nats(**wrong)
    assert redis(stream="orders.new").stream == "orders.new"


def test_secrets_stay_out_of_sight() -> None:
    for settings in (
        nats(url="nats://shop:hunter2@a.example:4222, nats://shop:hunter2@b.example:4222"),
        redis(url="rediss://:hunter2@a.example:6380/1"),
    ):
        assert "hunter2" not in repr(settings)
        assert "a.example" in repr(settings)
    with pytest.raises(ConfigInvalid) as refused:
        nats(url="http://shop:hunter2@a.example")
    assert "hunter2" not in str(refused.value)


IMPORTS = "import sys; from erplink import Link; from erplink.brokers import Nats, Redis; "


@pytest.mark.parametrize(("library", "name"), [("nats", "NATS"), ("redis", "Redis")])
def test_a_library_that_is_missing_is_named_with_its_extra(library: str, name: str) -> None:
    script = f"{IMPORTS} sys.modules[{library!r}] = None; {library.capitalize()}('{library}://h', 's').open()"
    ended = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert f"erplink.errors.ConfigInvalid: {name} needs a library that is not installed" in ended.stderr
    assert f"pip install 'erplink[{library}]'" in ended.stderr


def test_no_library_is_loaded_before_a_broker_is_opened() -> None:
    script = f"{IMPORTS} print({{'nats', 'redis'}} & {{*sys.modules}})"
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout == "set()\n"
