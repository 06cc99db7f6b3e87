"""Tryton, read by plain HTTP: what it does, however surprising, before anything of ours reads it."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.real.doors import Rest, Rpc, logged_in
from tests.real.tryton import Tryton, encoded

pytestmark = pytest.mark.real

CONFIRMED = ["state", "in", ["processing", "done"]]
BY_WRITING = [["write_date", "ASC"], ["id", "ASC"]]
ORDER = ("number", "party.code", "total_amount", "origin", "currency.code")
LINE = ("lines.type", "lines.product.code", "lines.quantity", "lines.unit_price", "lines.amount")


@pytest.fixture
def rest(tryton: Tryton) -> Rest:
    return Rest(tryton, tryton.key)


@pytest.fixture(scope="module")
def rpc(tryton: Tryton) -> Rpc:
    return logged_in(tryton)


def instant(value: dict[str, Any]) -> datetime:
    assert value.pop("__class__") == "datetime"
    return datetime(**value, tzinfo=UTC)


def is_html(reply: httpx.Response) -> bool:
    return reply.headers["content-type"].startswith("text/html") and reply.text.startswith("<!doctype html>")


def test_orders_come_with_customer_and_lines_in_one_call(rest: Rest) -> None:
    rows = rest.rows("sale.sale", (*ORDER, *LINE), d=[CONFIRMED])
    found = {
        row["number"]: (
            row["party"]["code"],
            Decimal(row["total_amount"]["decimal"]),
            [
                (line["product"]["code"], Decimal(str(line["quantity"])), Decimal(line["amount"]["decimal"]))
                for line in row["lines"]
                if line["type"] == "line"
            ],
        )
        for row in rows
    }
    assert found == {
        order.number: (
            order.customer,
            order.total,
            [(line.product, line.quantity, line.amount) for line in order.lines],
        )
        for order in rest.tryton.expected.confirmed
    }
    assert {row["currency"]["code"] for row in rows} == {"CNY"}


def test_the_seed_has_what_makes_reading_hard(tryton: Tryton) -> None:
    orders = tryton.expected.orders
    states = {"processing": 40, "done": 2, "draft": 6, "cancelled": 6, "quotation": 6}
    assert Counter(order.state for order in orders) == states
    assert len([order for order in orders if order.confirmed and order.total < 0]) == 8
    assert len([order for order in orders if order.return_of]) == 3
    assert max(Counter(order.written for order in orders if order.written).values()) >= 14
    assert tryton.rows("SELECT count(*) FROM sale_sale WHERE state IN ('processing', 'done')") == [(42,)]


def test_values_say_what_they_are_but_quantities_are_floats(rest: Rest) -> None:
    [row] = rest.rows("sale.sale", ("total_amount", "sale_date", "write_date", "lines.quantity"), d=[CONFIRMED], s=1)
    assert row["total_amount"].keys() == {"__class__", "decimal"}
    assert row["sale_date"].keys() == {"__class__", "year", "month", "day"}
    assert row["write_date"].keys() - row["sale_date"].keys() == {"hour", "minute", "second", "microsecond"}
    assert isinstance(row["lines"][0]["quantity"], float)


def test_a_remark_is_a_line_without_goods(rest: Rest) -> None:
    rows = rest.rows("sale.sale", LINE, d=[["lines.type", "=", "comment"]])
    remarks = [line for row in rows for line in row["lines"] if line["type"] == "comment"]
    assert len(remarks) > 0
    assert [line for line in remarks if line["product"] or line["quantity"] or line["unit_price"]] == []


def test_a_return_names_its_order_by_model_and_id(rest: Rest) -> None:
    ids = {order.number: order.id for order in rest.tryton.expected.orders}
    rows = rest.rows("sale.sale", ("number", "origin"), d=[["origin", "like", "sale.sale,%"]])
    assert {row["number"]: row["origin"] for row in rows} == {
        order.number: f"sale.sale,{ids[order.return_of]}" for order in rest.tryton.expected.orders if order.return_of
    }


def walked(rest: Rest, after: Callable[[dict[str, Any], int], list[Any]]) -> list[str]:
    """Numbers of the confirmed orders as pages of five bring them, each beginning ``after`` the last row."""
    seen: list[str] = []
    domain: list[Any] = [CONFIRMED]
    while page := rest.rows("sale.sale", ("number", "write_date"), d=domain, o=BY_WRITING, s=5):
        seen += [row["number"] for row in page]
        domain = [CONFIRMED, after(page[-1]["write_date"], page[-1]["id"])]
    return seen


def test_only_stamp_and_id_together_walk_over_ties(rest: Rest) -> None:
    numbers = sorted(order.number for order in rest.tryton.expected.confirmed if order.number)
    tie = walked(rest, lambda at, last: ["OR", ["write_date", ">", at], [["write_date", "=", at], ["id", ">", last]]])
    assert sorted(tie) == numbers
    alone = walked(rest, lambda at, _: ["write_date", ">", at])
    assert len(alone) < len(numbers) / 2


def test_a_stamp_may_be_sent_as_text_but_its_offset_is_dropped(rest: Rest) -> None:
    last = max(order.written for order in rest.tryton.expected.orders if order.written)
    texts = (
        last.replace(tzinfo=None).isoformat(),
        last.isoformat().replace("+00:00", "Z"),
        last.astimezone(timezone(timedelta(hours=8))).isoformat(),
    )
    naive, zulu, east = (len(rest.rows("sale.sale", d=[["write_date", "=", text]])) for text in texts)
    assert naive == zulu == 3
    assert east == 0


def test_what_was_never_written_has_no_stamp(rest: Rest) -> None:
    drafts = rest.rows("sale.sale", ("state", "number", "write_date", "create_date"), d=[["write_date", "=", None]])
    assert {(row["state"], row["number"], row["write_date"]) for row in drafts} == {("draft", None, None)}
    created = {order.created for order in rest.tryton.expected.orders if order.written is None}
    assert {instant(row["create_date"]) for row in drafts} == created


@pytest.mark.parametrize(
    ("asked", "rows", "told"), [("0-3", 3, "0-3/*"), ("10-13", 3, "10-13/42"), ("40-50", 2, "40-42/42")]
)
def test_a_range_ends_before_its_end(rest: Rest, asked: str, rows: int, told: str) -> None:
    reply = rest.call("GET", "sale.sale", d=[CONFIRMED], headers={"Range": f"records={asked}"})
    assert (reply.status_code, len(reply.json()), reply.headers["content-range"]) == (200, rows, f"records {told}")


def test_past_the_end_a_range_is_refused_and_an_offset_is_empty(rest: Rest) -> None:
    refused = rest.call("GET", "sale.sale", d=[CONFIRMED], headers={"Range": "records=90-93"})
    assert refused.status_code == 416
    assert is_html(refused)
    assert rest.rows("sale.sale", d=[CONFIRMED], s=3, p=90) == []


def test_the_first_wrong_company_blinds_a_user(tryton: Tryton) -> None:
    company = tryton.company
    clerk = tryton.expected.keys["clerk"]
    assert Rest(tryton, clerk, company + 41).rows("sale.sale", d=[CONFIRMED]) == []
    assert Rest(tryton, clerk, company).rows("sale.sale", d=[CONFIRMED]) == []  # kept without regard to the context


def test_a_wrong_company_is_not_noticed_afterwards(rest: Rest) -> None:
    assert len(rest.rows("sale.sale", d=[CONFIRMED])) == 42
    wrong = Rest(rest.tryton, rest.key, rest.tryton.company + 41)
    assert len(wrong.rows("sale.sale", d=[CONFIRMED])) == 42


def test_prices_and_stock_need_a_context(rest: Rest) -> None:
    expected = rest.tryton.expected
    goods = [["code", "like", "M%"]]
    fields = ("code", "list_price_used", "quantity")
    assert {(row["list_price_used"], row["quantity"]) for row in rest.rows("product.product", fields, d=goods)} == {
        (None, 0.0)
    }
    end = {"__class__": "date", "year": 9999, "month": 12, "day": 31}
    context = {"company": rest.tryton.company, "locations": [expected.warehouse], "stock_date_end": end}
    rows = rest.rows("product.product", fields, d=goods, headers={"X-Tryton-Context": encoded(context)})
    assert {row["code"]: Decimal(str(row["quantity"])) for row in rows} == expected.stock
    assert Decimal("1533.00") in {Decimal(row["list_price_used"]["decimal"]) for row in rows}


def test_customers_are_found_by_phone(rest: Rest) -> None:
    first = rest.tryton.expected.customers[0]
    compact = first.phone.replace(" ", "")
    assert first.phone == "+86 139 0000 0001"
    [row] = rest.rows("party.party", ("code", "name", "mobile"), d=[["contact_mechanisms.value_compact", "=", compact]])
    assert (row["code"], row["name"], row["mobile"]) == (first.code, first.name, first.phone)


def test_a_key_may_be_the_password_of_basic_authentication(rest: Rest) -> None:
    basic = base64.b64encode(f"anybody:{rest.key}".encode()).decode()
    reply = rest.call("GET", "sale.sale", s=1, headers={"Authorization": f"Basic {basic}"})
    assert (reply.status_code, len(reply.json())) == (200, 1)


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "bearer nonsense"}])
def test_who_has_no_key_gets_html(rest: Rest, headers: dict[str, str]) -> None:
    reply = rest.call("GET", "sale.sale", headers=headers)
    assert (reply.status_code, is_html(reply), "www-authenticate" in reply.headers) == (401, True, False)


@pytest.mark.parametrize(
    ("path", "status"),
    [("sale.sale/99999", 404), ("sale.sale?f=nosuch", 500), ("no.such", 500), ("sale.sale?d=W10", 500)],
)
def test_a_mistake_of_the_client_gets_html_and_often_500(rest: Rest, path: str, status: int) -> None:
    address = f"{rest.tryton.rest}/{path}"
    reply = httpx.get(address, headers={"Authorization": f"bearer {rest.key}"}, timeout=30)
    assert (reply.status_code, is_html(reply)) == (status, True)


def test_rpc_reads_the_same_orders(rpc: Rpc) -> None:
    fields = ["number", "total_amount", "party.code", "lines.amount"]
    rows = rpc.result("model.sale.sale.search_read", [CONFIRMED], 0, 100, BY_WRITING, fields, {})
    assert {row["number"]: (row["party."]["code"], Decimal(row["total_amount"]["decimal"])) for row in rows} == {
        order.number: (order.customer, order.total) for order in rpc.tryton.expected.confirmed
    }
    assert rpc.result("model.sale.sale.search_count", [CONFIRMED], {}) == 42


def test_rpc_says_its_errors_in_a_200_except_where_it_does_not(rpc: Rpc) -> None:
    reply = rpc.call("model.sale.sale.search_read", [], 0, 1, None, ["nosuch"], {})
    assert (reply.status_code, reply.json()) == (200, {"id": 1, "error": ["'nosuch'", ""]})
    assert rpc.call("model.sale.sale.nosuch", {}).status_code == 403
    assert rpc.call("model.sale.sale.search_count", []).status_code == 422  # no context


def test_rpc_without_a_session_gets_an_empty_401(tryton: Tryton) -> None:
    stale = base64.b64encode(b"admin:1:0000").decode()
    for door in (Rpc(tryton), Rpc(tryton, stale)):
        reply = door.call("model.sale.sale.search_count", [], {})
        assert (reply.status_code, reply.text, "www-authenticate" in reply.headers) == (401, "", True)


def test_rpc_calls_a_long_plain_reply_gzip_if_gzip_was_not_asked_for(rpc: Rpc) -> None:
    with pytest.raises(httpx.DecodingError):
        rpc.call(
            "model.sale.sale.search_read", [], 0, 60, None, ["number"], {}, headers={"Accept-Encoding": "identity"}
        )


def test_too_many_wrong_passwords_shut_a_user_out(tryton: Tryton) -> None:
    found = [Rpc(tryton).call("common.db.login", "nobody", {"password": "x"}).status_code for _ in range(3)]
    assert found == [401, 401, 429]
