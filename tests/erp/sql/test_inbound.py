"""Rows of an intermediate table are taken once, by one of many, and are done when they are kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from erplink import Link, connect
from erplink.errors import ConfigInvalid, NotFound, ShapeChanged, Unsupported
from erplink.facade.clock import utc_now
from erplink.facade.manifest import load_manifest
from erplink.wire.adapter import Window
from tests.erp.sql.between import INBOUND, flags, hours_later, outbox, write_out
from tests.erp.sql.conftest import Place, on
from tests.erp.sql.old_erp import numbers, pages
from tests.store.proxy import wire

ANY = Window(None, utc_now())
POLICY = """
programme: Points
id: p1
zone: Asia/Shanghai
assembly: {completed: closed}
points:
  clock: completed_at
  rules:
    - {id: base, kind: rate, per_yuan: "1"}
"""


def test_a_row_is_done_when_the_page_after_it_is_asked_for(place: Place) -> None:
    with outbox(place, 5) as old, old.open(INBOUND, page=2) as erp:
        walk = pages(erp, ANY)
        first = next(walk)
        assert (numbers([*first.items]), flags(old)) == (["S0001", "S0002"], "PPNNN")
        assert [len(one.lines) for one in first.items] == [2, 2]  # type: ignore[union-attr]
        second = next(walk)
        assert (numbers([*second.items]), flags(old)) == (["S0003", "S0004"], "DDPPN")
        assert numbers([*next(walk).items]) == ["S0005"]
        assert list(walk) == []
        assert flags(old) == "DDDDD"
        assert list(erp.orders.changes("2026-01-01")) == []
        write_out(old, 6)
        assert numbers([*erp.orders.changes("2026-01-01")]) == ["S0006"]
        assert flags(old) == "DDDDDD"


def test_what_a_worker_left_behind_comes_again_when_its_lease_has_run_out(place: Place) -> None:
    with outbox(place, 4) as old, old.open(INBOUND, page=2) as erp:
        walk = pages(erp, ANY)
        next(walk)
        assert flags(old) == "PPNN"
        with old.open(INBOUND, page=10) as other:
            assert numbers([*other.orders.changes("2026-01-01")]) == ["S0003", "S0004"]
            assert flags(old) == "PPDD"
            hours_later(old)
            late = pages(other, ANY)
            assert numbers([*next(late).items]) == ["S0001", "S0002"]
            # The first one wakes up: what is another's now is not its to confirm.
            assert list(walk) == []
            assert flags(old) == "PPDD"
            assert list(late) == []
        assert flags(old) == "DDDD"


def test_a_page_that_was_kept_is_confirmed_by_its_token_and_not_given_again(place: Place) -> None:
    with outbox(place, 3) as old:
        with old.open(INBOUND, page=2) as erp:
            kept = next(pages(erp, ANY))
            assert flags(old) == "PPN"
        with old.open(INBOUND, page=2) as erp:
            walk = pages(erp, ANY, kept.token)
            assert numbers([*next(walk).items]) == ["S0003"]
            assert flags(old) == "DDP"
            assert list(walk) == []
            with pytest.raises(ConfigInvalid, match="token"):
                list(pages(erp, ANY, '{"of":"k3 orders","id":7}'))
            with pytest.raises(ConfigInvalid, match="token"):
                list(pages(erp, ANY, kept.token.replace("orders", "returns")))
            assert list(pages(erp, ANY, kept.token)) == []
        assert flags(old) == "DDD"


def test_a_row_that_cannot_be_read_is_marked_for_a_person_and_comes_again_when_it_is_mended(place: Place) -> None:
    with outbox(place, 3) as old:
        write_out(old, 4, amount="二十元")
        write_out(old, 5)
        lines = old.metadata.tables["lines_out"]
        orders = old.metadata.tables["orders_out"]
        with old.open(INBOUND, page=10) as erp:
            (page,) = pages(erp, ANY)
            assert numbers([*page.items]) == ["S0001", "S0002", "S0003", "S0005"]
            assert [one.number for one in page.broken] == ["S0004"]
            assert flags(old) == "DDDED"
            ((said,),) = old.all("SELECT err FROM orders_out WHERE id = 4")
            assert "amount" in said
            assert "a number, found str" in said
            old.do(sa.update(lines).where(lines.c.order_id == 4).values(amount="20.00"))
            old.do(sa.update(orders).where(orders.c.id == 4).values(flag="N"))
            assert numbers([*erp.orders.changes("2026-01-01")]) == ["S0004"]
            assert flags(old) == "DDDDD"
            assert old.all("SELECT err FROM orders_out WHERE id = 4") in ([("",)], [(None,)])


def test_whoever_stops_at_a_broken_row_is_not_stopped_by_it_again(place: Place) -> None:
    with outbox(place, 2) as old, old.open(INBOUND, page=10) as erp:
        write_out(old, 3, amount="x")
        with pytest.raises(ShapeChanged, match="S0003"):
            list(erp.orders.changes("2026-01-01"))
        assert flags(old) == "PPE"
        hours_later(old)
        assert numbers([*erp.orders.changes("2026-01-01")]) == ["S0001", "S0002"]
        assert flags(old) == "DDE"


def test_a_broken_row_of_a_page_that_was_kept_is_not_confirmed_by_the_token(place: Place) -> None:
    with outbox(place, 1) as old:
        write_out(old, 2, amount="x")
        with old.open(INBOUND, page=10) as erp:
            kept = next(pages(erp, ANY))
        with old.open(INBOUND, page=10) as erp:
            assert list(pages(erp, ANY, kept.token)) == []
        assert flags(old) == "DE"


def test_two_rows_of_one_number_are_two_documents_and_the_newest_is_got(place: Place) -> None:
    with outbox(place) as old:
        write_out(old, 1, amount="1.00", number="S1")
        write_out(old, 2, amount="2.00", number="S1")
        with old.open(INBOUND) as erp:
            found = list(erp.orders.changes("2026-01-01"))
            assert [str(one.lines[0].amount) for one in found] == ["1.00", "2.00"]
            assert str(erp.orders.get("S1").lines[0].amount) == "2.00"
            with pytest.raises(NotFound):
                erp.orders.get("S2")
            with pytest.raises(Unsupported, match="cannot list"):
                list(erp.orders.list())
            with pytest.raises(Unsupported, match="cannot list"):
                list(pages(erp, Window()))


def test_workers_at_the_same_time_share_the_rows(place: Place) -> None:
    with outbox(place, 200, lines=1) as old:
        settings = load_manifest(old.manifest(INBOUND, page=7))

        def work(_: int) -> list[str]:
            with connect(settings) as erp:
                return numbers([*erp.orders.changes("2026-01-01")])

        with ThreadPoolExecutor(4) as pool:
            shares = list(pool.map(work, range(4)))
        taken = Counter(number for share in shares for number in share)
        assert taken == Counter(f"S{n:04d}" for n in range(1, 201))
        assert flags(old) == "D" * 200
        assert old.all("SELECT COUNT(*) FROM orders_out WHERE worker IS NULL") == [(0,)]


WORKER = """
import sys
from erplink import connect
from erplink.facade.manifest import load_manifest
from erplink.facade.step import iterate
from erplink.facade.clock import utc_now
from erplink.wire.adapter import Window

