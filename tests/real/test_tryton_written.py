"""Tryton, written to by plain HTTP: what must be given, what is refused, and what an incremental reader then sees."""

# ruff: noqa: ANN401 - values of any shape

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from tests.real.doors import Rest, Rpc, logged_in
from tests.real.tryton import Tryton

pytestmark = pytest.mark.real

STEPS = ("quote", "confirm")


@pytest.fixture
def rest(tryton: Tryton) -> Rest:
    return Rest(tryton, tryton.key, tryton.company)


@pytest.fixture(scope="module")
def rpc(tryton: Tryton) -> Rpc:
    return logged_in(tryton)


def price(text: str) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": text}


def new_order(rest: Rest, reference: str, *, quantity: int = 2, unit_price: Any = None) -> dict[str, Any]:
    """All that an order needs: nothing is filled in for who comes by HTTP but company, currency and warehouse."""
    party = rest.tryton.expected.customers[4]
    [customer] = rest.rows("party.party", ("addresses.id",), d=[["code", "=", party.code]])
    fields = ("sale_uom.id", "template.account_category.customer_taxes.id")
    [product] = rest.rows("product.product", fields, d=[["code", "=", "M002"]])
    [tax] = product["template"]["account_category"]["customer_taxes"]
    address = customer["addresses"][0]["id"]
    line = {
        "product": product["id"],
        "unit": product["sale_uom"]["id"],
        "quantity": quantity,
        "unit_price": price("288.80") if unit_price is None else unit_price,
        "taxes": [["add", [tax["id"]]]],
    }
    return {
        "party": customer["id"],
        "invoice_address": address,
        "shipment_address": address,
        "reference": reference,
        "lines": [["create", [line]]],
    }


@contextmanager
def written_meanwhile(rest: Rest) -> Iterator[set[str]]:
    """Numbers of the orders that carry a later stamp after the block than any before it."""
    [last] = rest.rows("sale.sale", ("write_date",), o=[["write_date", "DESC"]], d=[["write_date", "!=", None]], s=1)
    found: set[str] = set()
    yield found
    rows = rest.rows("sale.sale", ("number",), d=[["write_date", ">", last["write_date"]]])
    found.update(row["number"] for row in rows)


def test_points_in_a_comment_make_an_order_newer(rest: Rest) -> None:
    order = rest.tryton.expected.confirmed[7]
    with written_meanwhile(rest) as written:
        reply = rest.call("PUT", f"sale.sale/{order.id}", ("comment",), {"comment": "积分 120"})
        assert (reply.status_code, reply.json()["comment"]) == (200, "积分 120")
    assert written == {order.number}
    assert rest.tryton.rows("SELECT comment FROM sale_sale WHERE id = ?", order.id) == [("积分 120",)]


def test_an_order_is_made_quoted_confirmed_and_goes_on_by_itself(rest: Rest) -> None:
    made = rest.call("POST", "sale.sale", ("state", "total_amount"), new_order(rest, "兑换-1")).json()
    assert (made["state"], Decimal(made["total_amount"]["decimal"])) == ("draft", Decimal("652.69"))
    states = [rest.call("POST", f"sale.sale/{made['id']}/{step}", ("state",), {}).json()["state"] for step in STEPS]
    assert states == ["quotation", "confirmed"]
    assert rest.tryton.rows("SELECT state, reference FROM sale_sale WHERE id = ?", made["id"]) == [
        ("processing", "兑换-1")
    ]


def test_a_return_is_an_order_below_zero_with_an_origin(rest: Rest) -> None:
    order = rest.tryton.expected.confirmed[9]
    body = new_order(rest, "退货-1", quantity=-1) | {"origin": f"sale.sale,{order.id}"}
    made = rest.call("POST", "sale.sale", ("origin", "total_amount"), body).json()
    for step in STEPS:
        assert rest.call("POST", f"sale.sale/{made['id']}/{step}", body={}).status_code == 200
    assert (made["origin"], made["total_amount"]) == (f"sale.sale,{order.id}", price("-326.34"))
    [row] = rest.rows("sale.sale", ("state", "shipment_returns.state"), d=[["id", "=", made["id"]]])
    assert (row["state"], len(row["shipment_returns"])) == ("processing", 1)


def test_a_button_pressed_twice_is_an_error_in_json(rest: Rest) -> None:
    order = rest.tryton.expected.confirmed[3]
    reply = rest.call("POST", f"sale.sale/{order.id}/confirm", body={})
    assert reply.status_code == 400
    assert reply.json()["message"] == f'You can not call "confirm" on "{order.number} [{order.reference}]" of "Sale".'


def test_a_button_without_a_body_is_an_error_in_html(rest: Rest) -> None:
    order = rest.tryton.expected.confirmed[3]
    reply = rest.call("POST", f"sale.sale/{order.id}/confirm", headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.text[:15]) == (400, "<!doctype html>")
    assert rest.call("POST", f"sale.sale/{order.id}/explode", body={}).status_code == 403


def test_a_reference_is_not_a_key(rest: Rest) -> None:
    body = new_order(rest, "兑换-2")
    made = [rest.call("POST", "sale.sale", body=body).json()["id"] for _ in range(2)]
    assert [row["id"] for row in rest.rows("sale.sale", d=[["reference", "=", "兑换-2"]], o=[["id", "ASC"]])] == made


