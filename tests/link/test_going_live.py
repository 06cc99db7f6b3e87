"""Going live on a running business: a start instant, opening balances, and people who turn out to be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from erplink import Conflict, FileInvalid
from tests.databases import Databases
from tests.link.company import PLAIN, Row, at, company

TIERED = """
programme: 积分
id: tiered
version: 1
zone: Asia/Shanghai
currency: CNY
starts_at: 2026-01-01T00:00:00+08:00
assembly: {completed: shipped}
points:
  clock: completed_at
  rules:
    - {id: base, kind: rate, per_yuan: "1"}
    - {id: tier, kind: multiplier, role: tier}
    - {id: welcome, kind: bonus, points: 500, when: {first_purchase: true}}
tiers:
  window: {kind: lifetime}
  levels:
    - {name: 普通, from: "0", factor: "1"}
    - {name: 金卡, from: "20000", factor: "1.5"}
"""


def history(years: range) -> list[Row]:
    return [
        (f"{year}{month:02}", "C1", f"{year}-{month:02}-10 10:00:00", "10001", 1, "1000.00")
        for year in years
        for month in range(1, 13)
    ]


def test_three_years_of_history_award_nothing_and_count_for_the_tier(databases: Databases) -> None:
    rows = [*history(range(2023, 2026)), ("9001", "C1", "2026-01-01 00:00:00", "10001", 1, "100.00")]
    with company(databases, *rows) as erp, erp.link(TIERED) as link:
        link.sync()
        member = link.members.find(code="C1")
        assert [(entry.document, entry.points) for entry in link.points.history(member)] == [
            ("kingdee:orders:9001", 150)
        ]
        assert link.points.balance(member).tier == "金卡"
        assert link.overview().tallies["before_start"] == 36


def test_an_order_of_the_last_second_before_the_start_awards_nothing(databases: Databases) -> None:
    rows = [
        ("9001", "C1", "2025-12-31 23:59:59", "10001", 1, "100.00"),
        ("C9002", "C1", "2026-02-01 10:00:00", "10001", -1, "100.00"),
        ("9003", "C2", "2026-01-01 00:00:00", "10001", 1, "100.00"),
    ]
    with company(databases, *rows) as erp, erp.link(TIERED) as link:
        link.sync()
        assert {row.code: row.points for row in link.members.top(5)} == {"C2": 600}


ORDERS = (("9001", "C1", "2026-03-01 10:00:00", "10001", 1, "100.00"),)
OPENING = "客户编码,积分,到期日\nC1,1200,2027-12-31\nC1,300,\nC2,50,2026-06-30\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_opening_balances_load_once(tmp_path: Path, databases: Databases, encoding: str) -> None:
    file = tmp_path / "期初.csv"
    file.write_text(OPENING, encoding=encoding)
    with company(databases, *ORDERS) as erp, erp.link(clock=lambda: at("2026-05-01T00:00:00+08:00")) as link:
        first = link.opening.load(file)
        assert (first.booked, first.known, first.points) == (3, 0, 1550)
        ledger = link.export()
        second = link.opening.load(file)
        assert (second.booked, second.known) == (0, 3)
        assert link.export() == ledger
        link.sync()
        assert link.points.balance(link.members.find(code="C1")).points == 1600
        assert not link.sync().entries


def test_an_opening_lot_ends_with_its_last_day(tmp_path: Path, databases: Databases) -> None:
    file = tmp_path / "opening.csv"
    file.write_text(OPENING, encoding="utf-8")
    with company(databases, *ORDERS) as erp, erp.link(clock=lambda: at("2026-05-01T00:00:00+08:00")) as link:
        link.opening.load(file)
        member = link.members.find(code="C2")
        assert link.points.balance(member, at("2026-06-30T23:59:59+08:00")).points == 50
        assert link.points.balance(member, at("2026-07-01T00:00:00+08:00")).points == 0


def test_other_figures_for_a_loaded_lot_are_refused_and_nothing_is_half_loaded(
    tmp_path: Path, databases: Databases
) -> None:
    file = tmp_path / "opening.csv"
    file.write_text(OPENING, encoding="utf-8")
    with company(databases, *ORDERS) as erp, erp.link() as link:
        link.opening.load(file)
        ledger = link.export()
        file.write_text(OPENING.replace("C1,300", "A0,7,\nC1,301"), encoding="utf-8")
        with pytest.raises(Conflict, match="lot 2 of customer C1"):
            link.opening.load(file)
        assert link.export() == ledger


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("客户编码,到期日\nC1,2027-12-31\n", "there is no column 'points' (opening.csv, row 1)"),
        ("客户编码,积分\nC1,12\nC2,1O0\n", "points '1O0' is not a whole number above zero (opening.csv, row 3)"),
        ("客户编码,积分\n,12\n", "the customer code is empty (opening.csv, row 2)"),
        (
            "customer,points,expires_at\nC1,12,31.12.2027\n",
            "expires_at '31.12.2027' is not a date (opening.csv, row 2)",
        ),
        ("", "there is no column 'customer' (opening.csv, row 1)"),
    ],
)
def test_a_bad_opening_file_is_named_by_row_and_column(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "opening.csv"
    file.write_text(text, encoding="utf-8")
    with company(tmp_path, *ORDERS) as erp, erp.link() as link:
        with pytest.raises(FileInvalid) as refused:
            link.opening.load(file)
        assert str(refused.value).startswith(sentence)
        assert link.export() == []


def test_a_missing_opening_file_is_named(tmp_path: Path) -> None:
    with company(tmp_path, *ORDERS) as erp, erp.link() as link, pytest.raises(FileInvalid, match=r"nowhere\.csv"):
        link.opening.load(tmp_path / "nowhere.csv")


def test_two_codes_that_turn_out_to_be_one_person_share_one_account(databases: Databases) -> None:
    rows = (
        ("9001", "C1", "2026-03-01 10:00:00", "10001", 1, "100.00"),
        ("9002", "C2", "2026-03-02 10:00:00", "10001", 1, "40.00"),
    )
    with company(databases, *rows) as erp, erp.link(PLAIN) as link:
        link.sync()
        with erp.connect() as connected:
            for code in ("C1", "C2"):
                connected.customers.update(code, {"unionid": "o6_union_1"})
        erp.clock.advance(2)
        link.sync()
        member = link.members.find(unionid="o6_union_1")
        assert {code for _, code in member.codes} == {"C1", "C2"}
        assert link.points.balance(member).points == 140
        assert link.members.find(code="C1") == link.members.find(code="C2") == member
        assert [row.points for row in link.members.top(5)] == [140]
        shown = {h["head"]["FNumber"]: h["head"]["F_ERPL_Points"] for h in erp.written() if h["form"] == "BD_Customer"}
        assert {code: int(points) for code, points in shown.items()} == {"C1": 140, "C2": 140}
        assert all("\ttransfer\t" not in line for line in link.export())