with connect(load_manifest(sys.argv[1])) as erp:
    for page in iterate(erp.adapter.pages("orders", Window(None, utc_now()))):
        print(" ".join(one.number for one in page.items), flush=True)
        sys.stdin.readline()
print("end", flush=True)
"""


@on("postgresql")
def test_a_worker_that_is_killed_between_claim_and_confirm_loses_nothing(place: Place) -> None:
    with outbox(place, 30) as old:
        manifest = old.manifest(INBOUND, page=4)
        kept: list[str] = []
        for victim in (True, True, False, False):
            with subprocess.Popen(
                [sys.executable, "-c", WORKER, str(manifest)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                assert process.stdin is not None
                for page in count():
                    told = process.stdout.readline().split()
                    if told == ["end"]:
                        break
                    if victim and page == 2:
                        process.send_signal(signal.SIGKILL)
                        break
                    kept += told
                    process.stdin.write("\n")
                    process.stdin.flush()
                process.communicate()
            hours_later(old)
        assert flags(old) == "D" * 30
        assert set(kept) == {f"S{n:04d}" for n in range(1, 31)}
        # Each of the killed had kept its pages; what it had not confirmed was given again.
        assert len(kept) == len(set(kept)) == 30


@on("postgresql", "mariadb", "sqlite")
def test_processes_at_the_same_time_share_the_rows(place: Place) -> None:
    with outbox(place, 120, lines=1) as old, ExitStack() as stack:
        manifest = old.manifest(INBOUND, page=3)
        command = [sys.executable, "-c", WORKER, str(manifest)]
        workers = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(3)
        ]
        shares = [worker.communicate("\n" * 200)[0].split() for worker in workers]
        taken = Counter(number for share in shares for number in share if number != "end")
        assert taken == Counter(f"S{n:04d}" for n in range(1, 121))
        assert flags(old) == "D" * 120


@on("postgresql")
@pytest.mark.parametrize("verb", [b"UPDATE", b"COMMIT"])
def test_a_claim_whose_answer_is_lost_is_the_same_claim_again(place: Place, verb: bytes) -> None:
    with outbox(place, 3) as old, wire(place.url) as line:
        manifest = old.manifest(INBOUND, page=2)
        manifest.write_text(manifest.read_text("utf-8").replace(place.url, line.url), "utf-8")
        with connect(load_manifest(manifest)) as erp:
            erp.now()
            seen = count()
            line.fate = lambda sent: "unanswered" if verb in sent and next(seen) == 0 else "pass"
            assert numbers([*erp.orders.changes("2026-01-01")]) == ["S0001", "S0002", "S0003"]
        assert next(seen) > 1
        assert flags(old) == "DDD"


def test_a_sync_takes_rows_into_the_books(place: Place) -> None:
    books = f"sqlite:///{place.folder / 'books.db'}"
    with outbox(place, 5) as old, old.open(INBOUND, page=2) as erp, Link.open(books, space="acme") as link:
        link.policies.publish(POLICY)
        link.attach("k3", erp, lag=timedelta(0))
        (pulled,) = link.sync().pulled
        assert (pulled.entity, pulled.fresh) == ("orders", 5)
        assert flags(old) == "DDDDD"
        assert link.sync().pulled[0].fresh == 0
        write_out(old, 6, amount="x")
        assert link.sync().pulled[0].broken == 1
        assert flags(old) == "DDDDDE"
        assert json.dumps([one.target for one in link.dead.list()]) == '["S0006"]'


@pytest.mark.parametrize("column", ['claimed_by = "worker"\n', 'claimed_at = "taken_at"\n'])
def test_a_table_that_cannot_say_who_has_a_row_is_refused(tmp_path: Path, column: str) -> None:
    (tmp_path / "erp.db").touch()
    head = 'erplink = 1\nkind = "sql"\nname = "k3"\n[database]\nurl = "sqlite:///erp.db"\n'
    (tmp_path / "erp.toml").write_text(head + INBOUND.replace(column, ""), "utf-8")
    with pytest.raises(ConfigInvalid, match="nobody can tell a row that another worker has"):
        load_manifest(tmp_path / "erp.toml")
