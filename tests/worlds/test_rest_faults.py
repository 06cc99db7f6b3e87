"""Every fault a REST world can commit, seen from the client; none of them waits longer than it was told to."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from erplink.testing.worlds.rest import HOUSES, house
from erplink.testing.worlds.shop import Shop
from tests.worlds.rest_calls import Client, calling

SHOP = Shop(hang_limit=0.1)


@pytest.fixture
def client() -> Iterator[Client]:
    with calling(house("modern", SHOP, auth="none")) as client:
        yield client


def create(client: Client, number: str) -> httpx.Response:
    return client.http.post("customers", json={"number": number})


def stored(client: Client, number: str) -> bool:
    return client.http.get(f"customers/{number}").status_code == 200


@pytest.mark.parametrize(
    ("kind", "landed"), [("drop_before_commit", False), ("drop_after_commit", True), ("short_body", True)]
)
def test_a_broken_connection_hides_whether_the_write_landed(client: Client, kind: str, *, landed: bool) -> None:
    client.do("faults", {"kind": kind, "operation": "create"})
    with pytest.raises(httpx.TransportError):
        create(client, "F-1")
    assert stored(client, "F-1") is landed
    assert client.ask("stats")["faults"] == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "code", "text"),
    [
        ("bad_gateway", 502, "502 Bad Gateway"),
        ("html_page", 200, "<!DOCTYPE html>"),
        ("server_error", 500, "NullPointerException"),
        ("error_in_200", 200, "NullPointerException"),
        ("too_many", 429, "请求过于频繁"),
        ("locked", 423, "正被其他用户编辑"),
        ("no_permission", 403, "没有该功能的操作权限"),
        ("refused", 422, "额度不足"),
        ("redirect", 307, ""),
    ],
)
def test_replies_that_are_no_answer(client: Client, kind: str, code: int, text: str) -> None:
    client.do("faults", {"kind": kind, "message": "额度不足"})
    reply = create(client, "F-2")
    assert (reply.status_code, text in reply.text) == (code, True)
    assert "retry-after" not in reply.headers
    if kind == "redirect":
        assert reply.headers["location"].startswith("http://elsewhere.invalid/")
    assert not stored(client, "F-2")
    assert create(client, "F-2").status_code == 201


def test_a_house_with_errors_in_200_says_everything_so() -> None:
    with calling(house("classic", SHOP)) as client:
        for kind, code in (("too_many", 42901), ("locked", 42301), ("no_permission", 40301), ("error_in_200", 500)):
            client.do("faults", {"kind": kind})
            reply = client.http.get("orders")
            assert (reply.status_code, reply.json()["code"]) == (200, code)
        client.do("faults", {"kind": "server_error"})
        assert client.http.get("orders").status_code == 500


def test_patience_is_asked_for_in_seconds_and_by_a_date(client: Client) -> None:
    client.do("faults", [{"kind": "retry_after", "seconds": 7}, {"kind": "retry_after_date", "seconds": 7}])
    first, second = create(client, "F-3"), create(client, "F-3")
    assert (first.status_code, first.headers["retry-after"], second.status_code) == (429, "7", 503)
    dated = parsedate_to_datetime(second.headers["date"])
    assert 6 <= (parsedate_to_datetime(second.headers["retry-after"]) - dated).total_seconds() <= 8


def test_a_slow_reply_outlasts_an_impatient_client_and_still_lands(client: Client) -> None:
    client.do("faults", {"kind": "slow", "seconds": 0.3})
    with pytest.raises(httpx.ReadTimeout):
        client.http.post("customers", json={"number": "F-4"}, timeout=0.05)
    client.do("faults", {"kind": "slow", "seconds": 0.4, "operation": "get"})
    assert stored(client, "F-4")


def test_latency_is_set_for_all_calls(client: Client) -> None:
    client.do("latency", {"seconds": 0.3})
    with pytest.raises(httpx.ReadTimeout):
        client.http.get("orders", timeout=0.1)
    client.do("latency", {"seconds": 0})
    assert client.http.get("orders", timeout=1).status_code == 200


@pytest.mark.parametrize("name", HOUSES)
def test_a_reply_may_have_fields_nobody_knows(name: str) -> None:
    with calling(house(name, SHOP)) as client:
        client.plant("N1")
        plain = client.data(client.http.get("orders/N1"))
        client.do("faults", {"kind": "unknown_field", "next": 2})
        found = client.data(client.http.get("orders/N1"))
        [listed] = client.records(client.http.get("orders"))
        place = "明细" if name == "signed" else "lines"
        assert found == {**plain, "extra_field": found["extra_field"], place: found[place]}
        assert "extra_field" in found[place][0]
        assert "extra_field" in listed


def test_a_small_body_may_unpack_to_a_large_one(client: Client) -> None:
    client.plant("N1")
    client.do("faults", {"kind": "huge_body", "seconds": 8})
    with client.http.stream("GET", "orders") as reply:
        packed = b"".join(reply.iter_raw())
    assert len(packed) < 100_000
    client.do("faults", {"kind": "huge_body", "seconds": 8})
    reply = client.http.get("orders")
    assert len(reply.content) > 8_000_000
    assert reply.json()["items"][0]["number"] == "N1"


def test_faults_are_meant_for_a_family_and_wait_their_turn() -> None:
    with calling(house("modern", SHOP), entered=False) as client:
        armed = [
            {"kind": "too_many", "family": "writes"},
            {"kind": "too_many", "family": "logins"},
            {"kind": "too_many", "family": "reads", "skip": 1},
        ]
        client.do("faults", armed)
        assert client.http.post("oauth/token").status_code == 429
        client.enter()
        assert [client.http.get("orders").status_code for _ in range(3)] == [200, 429, 200]
        assert [create(client, "F-5").status_code for _ in range(2)] == [429, 201]


def test_a_seeded_share_of_calls_suffers_and_is_the_same_every_time() -> None:
    chance = {"rate": 0.2, "kinds": ["too_many", "locked"], "seed": 7, "operation": "list"}
    seen = []
    for _ in range(2):
        with calling(house("modern", Shop(faults=(chance,)), auth="none")) as client:
            seen.append([client.http.get("orders").status_code for _ in range(100)])
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 423, 429}
    assert 10 <= sum(code != 200 for code in seen[0]) <= 30


_NEVER = {"refused", "no_permission", "redirect", "huge_body", "foreign_link", "retry_after", "lose_session"}


def test_a_share_without_kinds_is_what_a_patient_client_survives() -> None:
    with calling(house("modern", Shop(faults=({"rate": 1.0, "seed": 1},), hang_limit=0.0), auth="none")) as client:
        for _ in range(60):
            try:
                client.http.get("orders", timeout=0.02)
            except httpx.TransportError:
                continue
        told = client.ask("stats")["faults"]
        assert {"drop_before_commit", "short_body", "locked", "too_many"} <= set(told)
        assert _NEVER.isdisjoint(told)


def test_faults_are_disarmed_at_once(client: Client) -> None:
    client.do("faults", [{"rate": 1.0, "kinds": ["bad_gateway"]}, {"kind": "refused", "next": 9}, {"clear": True}])
    assert create(client, "F-6").status_code == 201


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"},
        {"kind": "foreign_link"},
        {"kind": "expired_password"},
        {"kind": "locked", "next": 0},
        {"kind": "locked", "skip": -1},
        {"kind": "locked", "family": "friends"},
        {"kind": "slow", "seconds": "long"},
        {"rate": 2},
        {"rate": 0.1, "kinds": ["nope"]},
        7,
    ],
)
def test_a_fault_that_cannot_be_read_is_refused_with_the_reason(client: Client, fault: Any) -> None:
    reply = client.door.post("faults", json=fault)
    assert reply.status_code == 400
    assert reply.text.startswith("the faults cannot be read: ")
