from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from attrs import frozen

from erplink.testing.worlds.kingdee import KingdeeWorld, serve
from erplink.testing.worlds.kingdee.control import export as world_export
from erplink.testing.worlds.kingdee.serve import announcement
from erplink.testing.worlds.kingdee.site import Site
from tests.cli.shell import HEADER, Ended, erplink, export, orders_file, running


@frozen
class Twice:
    """Two runs on one folder, and what stood there after each."""

    folder: Path
    first: Ended
    second: Ended
    ledgers: tuple[str, str]
    journals: tuple[bytes, bytes]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    room = tmp_path_factory.mktemp("demo")
    folder = room / "erplink-demo"
    first = erplink("demo", cwd=room)
    assert first.code == 0, first.err
    ledger, journal = export(folder), (folder / "world.journal").read_bytes()
    second = erplink("demo", "--json", cwd=room)
    assert second.code == 0, second.err
    return Twice(folder, first, second, (ledger, export(folder)), (journal, (folder / "world.journal").read_bytes()))


def test_the_first_run_shows_who_leads_and_what_became_of_the_gifts(twice: Twice) -> None:
    out = twice.first.out
    assert "Members by points" in out
    assert "金卡" in out
    assert "What was refused and why" in out
    assert "库存不足" in out
    assert "peak memory of the client" in out
    assert f"report: {twice.folder / 'report.html'}" in out


def test_the_second_run_changes_nothing_and_says_so(twice: Twice) -> None:
    told = json.loads(twice.second.out)
    assert told["unchanged"] is True
    assert "Nothing changed" in told["verdict"]
    assert told["work"]["entries"] == told["work"]["written"] == 0
    assert twice.ledgers[0] == twice.ledgers[1]
    assert twice.journals[0] == twice.journals[1]


def test_json_holds_figures_that_agree_with_each_other(twice: Twice) -> None:
    told = json.loads(twice.second.out)
    booked = sum(sum(value for name, value in month.items() if name != "month") for month in told["monthly"])
    assert told["outstanding"] == booked > 0
    assert [gift["state"] for gift in told["gifts"]] == ["done"] * 4 + ["refused"]
    assert told["writes"]["orders.create:done"] == 4
    fifth = told["top"][4]
    assert fifth["points"] == fifth["earned"] + fifth["taken_back"], "the points of the refused gift came back"
    assert told["top"][0]["points"] == told["top"][0]["earned"] + told["top"][0]["taken_back"] - 500
    assert told["spent"]["pull"] <= sum(told["seconds"].values())


