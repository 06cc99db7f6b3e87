"""A whole real year through the whole loop: out of an ERP over HTTP, into the books, back onto customer records.

The points are held against one SQL statement and against a naive replay; every line of the file is accounted for.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from attrs import frozen

from erplink import Link, connect
from erplink.cli.world_process import read_ready
from erplink.link.values import Overview, SyncReport
from tests.acceptance.online_retail import plain_sql, replay
from tests.chaos.arena import World, world

pytestmark = pytest.mark.slow

LINES = 541_909
ASSEMBLY = f"""
assembly:
  completed: shipped
  anonymous: [WALKIN]
  services: {json.dumps([*sorted(replay.SERVICES), "gift_*"])}
"""
SERVICES = "stock_code in ({}) or starts_with(stock_code, 'gift_')".format(
    ", ".join(f"'{code}'" for code in sorted(replay.SERVICES))
)
SHOWN = 20


@frozen
class Year:
    """What one policy made of the year."""

    report: SyncReport
    overview: Overview
    points: Mapping[str, int]
    database: Path


@pytest.fixture(scope="module")
def parquet(shared: Path) -> Path:
    file = shared / "data" / "online_retail.parquet"
    if not file.is_file():
        pytest.skip(f"{file} is not here")
    return file


@pytest.fixture(scope="module")
def erp(parquet: Path) -> Iterator[World]:
    with world(parquet) as running:
        yield running


@pytest.fixture(scope="module")
def plain(erp: World, tmp_path_factory: pytest.TempPathFactory) -> Year:
    return run(erp, plain_sql.P1, tmp_path_factory.mktemp("plain") / "books.db", push=True)


@pytest.fixture(scope="module")
def tiered(erp: World, tmp_path_factory: pytest.TempPathFactory) -> Year:
    return run(erp, replay.TIERED, tmp_path_factory.mktemp("tiered") / "books.db", push=False)


def run(erp: World, policy: str, database: Path, *, push: bool) -> Year:
    settings = read_ready(erp.line).settings("Asia/Shanghai", "CNY")
    with connect(settings, parallel=4) as system, Link.open(f"sqlite:///{database}", space="acme") as link:
        link.policies.publish(policy + ASSEMBLY)
        link.attach("kingdee", system, writes={"customers.update"}, parallel=4)
        report = link.sync(push=push)
        points: Counter[str] = Counter()
        for line in link.export():
            owner, _, _, _, _, booked, *_ = line.split("\t")
            points[owner.removeprefix("erp:kingdee:")] += int(booked)
        return Year(report, link.overview(), points, database)


def differences(expected: Mapping[str, int], got: Mapping[str, int]) -> list[str]:
    """Where two accounts of the customers' points differ, in words."""
    return [
        f"customer {code}: expected {expected.get(code, 0)} points, got {got.get(code, 0)}"
        for code in sorted({*expected, *got})
        if expected.get(code, 0) != got.get(code, 0)
    ]


def assert_equal(expected: Mapping[str, int], got: Mapping[str, int]) -> None:
    found = differences(expected, got)
    assert not found, f"{len(found)} customers differ:\n" + "\n".join(found[:SHOWN])


def test_every_customer_has_the_points_of_the_sql_statement(parquet: Path, plain: Year) -> None:
    expected = plain_sql.points_by_customer(parquet)
    assert sum(expected.values()) > 8_000_000
    assert_equal(expected, plain.points)
    assert plain.overview.outstanding == sum(expected.values())


def test_every_customer_record_in_the_erp_shows_these_points(parquet: Path, erp: World, plain: Year) -> None:
    assert plain.report.pushed[0][1].refused == plain.report.pushed[0][1].later == 0
    written = [each for each in json.loads(erp.export()) if each["form"] == "BD_Customer"]
    shown = {each["number"]: int(each["head"]["F_ERPL_Points"]) for each in written}
    assert_equal(plain_sql.points_by_customer(parquet), shown)
    assert len(shown) == plain.report.pushed[0][1].done


def test_points_under_tiers_equal_an_independent_replay(parquet: Path, plain: Year, tiered: Year) -> None:
    expected = replay.points_by_customer(parquet)
    assert sum(expected.values()) > sum(plain.points.values()), "the factors of the tiers count"
    assert_equal(expected, tiered.points)


