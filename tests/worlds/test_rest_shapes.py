"""How each house writes a record, an error, and what it reads of what it is sent."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from erplink.testing.worlds.rest import HOUSES, house
from erplink.testing.worlds.rest.settings import RestWorld, Times
from erplink.testing.worlds.shop import Shop
from tests.worlds.rest_calls import Client, calling

STAMP = "2026-11-01T08:00:00.123456+08:00"


def read(world: RestWorld, **head: Any) -> tuple[Client, Any]:
    with calling(world) as client:
        client.plant("N1", updated_at=STAMP, **head)
        reply = client.http.get("orders/N1")
        assert reply.status_code == 200, reply.text
        body = json.loads(reply.content, parse_float=Decimal)
        return client, {"coded": body.get("data"), "wrapped": body.get("result")}.get(world.envelope, body)


def test_a_modern_house_nests_writes_numbers_and_offsets() -> None:
    _, order = read(house("modern"), remark="<礼品> 𠮷")
    assert (order["customer"], order["remark"], order["status"]) == ({"code": "C-1"}, "<礼品> 𠮷", "已审核")
    assert order["lines"][0]["amount"] == Decimal("19.90")
    assert str(order["lines"][0]["amount"]) == "19.90"
    assert order["updated_at"] == STAMP
    assert order["approved_at"] is None


def test_a_classic_house_writes_camels_codes_and_wall_time() -> None:
    _, order = read(house("classic"), status="待审核")
    assert (order["customerCode"], order["status"], order["updatedAt"]) == ("C-1", 1, "2026-11-01 08:00:00")
    assert order["lines"][0]["unitPrice"] == Decimal("9.95")


def test_a_signed_house_writes_chinese_strings_and_milliseconds() -> None:
    _, order = read(house("signed"))
    assert order["修改时间"] == 1793491200123
    assert order["明细"][0]["金额"] == "19.90"


def test_a_typed_house_says_of_what_class_a_value_is() -> None:
    _, order = read(house("typed"))
    assert order["lines"][0]["amount"] == {"__class__": "Decimal", "decimal": "19.90"}
    stamp = {"year": 2026, "month": 11, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 123456}
    assert order["updated_at"] == {"__class__": "datetime", **stamp}


@pytest.mark.parametrize(
    ("times", "written"),
    [
        ("iso", "2026-11-01T08:00:00.123456+08:00"),
        ("utc", "2026-11-01T00:00:00.123456Z"),
        ("local", "2026-11-01 08:00:00.123456"),
        ("epoch", Decimal("1793491200.123456")),
        ("epoch_ms", 1793491200123),
        ("dotnet", "/Date(1793491200123)/"),
    ],
)
def test_an_instant_is_written_in_many_ways_and_asked_for_in_the_same(times: Times, written: Any) -> None:
    with calling(house("modern", auth="none", times=times)) as client:
        client.plant("N1", updated_at=STAMP)
        client.plant("N0", updated_at="2026-10-31T08:00:00+08:00")
        reply = client.http.get("orders", params={"updated_from": str(written), "sort": "updated_at,id"})
        [order] = json.loads(reply.content, parse_float=Decimal)["items"]
        assert (order["number"], order["updated_at"]) == ("N1", written)


def test_a_grain_is_as_fine_as_the_shop_keeps_time() -> None:
    for grain, told in (("second", "00"), ("millisecond", "00.123000"), ("microsecond", "00.123456")):
        _, order = read(house("modern", Shop(grain=grain)))  # type: ignore[arg-type]
        assert order["updated_at"] == f"2026-11-01T08:00:{told}+08:00"


def test_lines_are_apart_where_the_house_keeps_them_apart() -> None:
    with calling(house("modern", auth="none", lines_apart=True)) as client:
        client.plant("N1")
        assert "lines" not in client.http.get("orders").json()["items"][0]
        lines = client.http.get("orders/N1/lines").json()
        assert lines == client.http.get("orders/N1").json()["lines"]
        assert lines[0]["sku"] == "P-1"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("modern", 404, '{"error":"not_found","message":"订单[N2]不存在"}'),
        ("classic", 200, '{"code":40401,"msg":"订单[N2]不存在","data":null}'),
        ("signed", 404, '{"success":false,"error":{"code":"not_found","message":"订单[N2]不存在"}}'),
        ("typed", 404, "<h1>404</h1><p>订单[N2]不存在</p>"),
    ],
)
def test_each_house_has_its_own_way_to_say_no(name: str, status: int, words: str) -> None:
    with calling(house(name)) as client:
        reply = client.http.get("orders/N2")
        assert reply.status_code == status
        assert words in reply.text
        assert reply.headers["content-type"].startswith("text/html" if name == "typed" else "application/json")


def test_a_mistake_of_the_client_may_be_called_one_of_the_server() -> None:
    for mistake in (400, 500):
        with calling(house("modern", auth="none", mistake=mistake)) as client:
            reply = client.http.get("orders?color=red")
            assert (reply.status_code, reply.json()["message"]) == (mistake, "参数[color]不支持")
            assert client.http.post("customers", content=b"{x").status_code == mistake


def test_a_status_nobody_knows_and_a_cell_that_does_not_fit_are_shown_as_they_are() -> None:
    for name in HOUSES:
        with calling(house(name)) as client:
            client.plant("N1", status="已挂起", updated_at=STAMP)
            before = client.data(client.http.get("orders/N1"))
            spoilt = {"customer_code": ["?"], "points": "many", "created_at": "someday", "updated_at": None}
            client.do("edit", {"entity": "orders", "number": "N1", "head": spoilt})
            after = client.data(client.http.get("orders/N1"))
            text = json.dumps(after, ensure_ascii=False)
            assert [word for word in ("已挂起", '["?"]', '"many"', '"someday"') if word not in text] == []
            stamp = {"modern": "updated_at", "classic": "updatedAt", "signed": "修改时间", "typed": "updated_at"}[name]
            assert before[stamp] == after[stamp]
