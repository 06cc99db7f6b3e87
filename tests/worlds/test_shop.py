"""What goes on behind the doors of the shop: planting, transactions that commit late, clocks, journals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from erplink.errors import FileInvalid, FixError
from erplink.testing.worlds.rest import house, serve
from erplink.testing.worlds.shop import Shop
from tests.worlds.rest_calls import Client, calling, document


@pytest.fixture
def client() -> Iterator[Client]:
    with calling(house("modern", auth="none")) as client:
        yield client


def stamps(client: Client) -> dict[str, str]:
    return {one["number"]: one["updated_at"] for one in client.http.get("orders").json()["items"]}


def test_what_is_planted_together_has_one_stamp_and_ids_are_kept(client: Client) -> None:
    client.plant("N1", "N2", "N3")
    client.do("plant", [document("N4", id=777)])
    assert len({stamp for number, stamp in stamps(client).items() if number != "N4"}) == 1
    assert client.http.get("orders/777").json()["number"] == "N4"
    [after] = client.plant("N5")
    assert after == 1004
    client.plant("N6", id=5000)
    assert client.plant("N7") == [5001]


def test_a_stamp_that_is_given_is_the_stamp(client: Client) -> None:
    stamp = "2026-03-01T10:30:00.000007+08:00"
    client.plant("N1", updated_at=stamp)
    client.do("edit", {"entity": "orders", "number": "N1", "head": {"updated_at": "2026-03-02T10:30:00+08:00"}})
    assert stamps(client) == {"N1": "2026-03-02T10:30:00+08:00"}
    client.do("edit", {"entity": "orders", "number": "N1", "head": {"remark": "x", "updated_at": None}})
    assert stamps(client) == {"N1": "2026-03-02T10:30:00+08:00"}
    client.do("edit", {"entity": "orders", "number": "N1"})
    assert stamps(client)["N1"] > "2026-03-02T10:30:00+08:00"


def test_an_edit_may_replace_lines_and_is_a_new_version(client: Client) -> None:
    client.plant("N1")
    client.do("edit", {"entity": "orders", "number": "N1", "lines": [{"sku": "P-9", "quantity": 1}] * 2})
    found = client.http.get("orders/N1").json()
    assert (found["version"], [line["sku"] for line in found["lines"]]) == (2, ["P-9", "P-9"])


def test_what_is_removed_is_gone(client: Client) -> None:
    client.plant("N1", "N2")
    client.do("remove", {"entity": "orders", "number": "N1"})
    assert list(stamps(client)) == ["N2"]


def test_a_transaction_that_commits_late_has_the_stamp_and_the_ids_of_its_beginning(client: Client) -> None:
    client.plant("N1")
    held = client.do("hold", [document("LATE")])
    client.do("clock", {"ahead": 60})
    client.plant("N2")
    assert set(stamps(client)) == {"N1", "N2"}
    client.do("release", {"transaction": held["transaction"]})
    told = stamps(client)
    assert told["N1"] <= told["LATE"] < told["N2"]
    assert held["ids"] == [client.http.get("orders/LATE").json()["id"]]
    assert held["ids"][0] < client.http.get("orders/N2").json()["id"]
    assert client.door.post("release", json={"transaction": 9}).status_code == 400


def test_the_clock_stamps_what_happens_and_dates_replies(client: Client) -> None:
    before = client.now()
    client.do("clock", {"ahead": 86_400 * 40})
    assert (client.now() - before).days == 40
    client.plant("N1")
    reply = client.http.get("orders")
    assert reply.json()["items"][0]["updated_at"][:10] == client.now().astimezone(client.world.shop.tz).isoformat()[:10]
    assert reply.headers["date"][5:7] == f"{client.now():%d}"


def test_stock_is_kept_by_warehouse(client: Client) -> None:
    levels = [
        {"sku": "P-1", "warehouse": "W-1", "on_hand": "10.5", "locked": 2},
        {"sku": "P-1", "warehouse": "W-2", "on_hand": 3},
        {"sku": "P-2", "warehouse": "W-1", "on_hand": 0},
    ]
    client.do("stock", levels)
    told = client.http.get("stock?skus=P-1").json()
    assert [(row["warehouse"], row["on_hand"], row["available"]) for row in told] == [("W-1", 10.5, 8.5), ("W-2", 3, 3)]
    assert client.http.post("stock/query", json={"skus": ["P-2"], "warehouse": "W-1"}).json()[0]["on_hand"] == 0
    assert client.http.get("stock?skus=P-2&warehouse=W-2").json() == []
    assert len(client.http.get("stock").json()) == 3


def test_an_emptied_world_is_as_new_but_for_its_ids(client: Client) -> None:
    [first] = client.plant("N1")
    client.do("stock", [{"sku": "P-1", "warehouse": "W-1", "on_hand": 1}])
    client.do("faults", {"kind": "too_many"})
    client.do("clock", {"ahead": 1000})
    client.http.get("orders")
    client.do("hold", [document("LATE")])
    client.do("empty")
    told = client.ask("stats")
    assert (sum(told["documents"].values()), told["calls"], told["faults"], told["writes"]) == (0, {}, {}, 0)
    assert client.http.get("stock").json() == []
    assert client.door.post("release", json={"transaction": 1}).status_code == 400
    assert client.plant("N1")[0] > first


@pytest.mark.parametrize(
    ("deed", "asked", "word"),
    [
        ("plant", [{"entity": "ghosts"}], "ghosts"),
        ("plant", [{"entity": "orders", "head": {"colour": 1}}], "colour"),
        ("plant", [{"entity": "orders", "head": {"updated_at": "2026-01-01 08:00"}}], "updated_at"),
        ("edit", {"entity": "orders", "number": "nope"}, "nope"),
        ("remove", {"entity": "orders", "number": "nope"}, "nope"),
        ("stock", [{"sku": "P-1"}], "warehouse"),
        ("clock", {}, "ahead"),
    ],
)
def test_a_deed_that_cannot_be_done_is_refused_with_the_reason(
    client: Client,
    deed: str,
    asked: Any,  # noqa: ANN401 - JSON
    word: str,
) -> None:
    reply = client.door.post(deed, json=asked)
    assert (reply.status_code, word in reply.text) == (400, True)


def test_a_restarted_shop_is_the_same_also_after_a_torn_line(tmp_path: Path) -> None:
    state = tmp_path / "shop.journal"
    world = house("modern", Shop(sample=True, state=state, grain="microsecond"), auth="none")
    key = {"idempotency-key": "k-1"}
    sent = {
        "number": "N1",
        "customer": {"code": "CUST0001"},
        "lines": [{"sku": "M101", "quantity": 2.5, "unit_price": 0.3}],
    }
    with calling(world) as client:
        made = client.http.post("orders", json=sent, headers=key).json()
        client.http.post("orders/N1/submit")
        client.http.post("orders/N1/approve")
        client.http.patch("customers/CUST0009", json={"points": 1.5}, headers={"if-match": "*"})
        client.http.post("customers", json={"number": "K1"})
        client.http.post("orders", json=sent | {"number": "N0"})
        assert client.http.delete("orders/N0", headers={"if-match": "*"}).status_code == 204
        before, orders = client.ask("export"), client.http.get("orders/N1").json()
        stock = client.http.get("stock?skus=M101").json()
    with state.open("ab") as file:
        file.write(b'{"records":[["orders",')
    with calling(world) as client:
        assert client.ask("export") == before
        assert client.http.get("orders/N1").json() == orders
        assert client.http.get("stock?skus=M101").json() == stock
        assert client.http.post("orders", json=sent, headers=key).json()["id"] == made["id"]
        assert client.http.post("orders", json=sent | {"number": "N2"}).json()["id"] == made["id"] + 2
    with pytest.raises(FileInvalid, match="other records"), serve(house("modern", Shop(state=state))):
        pass


def test_a_shop_begins_with_an_orders_file_or_the_sample(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(
        "order_no,sku,qty,order_date,price,customer\n1,A,2,2026-01-01 09:00,3.5,K1\nC2,A,-1,2026-02-01,3.5,K1\n",
        encoding="utf-8",
    )
    with calling(house("modern", Shop(orders=file), auth="none")) as client:
        [order] = client.http.get("orders").json()["items"]
        assert (order["number"], order["status"], order["total_amount"]) == ("1", "已完成", 7)
        assert order["updated_at"] == "2026-01-01T09:00:00+08:00"
        [shipped] = client.http.get("shipments").json()["items"]
        assert shipped["lines"][0]["order_line_id"] == order["lines"][0]["id"]
        [returned] = client.http.get("returns").json()["items"]
        assert (returned["lines"][0]["order_no"], returned["total_amount"]) == ("", 3.5)
    with calling(house("modern", Shop(sample=True), auth="none")) as client:
        told = client.ask("stats")["documents"]
        assert (told["orders"], told["receipts"], client.ask("seed")["source"]) == (600, 590, "sample")
        assert client.http.get("stock?skus=GIFT-001").json()[0]["available"] == 1000


def test_settings_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    for shop, word in (
        (Shop(zone="Asia/Shangai"), "Asia/Shangai"),
        (Shop(orders=tmp_path / "none.csv"), "none.csv"),
        (Shop(faults=({"kind": "gremlin"},)), "gremlin"),
    ):
        with pytest.raises(FixError, match=word), serve(house("modern", shop)):
            pass


def test_ten_thousand_orders_are_planted_and_walked() -> None:
    with calling(house("modern", auth="none", page_limit=1000)) as client:
        client.do("plant", [document(f"N{place}") for place in range(10_000)])
        assert len(client.numbers("orders", 1000, sort="updated_at,id")) == 10_000