def test_every_line_of_the_file_is_counted_under_a_rule(parquet: Path, erp: World, plain: Year) -> None:
    seed = read_ready(erp.line).seed["rules"]
    tallies, left = plain.overview.tallies, {reason: lines for reason, lines, _ in plain.overview.left_over_sums}
    sales, returns = int(seed["sale"]["rows"]), int(seed["return"]["rows"])
    counted = {
        "a return, taken back from an earlier purchase (or in part)": taken_back(plain.database, returns),
        **{f"a return that took nothing back: {reason}": lines for reason, lines in whole(plain.database).items()},
        "a sale to a walk-in customer": tallies["anonymous_lines"],
        "a sale of a service": tallies["service_lines"],
        "a sale at price 0": tallies["free_lines"],
        "a sale of goods to a member, which earns": earning_lines(parquet),
        **{f"not loaded: {rule}": int(seed[rule]["rows"]) for rule in sorted({*seed} - {"sale", "return"})},
    }
    print("\n" + "\n".join(f"{lines:>9,}  {rule}" for rule, lines in counted.items()))
    assert sum(counted.values()) == LINES
    assert sales + returns + sum(lines for rule, lines in counted.items() if rule.startswith("not loaded")) == LINES
    assert set(left) == {"bought_too_little", "never_bought", "no_customer", "service"}
    assert plain.overview.documents["orders"] + plain.overview.documents["returns"] == documents(parquet)


def test_what_returns_took_back_and_what_they_left_over_is_all_that_came_back(parquet: Path, plain: Year) -> None:
    returned = scalar(
        parquet,
        "select -sum(quantity) from lines where starts_with(invoice_no, 'C') and customer_id is not null"
        f" and not ({SERVICES})",
    )
    left = books(
        plain.database,
        "select sum(cast(qty as integer)) from erplink_remainders"
        " where reason in ('bought_too_little', 'never_bought')",
    )
    assert returned - left == replayed_units(parquet) > 0


def replayed_units(parquet: Path) -> int:
    """How many units the naive replay took back."""
    people = replay._read(parquet)
    for customer in people.values():
        replay._replay(customer)
    lines = (line for each in people.values() for order in each.orders.values() for line in order.lines)
    return sum(line.units - line.kept for line in lines)


def taken_back(database: Path, returns: int) -> int:
    """Return lines that are not left over as a whole."""
    return returns - sum(whole(database).values())


def whole(database: Path) -> dict[str, int]:
    """Return lines that took nothing back at all, by reason: what is left over is the whole quantity."""
    lines = {
        (f"kingdee:returns:{document['number']}", line["line"]): line["qty"]
        for (payload,) in rows(database, "select payload from erplink_documents where entity = 'returns'")
        for document in [json.loads(payload)]
        for line in document["lines"]
    }
    found: Counter[str] = Counter()
    for document, line, qty, reason in rows(
        database, "select document, line, sum(cast(qty as integer)), reason from erplink_remainders group by 1, 2, 4"
    ):
        found[reason] += lines[document, line] == qty
    return dict(sorted(found.items()))


def earning_lines(parquet: Path) -> int:
    return scalar(
        parquet,
        "select count(*) from lines where customer_id is not null and quantity > 0"
        " and not starts_with(invoice_no, 'C') and not starts_with(invoice_no, 'A')"
        f" and round(quantity * unit_price, 2) > 0 and not ({SERVICES})",
    )


def documents(parquet: Path) -> int:
    """Invoices with a loaded line; one with and without a customer is two."""
    return scalar(
        parquet,
        "select count(distinct (invoice_no, customer_id is null)) from lines"
        " where not starts_with(invoice_no, 'A') and unit_price >= 0"
        " and (quantity < 0) = starts_with(invoice_no, 'C')",
    )


def scalar(parquet: Path, question: str) -> int:
    with duckdb.connect() as connection:
        found = connection.execute(f"with lines as (from read_parquet(?)) {question}", [str(parquet)]).fetchone()
        assert found is not None
        return int(found[0])


def books(database: Path, question: str) -> int:
    return int(rows(database, question)[0][0])


def rows(database: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(question).fetchall()
