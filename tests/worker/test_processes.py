"""Workers as processes of their own: they share the work, end in order, and say with their exit code how it went."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import Popen
from threading import Event
from typing import Any

import pytest

from erplink import Link
from erplink.facade.clock import utc_now
from tests.cli.shell import Ended, erplink, running
from tests.link.company import WRITES, Company, company
from tests.link.test_loop import SHOP
from tests.worker.test_rounds import held

CUSTOMERS = 90
ROWS = [(f"{n}", f"C{n % CUSTOMERS}", "2026-03-01 10:00:00", "10001", 1, "100.00") for n in range(1000, 1180)]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def options(erp: Company, *more: str) -> list[str]:
    login = erp.running.credentials
    who = ["--url", erp.running.url, "--acct-id", login.acct_id, "--username", login.username, "--app-id", login.app_id]
    field = ["--field", "customers.points=F_ERPL_Points", "--write", "customers.update"]
    return ["worker", "--space", "acme", *who, *field, *more]


def secrets(erp: Company, **changed: str) -> Mapping[str, str]:
    known = {"ERPLINK_APP_SECRET": erp.running.credentials.app_secret, "ERPLINK_DB": erp.database()}
    return known | changed


def start(erp: Company, *more: str) -> Popen[str]:
    return running(*options(erp, "--json", *more), cwd=erp.folder, env=secrets(erp))


def once(erp: Company, *more: str, **env: str) -> Ended:
    return erplink(*options(erp, "--once", *more), cwd=erp.folder, env=secrets(erp, **env))


def rounds(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def health(erp: Company, *more: str) -> tuple[int, dict[str, Any]]:
    done = erplink("health", "--db", erp.database(), "--space", "acme", "--json", *more, cwd=erp.folder)
    return done.code, json.loads(done.out)


def saves(erp: Company) -> int:
    return erp.running.site.calls["Save"]


@POSIX
@pytest.mark.slow
def test_two_processes_on_one_database_do_the_work_of_one_once(tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    with company(tmp_path / "alone", *ROWS) as erp, erp.link(writes=frozenset({"customers.update"})) as link:
        link.worker().run_once()
        expected = link.export(), erp.written()
    with company(tmp_path, *ROWS) as erp, erp.link(writes=frozenset()) as link:
        written = Event()
        erp.clock.watch = lambda: written.set() if saves(erp) >= CUSTOMERS else None
        with start(erp, "--every", "1", "--name", "one") as one, start(erp, "--every", "1", "--name", "two") as two:
            assert written.wait(120)
            for each in (one, two):
                each.send_signal(signal.SIGTERM)
            ended = [each.communicate(timeout=60) for each in (one, two)]
        assert (one.returncode, two.returncode) == (0, 0), ended
        assert (link.export(), erp.written()) == expected
        assert saves(erp) == CUSTOMERS
        assert held(link, utc_now()) == []


@POSIX
@pytest.mark.slow
def test_a_signal_in_the_middle_ends_a_worker_in_order(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as erp, erp.link(writes=frozenset()) as link:
        written = Event()
        erp.clock.watch = lambda: written.set() if saves(erp) >= 3 else None
        with start(erp) as worker:
            assert written.wait(120)
            worker.send_signal(signal.SIGTERM)
            out, err = worker.communicate(timeout=60)
        assert worker.returncode == 0
        assert "ends after what is under way" in err
        assert [told["stopped"] for told in rounds(out)] == [True]
        (queue,) = link.health().queues
        assert 0 < queue.waiting < CUSTOMERS
        assert held(link, utc_now()) == []
        assert link.health().workers == ()
        assert once(erp).code == 0
        assert link.health().queues == ()
        assert saves(erp) == CUSTOMERS


@POSIX
def test_a_second_signal_ends_it_at_once_and_the_next_worker_takes_over(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as erp, erp.link(writes=frozenset()) as link:
        reached, release = Event(), Event()

        def hang() -> None:
            if saves(erp) >= 3 and not reached.is_set():
                reached.set()
                assert release.wait(120)

        erp.clock.watch = hang
        with start(erp) as worker:
            try:
                assert reached.wait(120)
                assert worker.stderr is not None
                worker.send_signal(signal.SIGINT)
                assert "the same again ends it at once" in worker.stderr.readline()
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(60) == -signal.SIGTERM
            finally:
                release.set()
        with erp.link(writes=WRITES) as other:
            other.worker().run_once()
            assert other.sync().unchanged
        assert link.health().queues == ()


def test_one_round_says_in_a_line_what_it_did_and_health_is_good_then(tmp_path: Path) -> None:
    with company(tmp_path, *SHOP) as erp, erp.link():
        done = once(erp)
        assert done.code == 0, done.err
        (line,) = done.out.splitlines()
        assert "read 16 documents; decided for 2 people, 4 entries; push kingdee: 2 done" in line
        code, told = health(erp)
        assert (code, told["healthy"], told["complaints"]) == (0, True, [])
        assert {each["entity"] for each in told["feeds"]} >= {"orders", "customers"}
        assert isinstance(told["workers"][0]["age"], float)
        code, told = health(erp, "--silent", "0")
        assert (code, told["healthy"]) == (3, False)
        assert "no worker has given a sign of life" in told["complaints"][0]
        shown = erplink("health", "--db", erp.database(), "--space", "acme", cwd=tmp_path)
        assert "All is well." in shown.out
        assert "shipments" in shown.out


@pytest.mark.slow
def test_what_one_round_met_is_its_exit_code(tmp_path: Path) -> None:
    with company(tmp_path, *SHOP) as erp:
        Link.open(erp.database("none"), space="acme").close()
        none = once(erp, ERPLINK_DB=erp.database("none"))
        assert (none.code, none.out.count("no policy is in force")) == (2, 1)
        for name in ("refused", "away"):
            with erp.link(database=name):
                pass
        refused = once(erp, "--json", ERPLINK_APP_SECRET="0" * 32, ERPLINK_DB=erp.database("refused"))
        assert refused.code == 3
        (problem,) = rounds(refused.out)[0]["problems"]
        assert (problem["part"], problem["error"]) == ("pull kingdee", "LoginRefused")
        assert "app_secret" in problem["next_step"]
        assert "0" * 32 not in refused.out + refused.err
        erp.arm({"kind": "bad_gateway", "next": 5})
        away = once(erp, "--json", ERPLINK_DB=erp.database("away"))
        assert away.code == 5
        assert [each["error"] for each in rounds(away.out)[0]["problems"]] == ["ServerFault"]


@pytest.mark.parametrize(
    ("more", "env", "word"),
    [
        (("--write", "orders.delete"), {}, "'orders.delete' is no write"),
        (("--field", "points"), {}, "'points' cannot be read"),
        ((), {"ERPLINK_APP_SECRET": ""}, "ERPLINK_APP_SECRET is not set"),
        ((), {"ERPLINK_DB": "nothing://"}, "is no database for erplink"),
    ],
)
def test_a_worker_that_cannot_work_says_why_in_a_sentence(
    tmp_path: Path, more: tuple[str, ...], env: dict[str, str], word: str
) -> None:
    with company(tmp_path) as erp:
        Link.open(erp.database(), space="acme").close()
        done = once(erp, *more, **env)
    assert done.code == 2
    assert word in done.err
    assert len(done.err.splitlines()) == 1
