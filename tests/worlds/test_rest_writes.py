"""Writes by the rules of the shop: once is once, versions guard, statuses decide, and refusals say why."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from erplink.testing.worlds.rest import HOUSES, house
from tests.worlds.rest_calls import Client, calling

LINE = {"sku": "P-1", "quantity": 2, "unit_price": 9.95}


@pytest.fixture
def client() -> Iterator[Client]:
    with calling(house("modern", auth="none")) as client:
        client.do("stock", [{"sku": "P-1", "warehouse": "W-1", "on_hand": 10}])
        yield client


def order(number: str = "", **changed: Any) -> dict[str, Any]:
    named = {"number": number} if number else {}
    return {**named, "customer": {"code": "C-1"}, "lines": [LINE], **changed}


def press(client: Client, number: str, *actions: str) -> Any:
    replies = [client.http.post(f"orders/{number}/{action}") for action in actions]
    return replies[-1]


def on_hand(client: Client) -> tuple[int | Decimal, int | Decimal]:
    [row] = json.loads(client.http.get("stock?skus=P-1").content, parse_float=Decimal)
    return row["on_hand"], row["available"]


def test_what_is_created_is_a_draft_with_id_number_and_total(client: Client) -> None:
    reply = client.http.post("orders", json=order(remark="礼品"))
    made = reply.json()
    assert (reply.status_code, reply.headers["etag"]) == (201, '"1"')
    assert (made["status"], made["remark"], made["total_amount"]) == ("草稿", "礼品", 19.9)
    assert made["number"].startswith("SO")
    assert client.http.get(f"orders/{made['id']}").json() == made
    assert client.http.get(f"orders/{made['number']}").json() == made
    other = client.http.post("orders", json=order()).json()
    assert (other["id"] > made["id"], other["number"] != made["number"]) == (True, True)


def test_one_key_is_one_record_also_when_it_is_sent_again(client: Client) -> None:
    headers = {"idempotency-key": "redeem-42"}
    first = client.http.post("orders", json=order(), headers=headers)
    again = client.http.post("orders", json=order(), headers=headers)
    other = client.http.post("orders", json=order(remark="x"), headers=headers)
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    assert (other.status_code, other.json()["error"]) == (409, "idempotency_key_reused")
    assert client.ask("stats")["documents"]["orders"] == 1


@pytest.mark.parametrize(("name", "status", "told"), [("signed", 409, "duplicate"), ("classic", 200, 40901)])
def test_one_number_is_one_record(name: str, status: int, told: Any) -> None:
    sent = {"signed": {"单据编号": "C-9", "名称": "客户"}, "classic": {"number": "C-9", "name": "客户"}}[name]
    with calling(house(name, auth="none")) as client:
        assert client.http.post("customers", json=sent).is_success
        reply = client.http.post("customers", json=sent)
        body = reply.json()
        assert (reply.status_code, body.get("code") or body["error"]["code"]) == (status, told)
        assert client.ask("stats")["documents"]["customers"] == 2


def test_a_version_guards_what_is_changed(client: Client) -> None:
    client.http.post("orders", json=order("N1"))
    change = {"remark": "甲"}
    assert client.http.patch("orders/N1", json=change).status_code == 428
    done = client.http.patch("orders/N1", json=change, headers={"if-match": '"1"'})
    assert (done.status_code, done.headers["etag"], done.json()["remark"]) == (200, '"2"', "甲")
    stale = client.http.patch("orders/N1", json={"remark": "乙"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["message"]) == (412, "订单[N1]已被其他用户修改")
    assert client.http.patch("orders/N1", json={"remark": "丙"}, headers={"if-match": 'W/"2"'}).status_code == 200
    assert client.http.put("orders/N1", json={"remark": "丁"}, headers={"if-match": "*"}).status_code == 200
    assert client.http.get("orders/N1").json()["remark"] == "丁"


def test_a_change_leaves_what_it_does_not_name_and_may_replace_lines(client: Client) -> None:
    before = client.http.post("orders", json=order("N1", remark="甲")).json()
    lines = [LINE | {"quantity": 3}, LINE | {"amount": 0, "is_gift": True}]
    after = client.http.patch("orders/N1", json={"lines": lines}, headers={"if-match": "*"}).json()
    assert {**after, "lines": 0, "updated_at": 0, "version": 0, "total_amount": 0} == {
        **before,
        "lines": 0,
        "updated_at": 0,
        "version": 0,
        "total_amount": 0,
    }
    assert [(line["line_no"], line["amount"]) for line in after["lines"]] == [(1, 29.85), (2, 0)]
    assert after["total_amount"] == 29.85


def test_an_order_in_force_is_not_edited_but_for_its_points(client: Client) -> None:
    client.http.post("orders", json=order("N1"))
    assert press(client, "N1", "submit", "approve").json()["status"] == "已审核"
    told = client.http.patch("orders/N1", json={"remark": "x"}, headers={"if-match": "*"})
    assert (told.status_code, told.json()["message"]) == (422, "订单[N1]的状态为已审核，不允许修改")
    assert client.http.patch("orders/N1", json={"points": 12}, headers={"if-match": "*"}).json()["points"] == 12
    assert client.http.delete("orders/N1", headers={"if-match": "*"}).status_code == 422


def test_a_button_works_in_its_status_alone(client: Client) -> None:
    client.http.post("orders", json=order("N1"))
    told = press(client, "N1", "approve")
    assert (told.status_code, told.json()["message"]) == (422, "订单[N1]的状态为草稿，不能审核")
    assert press(client, "N1", "submit", "reject").json()["status"] == "草稿"
    approved = press(client, "N1", "submit", "approve").json()
    assert approved["approved_at"] == approved["updated_at"]
    assert press(client, "N1", "complete").json()["status"] == "已完成"
    assert press(client, "N1", "cancel").status_code == 422
    assert press(client, "N1", "explode").status_code == 404
    assert press(client, "N2", "submit").status_code == 404


def test_many_approved_at_once_have_one_stamp_or_none_is(client: Client) -> None:
    for number in ("N1", "N2", "N3"):
        client.http.post("orders", json=order(number, lines=[LINE | {"quantity": 1}]))
    told = client.http.post("orders/batch/approve", json={"numbers": ["N1", "N2"]})
    assert (told.status_code, client.http.get("orders/N1").json()["status"]) == (422, "草稿")
    client.http.post("orders/batch/submit", json={"numbers": ["N1", "N2", "N3"]})
    assert client.http.post("orders/batch/approve", json={"numbers": ["N1", "N2", "N3"]}).status_code == 200
    stamps = {one["updated_at"] for one in client.http.get("orders").json()["items"]}
    assert len(stamps) == 1


def test_a_batch_says_of_each_what_became_of_it(client: Client) -> None:
    items = [order("N1"), order("N1"), order("N2", customer={"code": "nobody"}), order("N3")]
    reply = client.http.post("orders/batch", json={"items": items})
    told = reply.json()["results"]
    assert (reply.status_code, [one["success"] for one in told]) == (207, [True, False, False, True])
    assert (told[1]["code"], told[2]["message"]) == ("duplicate", "客户[nobody]不存在")
    client.do("faults", {"kind": "partial_batch", "next": 2})
    assert client.http.post("orders", json=order("N4")).status_code == 201
    told = client.http.post("orders/batch", json={"items": [order("N5"), order("N6")]}).json()["results"]
    assert [one["success"] for one in told] == [True, False]
    assert client.ask("stats")["documents"]["orders"] == 4


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"customer": {"code": "C-2"}}, 422, "客户[C-2]不存在"),
        ({"lines": [LINE | {"sku": "P-2"}]}, 422, "商品[P-2]不存在"),
        ({"lines": [LINE | {"quantity": 0}]}, 422, "第1行的数量必须大于零"),
        ({"lines": []}, 422, "至少要有一行明细"),
        ({"lines": [LINE | {"quantity": "two"}]}, 400, "quantity"),
        ({"lines": "P-1"}, 400, "明细应为数组"),
        ({"remark": ["x"]}, 400, "备注"),
        ({"colour": "red"}, 400, "colour"),
        ({"status": "已完成"}, 400, "status"),
    ],
)
def test_a_record_against_a_rule_is_not_made(client: Client, changed: Any, status: int, words: str) -> None:
    reply = client.http.post("orders", json=order("N1") | changed)
    assert (reply.status_code, words in reply.json()["message"]) == (status, True)
    assert client.ask("stats")["documents"]["orders"] == 0


def test_orders_promise_goods_shipments_take_them_and_returns_bring_them(client: Client) -> None:
    client.http.post("orders", json=order("N1", lines=[LINE | {"quantity": 4}]))
    press(client, "N1", "submit", "approve")
    assert on_hand(client) == (10, 6)
    client.http.post("orders", json=order("N2", lines=[LINE | {"quantity": 7}]))
    told = press(client, "N2", "submit", "approve")
    assert (told.status_code, told.json()["message"]) == (422, "商品[P-1]库存不足：可用 6，需要 7")
    shipment = {"number": "S1", "customer": {"code": "C-1"}, "lines": [{"sku": "P-1", "quantity": 4, "order_no": "N1"}]}
    assert client.http.post("shipments", json=shipment).status_code == 201
    for action in ("submit", "approve"):
        client.http.post(f"shipments/S1/{action}")
    assert on_hand(client) == (6, 6)
    client.http.post("returns", json=order("R1", lines=[LINE | {"quantity": 1}]))
    for action in ("submit", "approve"):
        client.http.post(f"returns/R1/{action}")
    assert on_hand(client) == (7, 7)


def test_a_cancelled_order_gives_back_what_it_was_promised(client: Client) -> None:
    client.http.post("orders", json=order("N1"))
    press(client, "N1", "submit", "approve")
    assert on_hand(client) == (10, 8)
    assert press(client, "N1", "cancel").json()["status"] == "已作废"
    assert on_hand(client) == (10, 10)


def test_a_draft_can_be_deleted_and_is_gone(client: Client) -> None:
    client.http.post("orders", json=order("N1"))
    assert client.http.delete("orders/N1", headers={"if-match": "*"}).status_code == 204
    assert client.http.get("orders/N1").status_code == 404


@pytest.mark.parametrize("name", HOUSES)
def test_what_a_house_writes_it_reads(name: str) -> None:
    with calling(house(name, auth="none", versions=False)) as client:
        client.plant("N1", remark="甲", status="草稿", created_at="2026-11-01T08:00:00+08:00")
        read = client.data(client.http.get("orders/N1"))
        chinese = name == "signed"
        number, place = ("单据编号", "明细") if chinese else ("number", "lines")
        own = {"内码", "修改时间", "版本", "状态", "创建时间", "审核时间", "合计金额", "分录内码", "id", "version"}
        own |= {"updated_at", "updatedAt", "status", "created_at", "createdAt", "approved_at", "approvedAt"}
        own |= {"total_amount", "totalAmount"}
        sent = {key: cell for key, cell in read.items() if key not in own} | {number: "N2"}
        sent[place] = [{key: cell for key, cell in line.items() if key not in own} for line in read[place]]
        made = client.http.post("orders", json=sent)
        assert made.is_success, made.text
        again = client.data(made)
        assert {key: cell for key, cell in again.items() if key not in own | {number, place}} == {
            key: cell for key, cell in read.items() if key not in own | {number, place}
        }


def test_what_clients_did_is_exported_without_ids_and_stamps(client: Client) -> None:
    client.plant("N0")
    client.http.post("orders", json=order("N1"))
    client.http.post("orders", json=order("N2"))
    client.http.delete("orders/N2", headers={"if-match": "*"})
    client.http.patch("customers/C-1", json={"points": 650}, headers={"if-match": "*"})
    customer, made = client.ask("export")
    assert (customer["entity"], customer["head"]["points"]) == ("customers", "650")
    assert (made["number"], made["lines"][0]["amount"]) == ("N1", "19.9")
    assert {"id", "updated_at", "version", "created_at"}.isdisjoint(made["head"])
    assert client.ask("stats")["writes"] == 4