def test_without_the_company_an_order_is_refused_with_a_word_about_rules(rest: Rest) -> None:
    alone = Rest(rest.tryton, rest.key)
    reply = alone.call("POST", "sale.sale", body=new_order(rest, "兑换-3"))
    assert reply.status_code == 400
    assert reply.json()["message"].startswith('You are not allowed to create records of "Sale Line"')
    named = new_order(rest, "兑换-3") | {"company": rest.tryton.company}
    assert alone.call("POST", "sale.sale", body=named).status_code == 400


def test_a_price_is_an_object_or_a_text_but_never_a_number(rest: Rest) -> None:
    taken = rest.call("POST", "sale.sale", ("untaxed_amount",), new_order(rest, "兑换-4", unit_price="288.80"))
    assert taken.json()["untaxed_amount"] == price("577.60")
    refused = rest.call("POST", "sale.sale", body=new_order(rest, "兑换-5", unit_price=288.8))
    assert refused.status_code == 400
    assert "288.80000000000001136868377216160297393798828125" in refused.json()["message"]


def test_a_date_may_be_a_text(rest: Rest) -> None:
    body = new_order(rest, "兑换-6") | {"sale_date": "2026-03-02"}
    made = rest.call("POST", "sale.sale", ("sale_date",), body).json()
    assert made["sale_date"] == {"__class__": "date", "year": 2026, "month": 3, "day": 2}


def test_a_confirmed_order_keeps_its_date(rest: Rest) -> None:
    order = rest.tryton.expected.confirmed[5]
    reply = rest.call("PUT", f"sale.sale/{order.id}", body={"sale_date": "2026-03-02"})
    assert reply.status_code == 400
    assert reply.json()["message"].startswith('You are not allowed to modify the field "Sale Date"')


def test_a_customer_is_made_once_and_found_by_code(rest: Rest) -> None:
    body = {
        "name": "新客户",
        "code": "W0001",
        "contact_mechanisms": [["create", [{"type": "mobile", "value": "+8613700000001"}]]],
    }
    made = rest.call("POST", "party.party", ("name", "mobile"), body).json()
    assert (made["name"], made["mobile"]) == ("新客户", "+86 137 0000 0001")
    again = rest.call("POST", "party.party", body=body)
    assert (again.status_code, again.json()["message"]) == (400, "The code on party must be unique.")
    assert rest.tryton.rows("SELECT count(*) FROM party_party WHERE code = 'W0001'") == [(1,)]


def test_a_phone_changed_by_itself_does_not_make_the_customer_newer(rest: Rest) -> None:
    customer = rest.tryton.expected.customers[6]
    [phone] = rest.rows("party.contact_mechanism", d=[["party", "=", customer.id], ["type", "=", "mobile"]])

    def stamp() -> Any:
        return rest.call("GET", f"party.party/{customer.id}", ("write_date",)).json()["write_date"]

    before = stamp()
    rest.call("PUT", f"party.contact_mechanism/{phone['id']}", body={"value": "+8613899990006"}).raise_for_status()
    assert stamp() == before
    through = {"contact_mechanisms": [["write", [phone["id"]], {"value": "+8613899990007"}]]}
    reply = rest.call("PUT", f"party.party/{customer.id}", ("mobile",), through).json()
    assert reply["mobile"] == "+86 138 9999 0007"
    assert stamp() != before


def test_a_number_that_is_no_phone_is_refused(rest: Rest) -> None:
    customer = rest.tryton.expected.customers[7]
    [phone] = rest.rows("party.contact_mechanism", d=[["party", "=", customer.id], ["type", "=", "mobile"]])
    reply = rest.call("PUT", f"party.contact_mechanism/{phone['id']}", body={"value": "12"})
    assert (reply.status_code, "is not valid" in reply.json()["message"]) == (400, True)


def test_a_draft_may_be_deleted_once(rest: Rest) -> None:
    made = rest.call("POST", "sale.sale", body=new_order(rest, "兑换-7")).json()["id"]
    assert [rest.call("DELETE", f"sale.sale/{made}").status_code for _ in range(2)] == [204, 404]


def test_rpc_writes_and_says_business_errors_in_a_200(rest: Rest, rpc: Rpc) -> None:
    context = {"company": rest.tryton.company}
    body = new_order(rest, "兑换-8")
    [made] = rpc.result("model.sale.sale.create", [body], context)
    for step in STEPS:
        assert rpc.result(f"model.sale.sale.{step}", [made], context) is None
    again = rpc.call("model.sale.sale.confirm", [made], context)
    kind, [message, description, _] = again.json()["error"]
    assert (again.status_code, kind, description) == (200, "UserError", "")
    assert message.startswith('You can not call "confirm"')
    without = {name: value for name, value in body.items() if "address" not in name} | {"reference": "兑换-9"}
    [bad] = rpc.result("model.sale.sale.create", [without], context)
    refused = rpc.call("model.sale.sale.quote", [bad], context).json()["error"]
    assert "you must enter an invoice address" in refused[1][0]
