"""``erplink mock`` of every door of the shop: what it prints opens the books it serves."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from erplink import connect
from erplink.erp.kingdee.cosmic import Cosmic
from erplink.erp.kingdee.xingchen import Xingchen
from tests.cli.shell import erplink, orders_file, running


@contextmanager
def mock(cwd: Path, *options: str | Path) -> Iterator[dict[str, str]]:
    """A running mock: the variables it printed."""
    with running("mock", *options, "--port", "0", cwd=cwd) as process:
        assert process.stdout is not None
        printed: dict[str, str] = {}
        for line in process.stdout:
            found = re.fullmatch(r"export (ERPLINK_\w+)='?([^']+?)'?\n", line)
            if found:
                printed[found[1]] = found[2]
            if "Ctrl-C" in line:
                break
        yield printed
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def announced(cwd: Path, *options: str | Path) -> Any:  # noqa: ANN401 - JSON
    with running("mock", *options, "--port", "0", "--json", cwd=cwd) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.wait(30)
        return told


def test_the_rest_mock_prints_credentials_that_log_in(tmp_path: Path) -> None:
    with mock(tmp_path, "rest", "--house", "typed", "--orders", orders_file(tmp_path)) as printed:
        auth = (printed["ERPLINK_SECRET_USERNAME"], printed["ERPLINK_SECRET_PASSWORD"])
        headers = {"X-Company": printed["ERPLINK_REST_COMPANY"]}
        found = httpx.get(printed["ERPLINK_REST_URL"] + "orders/1000", auth=auth, headers=headers, trust_env=False)
        assert found.json()["customer_code"] == "C0"


def test_the_soap_mock_prints_where_its_wsdl_is(tmp_path: Path) -> None:
    with mock(tmp_path, "soap", "--house", "rpc", "--empty") as printed:
        text = httpx.get(printed["ERPLINK_SOAP_WSDL"], trust_env=False).text
        assert 'style="rpc"' in text
        assert set(printed) == {
            "ERPLINK_SOAP_URL",
            "ERPLINK_SOAP_WSDL",
            "ERPLINK_SECRET_USERNAME",
            "ERPLINK_SECRET_PASSWORD",
        }


def test_the_cosmic_mock_prints_settings_that_connect(tmp_path: Path) -> None:
    with mock(tmp_path, "cosmic", "--orders", orders_file(tmp_path)) as printed:
        known = {name.removeprefix("ERPLINK_COSMIC_").lower(): value for name, value in printed.items()}
        known.pop("digest_key")
        with connect(Cosmic(**known)) as erp:  # type: ignore[arg-type]
            assert erp.orders.get("1000").customer == "C0"


def test_the_xingchen_mock_prints_settings_that_connect(tmp_path: Path) -> None:
    with mock(tmp_path, "xingchen", "--orders", orders_file(tmp_path)) as printed:
        known = {name.removeprefix("ERPLINK_XINGCHEN_").lower(): value for name, value in printed.items()}
        with connect(Xingchen(**known)) as erp:  # type: ignore[arg-type]
            assert erp.orders.get("1000").customer == "C0"


def test_settings_of_a_platform_are_changed_one_by_one(tmp_path: Path) -> None:
    told = announced(tmp_path, "cosmic", "--set", "candidate=number", "--set", "tokens_per_minute=2", "--empty")
    assert told["seed"]["documents"]["orders"] == 0
    done = erplink("mock", "xingchen", "--set", "windows=maybe", cwd=tmp_path)
    assert (done.code, "true or false" in done.err) == (2, True)


def test_single_settings_are_changed_and_only_what_is_needed_is_told(tmp_path: Path) -> None:
    told = announced(tmp_path, "rest", "--set", "auth=bearer", "--set", "total=true", "--set", "page_limit=7")
    assert set(told) == {"url", "house", "auth", "token", "seed"}
    assert (told["auth"], told["seed"]["documents"]["orders"]) == ("bearer", 600)
    assert announced(tmp_path, "soap", "--set", "auth=none", "--empty")["auth"] == "none"


def test_a_mock_keeps_what_is_written_when_it_has_a_state_file(tmp_path: Path) -> None:
    options = ("rest", "--set", "auth=none", "--empty", "--state", tmp_path / "state")
    for number in (1, 2):
        with mock(tmp_path, *options) as printed:
            url = printed["ERPLINK_REST_URL"] + "customers"
            assert httpx.post(url, json={"name": "新客户"}, trust_env=False).status_code == 201
            assert len(httpx.get(url, trust_env=False).json()["items"]) == number


@pytest.mark.parametrize("kind", ["rest", "soap"])
def test_a_mock_can_be_stopped_through_its_control_door(kind: str, tmp_path: Path) -> None:
    with running("mock", kind, "--port", "0", "--empty", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        door = httpx.URL(json.loads(process.stdout.readline())["url"]).copy_with(path="/_world/stop", query=None)
        assert httpx.post(door, trust_env=False).json() == {"stopping": True}
        assert process.wait(30) == 0


@pytest.mark.parametrize("kind", ["rest", "soap"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--set", "colour=red"), ["'colour'", "auth", "page_limit"]),
        (("--set", "auth"), ["auth cannot be ''", "one of none"]),
        (("--set", "codes=maybe"), ["codes cannot be 'maybe'", "true or false"]),
        (("--set", "page_limit=many"), ["a whole number"]),
        (("--faults", '{"kind": "gremlin"}'), ["gremlin"]),
        (("--zone", "Asia/Shangai"), ["Asia/Shangai"]),
    ],
)
def test_a_wrong_option_is_one_sentence(kind: str, options: tuple[str, ...], words: list[str], tmp_path: Path) -> None:
    done = erplink("mock", kind, "--port", "0", *options, cwd=tmp_path)
    assert done.code == 2
    assert [word for word in words if word not in done.err] == []
    assert len(done.err.splitlines()) == 1


def test_settings_that_do_not_go_together_are_named(tmp_path: Path) -> None:
    done = erplink("mock", "soap", "--set", "multiref=true", cwd=tmp_path)
    assert (done.code, "belong to rpc/encoded" in done.err) == (2, True)