class Tags(HTMLParser):
    """Collects open tags, and what lies outside the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.svgs = 0
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.svgs += tag == "svg"
        self.foreign += [
            str(value) for name, value in attrs if name in {"src", "href"} and not str(value).startswith("#")
        ]
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_page_with_three_pictures_and_needs_nothing_else(twice: Twice) -> None:
    text = (twice.folder / "report.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert (tags.open, tags.svgs, tags.foreign) == ([], 3, [])
    leader = json.loads(twice.second.out)["top"][0]["name"]
    assert text.count(leader) >= 2, "in the table and, as text, in the picture"
    assert "PingFang SC" in text
    assert "<script" not in text


def test_no_phone_and_no_secret_is_shown(twice: Twice) -> None:
    shown = twice.first.out + twice.first.err + (twice.folder / "report.html").read_text(encoding="utf-8")
    login = KingdeeWorld().credentials
    for secret in (login.app_secret, login.password, "1390000", "oShop-"):
        assert secret not in shown


@contextmanager
def world_of(orders: Path) -> Iterator[tuple[dict[str, str], Site]]:
    world = KingdeeWorld(orders=orders, hang_limit=0.2)
    with serve(world) as served:
        line = json.dumps(announcement(world, served.site, served.url))
        yield {"ERPLINK_DEMO_WORLD": line}, served.site


def test_a_hostile_world_leads_to_the_same_books_and_the_same_erp(tmp_path: Path) -> None:
    orders = orders_file(tmp_path)
    runs: list[Ended] = []
    ends: list[tuple[str, object]] = []
    for name, options in (("calm", ()), ("hostile", ("--faults",))):
        with world_of(orders) as (env, site):
            runs.append(erplink("demo", "--folder", name, "--json", *options, cwd=tmp_path, env=env))
            assert runs[-1].code == 0, runs[-1].err
            ends.append((export(tmp_path / name), world_export(site)))
            again = erplink("demo", "--folder", name, "--json", *options, cwd=tmp_path, env=env)
            assert json.loads(again.out)["unchanged"] is True, "hostile or not, a second run changes nothing"
    told = json.loads(runs[-1].out)
    assert told["unchanged"] is False
    faults, calls = sum(told["faults"].values()), sum(told["calls"].values())
    assert faults >= calls / 10, "a fault on at least a tenth of the calls"
    assert ends[0] == ends[1]
    assert ends[0][0].count("\n") > 20


def test_an_orders_file_is_accounted_for_row_by_row(tmp_path: Path) -> None:
    orders = orders_file(tmp_path)
    done = erplink("demo", "--orders", orders, "--policy", "p1", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "What orders.csv held" in done.out
    assert "negative quantity outside a return: stock write-off, not loaded" in done.out
    assert "no earlier purchase of this sku" in done.out
    assert "50.00" in done.out
    assert "客户 C1" in done.out
    assert "散客" not in done.out.partition("Gifts asked for")[0], "a walk-in customer is no member"


def test_killed_in_the_middle_and_run_again_it_ends_the_same(tmp_path: Path) -> None:
    orders = orders_file(tmp_path)
    undisturbed = erplink("demo", "--orders", orders, "--folder", "whole", cwd=tmp_path)
    assert undisturbed.code == 0, undisturbed.err
    for marker in ("  read", "  decided", "  wrote"):
        with running("demo", "--orders", orders, "--folder", "killed", cwd=tmp_path) as process:
            assert process.stdout is not None
            next((line for line in process.stdout if line.startswith(marker)), None)
            process.kill()
    again = erplink("demo", "--orders", orders, "--folder", "killed", "--json", cwd=tmp_path)
    assert again.code == 0, again.err
    assert export(tmp_path / "killed") == export(tmp_path / "whole")
    told = json.loads(again.out)
    assert told["writes"]["orders.create:done"] == 4


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of this kind are POSIX")
def test_ctrl_c_ends_it_with_130(tmp_path: Path) -> None:
    with running("demo", cwd=tmp_path) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("reading the ERP"))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "goes on where it stopped" in process.stdout.read()


P1 = """
programme: 一元一分
id: mine
zone: Asia/Shanghai
points: {rules: [{id: base, kind: rate, %s: "1"}]}
"""

BAD = {
    "a missing column": (
        "x.csv",
        "order_no,sku,quantity,paid_at,unit_price\n1,A,1,2026-01-01,2\n",
        ["customer", "x.csv"],
    ),
    "a letter in an amount": (
        "x.csv",
        f"{HEADER}\n1,A,1,2026-01-01,2x,C1,\n",
        ["row 2", "unit_price", "'2x'", "x.csv"],
    ),
    "a typo in a policy": ("x.yaml", P1 % "per_yaun", ["x.yaml, line 5", "per_yaun", "per_yuan"]),
    "no such orders file": ("", "none.csv", ["none.csv", "no such file"]),
    "no such policy": ("", "none.yaml", ["none.yaml", "demo, p1"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_leaves_nothing_behind(case: str, tmp_path: Path) -> None:
    name, text, words = BAD[case]
    if name:
        (tmp_path / name).write_text(text, encoding="utf-8")
    file = name or text
    option = "--policy" if file.endswith(".yaml") else "--orders"
    done = erplink("demo", option, file, "--folder", "out", cwd=tmp_path)
    assert done.code == 2
    sentences = [line for line in done.err.splitlines() if line]
    assert len(sentences) == 1, done.err
    assert all(word in sentences[0] for word in words), sentences[0]
    assert not (tmp_path / "out").exists()


def test_another_policy_on_the_same_books_is_refused_before_anything_is_read(twice: Twice, tmp_path: Path) -> None:
    before = export(twice.folder)
    done = erplink("demo", "--folder", twice.folder, "--policy", "p1", cwd=tmp_path)
    assert done.code == 2
    assert "another policy" in done.err
    assert export(twice.folder) == before


def test_another_orders_file_on_the_same_books_is_refused(twice: Twice, tmp_path: Path) -> None:
    before = export(twice.folder)
    done = erplink("demo", "--folder", twice.folder, "--orders", orders_file(tmp_path), cwd=tmp_path)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert export(twice.folder) == before


def test_a_policy_of_ones_own_decides_zone_and_currency(tmp_path: Path) -> None:
    orders = orders_file(tmp_path)
    text = (P1 % "per_yuan").replace("Asia/Shanghai", "Europe/London\ncurrency: GBP\nassembly: {anonymous: [WALKIN]}")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    done = erplink("demo", "--orders", orders, "--policy", "mine.yaml", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["currency"], told["policy"]["id"]) == ("GBP", "mine")
    clash = erplink("demo", "--policy", "mine.yaml", "--currency", "CNY", "--folder", "out", cwd=tmp_path)
    assert (clash.code, (tmp_path / "out").exists()) == (2, False)


def test_every_entry_of_the_ledger_balances(twice: Twice) -> None:
    with sqlite3.connect(f"file:{twice.folder / 'erplink.db'}?mode=ro", uri=True) as database:
        odd = database.execute("select key from erplink_postings group by key having sum(amount) <> 0").fetchall()
        count = database.execute("select count(*) from erplink_postings").fetchone()[0]
    database.close()
    assert odd == []
    assert count > 0
