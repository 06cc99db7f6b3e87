from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from erplink import connect
from erplink.erp.kingdee import Kingdee
from erplink.testing.worlds.kingdee import KingdeeWorld, serve
from tests.cli.shell import Ended, erplink, orders_file, running

WORLD = KingdeeWorld(sample=True)


@contextmanager
def mock(cwd: Path, *options: str | Path) -> Iterator[dict[str, str]]:
    """A running ``erplink mock kingdee``: the settings it printed, by name."""
    with running("mock", "kingdee", "--port", "0", *options, cwd=cwd) as process:
        assert process.stdout is not None
        printed: dict[str, str] = {}
        for line in process.stdout:
            found = re.fullmatch(r"export ERPLINK_KINGDEE_(\w+)=(\S+)\n", line)
            if found:
                printed[found[1].lower()] = found[2]
            if "Ctrl-C" in line:
                break
        yield printed
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


def kingdee(printed: dict[str, str]) -> Kingdee:
    return Kingdee(
        url=printed["url"],
        acct_id=printed["acct_id"],
        username=printed["username"],
        app_id=printed["app_id"],
        app_secret=printed["app_secret"],
    )


def test_the_mock_prints_credentials_that_log_in(tmp_path: Path) -> None:
    with mock(tmp_path, "--orders", orders_file(tmp_path)) as printed, connect(kingdee(printed)) as erp:
        assert {customer.number for customer in erp.customers.list()} == {*(f"C{n}" for n in range(6)), "WALKIN"}
        assert erp.orders.get("1000").customer == "C0"


def test_an_empty_mock_keeps_what_is_written_when_it_has_a_state_file(tmp_path: Path) -> None:
    for number in (1, 2):
        with mock(tmp_path, "--empty", "--state", tmp_path / "state") as printed, connect(kingdee(printed)) as erp:
            erp.raw.call(
                "Save", {"formid": "BD_Customer", "data": {"Model": {"FNumber": f"N{number}", "FName": "新客户"}}}
            )
            assert len(list(erp.customers.list())) == number


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = erplink("mock", "kingdee", "--port", port, cwd=tmp_path)
    assert done.code == 2
    assert f"port {port} cannot be used" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--faults", "[1"), "--faults"),
        (("--faults", '{"kind": "gremlin"}'), "gremlin"),
        (("--zone", "Asia/Shangai"), "Asia/Shangai"),
    ],
)
def test_a_wrong_option_of_the_mock_is_one_sentence(options: tuple[str, ...], word: str, tmp_path: Path) -> None:
    done = erplink("mock", "kingdee", "--port", "0", *options, cwd=tmp_path)
    assert done.code == 2
    assert word in done.err
    assert len(done.err.splitlines()) == 1


def doctor(cwd: Path, url: str, *options: str | Path, acct_id: str = "", secret: str | None = None) -> Ended:
    login = WORLD.credentials
    who = ("--acct-id", acct_id or login.acct_id, "--username", login.username, "--app-id", login.app_id)
    env = {"ERPLINK_APP_SECRET": login.app_secret if secret is None else secret}
    return erplink("doctor", "--url", url, *who, *options, cwd=cwd, env=env)


def test_the_doctor_finds_a_healthy_kingdee_healthy_and_records_no_secret(tmp_path: Path) -> None:
    with serve(WORLD) as served:
        done = doctor(tmp_path, served.url, "--record", tmp_path / "kept", "--json")
    assert done.code == 0, done.out + done.err
    told = json.loads(done.out)
    assert told["ok"] is True
    assert {"address", "login", "data centre", "clock"} <= {check["name"] for check in told["checks"]}
    kept = [path.read_text(encoding="utf-8") for path in sorted((tmp_path / "kept").iterdir())]
    assert kept
    assert not any(WORLD.credentials.app_secret in text for text in [*kept, done.out, done.err])


def test_the_doctor_tries_a_wrong_secret_once_and_says_what_to_check(tmp_path: Path) -> None:
    with serve(WORLD) as served:
        done = doctor(tmp_path, served.url, secret="0" * 32)
        door = served.url.replace("/k3cloud/", "/_world/stats")
        stats = httpx.get(door, trust_env=False).json()
    assert done.code == 3
    assert "FAIL  login" in done.out
    assert "app_secret" in done.out
    assert "0" * 32 not in done.out + done.err
    assert (stats["refused_logins"], stats["calls"].get("ExecuteBillQuery", 0)) == (1, 1)


def test_the_doctor_names_the_data_centres_that_exist(tmp_path: Path) -> None:
    with serve(WORLD) as served:
        done = doctor(tmp_path, served.url, acct_id="5f0cffffffffff")
    assert done.code == 3
    assert "5f0cffffffffff" in done.out
    assert WORLD.credentials.acct_id in done.out


def test_the_doctor_tells_a_wrong_path_from_a_dead_address(tmp_path: Path) -> None:
    with serve(WORLD) as served:
        path = doctor(tmp_path, served.url.replace("k3cloud", "k4cloud"))
        url = served.url
    dead = doctor(tmp_path, url)
    assert (path.code, dead.code) == (3, 3)
    assert "/k3cloud/ address?" in path.out
    assert "does not answer" in dead.out


@pytest.mark.parametrize(
    ("url", "secret", "word"), [("erp.example.com", "x", "http://"), ("http://localhost", "", "SECRET")]
)
def test_the_doctor_says_what_is_missing_before_it_calls_anybody(
    url: str, secret: str, word: str, tmp_path: Path
) -> None:
    done = doctor(tmp_path, url, secret=secret)
    assert done.code == 2
    assert word in done.err
    assert len(done.err.splitlines()) == 1
