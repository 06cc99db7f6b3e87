from __future__ import annotations

import io
import re
import warnings
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from erplink.cli import charts
from erplink.cli.report import Page, render
from erplink.cli.sheets import Sheet, left_lines, overview_sheets, written_back
from erplink.cli.tables import show, shown
from erplink.link.values import Left, Month, Overview, Redemption, Standing, Write

NAMES = ("王小明", "李<芳>&“引号”", "上海云杉贸易有限公司第一分店", "$x_1$", "")


def made_up(currency: str = "CNY") -> Overview:
    start = date(2026, 1, 5)
    return Overview(
        documents={"orders": 1200, "returns": 3},
        members=117,
        outstanding=8_400,
        debt=0,
        uncollected=0,
        monthly=(Month("2026-01", earned=9000, taken_back=-400), Month("2026-02", earned=300, redeemed=-500)),
        outstanding_by_day=tuple((start + timedelta(days=n), 100 * n - 50) for n in range(60)),
        top=tuple(Standing(f"p{n}", name, f"C{n}", 900 - n, 1000, -n, "金卡") for n, name in enumerate(NAMES)),
        writes={("orders.create", "refused"): 30, ("customers.update", "done"): 1024},
        recent_writes=(Write("k", "kingdee", "customers.update", "C1", '{"points":899,"tier":"金卡"}', "done"),),
        refused=(Write("k2", "kingdee", "orders.create", "G1", "{}", "refused", 1, "物料[红色]库存不足"),),
        left_over=(Left("C536379", 1, "M1", "3", 1250, "never_bought"),),
        left_over_sums=(("never_bought", 40, 1_234_567),),
        tallies={"free_lines": 7, "order_in_limbo": 2},
        doubts=(("unionid_changed", "C9", "p4"),),
        currency=currency,
    )


def pictures() -> dict[str, str]:
    view = made_up()
    return {
        "outstanding": charts.outstanding(view.outstanding_by_day),
        "by-month": charts.by_month(view.monthly),
        "leaders": charts.leaders(view.top),
    }


def test_pictures_are_drawn_without_a_warning_and_keep_their_text_as_text() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = pictures()
    texts = {name: "".join(ET.fromstring(svg).itertext()) for name, svg in drawn.items()}
    assert "李<芳>&“引号”" in texts["leaders"]
    assert "$x_1$" in texts["leaders"], "a name is never read as a formula"
    assert "C4" in texts["leaders"], "who has no name is shown by customer code"
    assert "2026-02" in texts["by-month"]
    assert "taken back" in texts["by-month"]
    assert "expired" not in texts["by-month"], "what never happened needs no colour"
    assert all("PingFang SC" in svg and "DejaVu" not in svg for svg in drawn.values())


def test_pictures_on_one_page_share_no_ids() -> None:
    ids = [found for svg in pictures().values() for found in re.findall(r'\bid="([^"]+)"', svg)]
    used = [found for svg in pictures().values() for found in re.findall(r'(?:url\(|href=")#([\w-]+)', svg)]
    assert len(ids) == len(set(ids)) > 0
    assert set(used) <= set(ids), "nothing points elsewhere"


def test_the_same_figures_give_the_same_picture() -> None:
    assert pictures() == pictures()


@pytest.mark.parametrize("days", [1, 2, 40, 900])
def test_any_span_of_time_can_be_drawn(days: int) -> None:
    first = date(2026, 1, 31)
    svg = charts.outstanding([(first + timedelta(days=n), n) for n in range(days)])
    labels = re.findall(r">(\d\d\d\d-\d\d|\d\d-\d\d)</text>", svg)
    assert 1 <= len(labels) <= 13


def page() -> str:
    view = made_up()
    gifts = (Redemption("demo-gift-1", "ERPL-1", 500, "refused", "库存不足 (Audit): settle it"),)
    return render(Page("<demo>", "a & b", overview_sheets(view, gifts), (("wall time", "1 < 2"),)), view)


def test_texts_of_the_data_are_escaped_in_the_report() -> None:
    text = page()
    assert "李&lt;芳&gt;&amp;" in text
    assert "<芳>" not in text
    assert "&lt;demo&gt;" in text
    assert "1 &lt; 2" in text


def test_a_space_without_any_entry_still_has_a_report() -> None:
    empty = Overview({}, 0, 0, 0, 0, (), (), (), {}, (), (), (), (), {}, (), "CNY")
    text = render(Page("demo", "", overview_sheets(empty, ()), ()), empty)
    assert "Members by points" in text
    assert "<svg" not in text


def printed(*sheets: Sheet) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    for sheet in sheets:
        show(console, sheet)
    return console.export_text()


def test_tables_say_how_many_rows_are_not_shown_and_why_something_was_left() -> None:
    out = printed(*overview_sheets(made_up(), ()))
    assert "and 112 more" in out
    assert "12,345.67" in out
    assert "no earlier purchase of this sku" in out
    assert "order in limbo" in out, "a reason without words of its own is shown as it is"
    assert "物料[红色]库存不足" in out, "brackets are text, not markup"
    assert "points 899, tier 金卡" in out


@pytest.mark.parametrize(("currency", "amount"), [("CNY", "12.50"), ("JPY", "1,250"), ("KWD", "1.250")])
def test_amounts_have_the_places_of_their_currency(currency: str, amount: str) -> None:
    assert shown(left_lines(made_up(currency)).rows[0][4]) == amount


def test_counts_of_writes_are_numbers_to_compare() -> None:
    assert "1,024" in printed(written_back(made_up()))
