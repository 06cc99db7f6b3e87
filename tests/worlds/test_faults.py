"""Every fault a world can commit, seen from the client; none of them waits longer than it was told to."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.worlds.calls import FORM, LOST, Caller, calling, gift_order, message, status

ORDER = "SAL_SaleOrder"


@pytest.fixture
def shop() -> Iterator[Caller]:
    with calling(KingdeeWorld(sample=True, hang_limit=0.1)) as caller:
        yield caller


def save(shop: Caller, number: str) -> httpx.Response:
    return shop.post(f"{FORM}Save", {"formid": ORDER, "data": {"Model": gift_order(number)}})


def stored(shop: Caller, number: str) -> bool:
    return bool(shop.query(ORDER, "FID", f"FBillNo='{number}'"))


@pytest.mark.parametrize(
    ("kind", "landed"), [("drop_before_commit", False), ("drop_after_commit", True), ("short_body", True)]
)
def test_a_broken_connection_hides_whether_the_write_landed(shop: Caller, kind: str, *, landed: bool) -> None:
    shop.arm({"kind": kind, "operation": "Save"})
    with pytest.raises(httpx.TransportError):
        save(shop, "F-1")
    assert stored(shop, "F-1") is landed
    assert shop.world("stats")["faults"] == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "code", "text"),
    [
        ("bad_gateway", 502, "Bad Gateway"),
        ("html_page", 200, "<!DOCTYPE html>"),
        ("response_error", 200, "response_error:"),
        ("waf", 200, "showConfirm"),
        ("no_permission", 200, '"MsgCode":2'),
    ],
)
def test_replies_that_are_no_answer(shop: Caller, kind: str, code: int, text: str) -> None:
    shop.arm({"kind": kind})
    reply = save(shop, "F-2")
    assert reply.status_code == code
    assert text in reply.text
    assert not stored(shop, "F-2")


@pytest.mark.parametrize(("kind", "code"), [("lock_conflict", 13), ("call_limit", 14)])
def test_requests_for_patience(shop: Caller, kind: str, code: int) -> None:
    shop.arm({"kind": kind, "next": 2})
    assert status(save(shop, "F-3").json())["MsgCode"] == code
    wrapped = shop.query(ORDER, "FID")
    assert (len(wrapped), status(wrapped)["MsgCode"]) == (1, code)
    assert status(save(shop, "F-3").json())["IsSuccess"]


def test_a_lost_session_stays_lost_until_the_next_login(shop: Caller) -> None:
    shop.arm({"kind": "lose_session", "operation": "Save"})
    assert message(save(shop, "F-4").json()) == LOST
    assert message(save(shop, "F-4").json()) == LOST
    shop.login()
    assert status(save(shop, "F-4").json())["IsSuccess"]


def test_a_slow_reply_outlasts_an_impatient_client_and_still_lands(shop: Caller) -> None:
    shop.arm({"kind": "slow", "seconds": 0.3})
    body = {"formid": ORDER, "data": {"Model": gift_order("F-5")}}
    with pytest.raises(httpx.ReadTimeout):
        shop.post(f"{FORM}Save", body, timeout=0.05)
    shop.arm({"kind": "slow", "seconds": 0.4, "operation": "ExecuteBillQuery"})
    assert stored(shop, "F-5")


def test_a_batch_may_fail_in_part(shop: Caller) -> None:
    shop.arm({"kind": "partial_batch", "next": 2})
    reply = status(shop.form("BatchSave", ORDER, Model=[gift_order("P-1"), gift_order("P-2")]))
    assert reply["IsSuccess"] is False
    assert [done["Number"] for done in reply["SuccessEntitys"]] == ["P-1"]
    assert not stored(shop, "P-2")
    save(shop, "P-2")
    reply = status(shop.form("Submit", ORDER, Numbers=["P-1", "P-2"]))
    assert ([done["Number"] for done in reply["SuccessEntitys"]], len(reply["Errors"])) == (["P-1"], 1)


@pytest.mark.parametrize(("kind", "code"), [("retry_after", 429), ("retry_after_date", 503)])
def test_patience_is_asked_for_by_a_header(shop: Caller, kind: str, code: int) -> None:
    shop.arm({"kind": kind, "seconds": 30})
    reply = save(shop, "F-8")
    assert reply.status_code == code
    assert 29 <= seconds_of(reply.headers["retry-after"], reply.headers["date"]) <= 30
    assert not stored(shop, "F-8")


def seconds_of(asked: str, now: str) -> float:
    if asked.isdecimal():
        return float(asked)
    return (parsedate_to_datetime(asked) - parsedate_to_datetime(now)).total_seconds()


def test_a_refusal_says_what_it_was_told_to_say(shop: Caller) -> None:
    shop.arm({"kind": "refused", "message": "信用额度不足"})
    assert message(save(shop, "F-9").json()) == "信用额度不足"
    assert not stored(shop, "F-9")


def test_a_fault_is_kept_for_calls_of_a_family_and_lets_some_pass(shop: Caller) -> None:
    shop.arm({"kind": "lock_conflict", "family": "writes", "skip": 1})
    assert stored(shop, "XSDD000001")
    assert [status(save(shop, number).json())["MsgCode"] for number in ("F-10", "F-11", "F-12")] == [0, 13, 0]
    shop.arm({"kind": "call_limit", "family": "reads"})
    assert status(save(shop, "F-13").json())["MsgCode"] == 0
    assert status(shop.query(ORDER, "FID"))["MsgCode"] == 14


def test_a_login_can_be_refused(shop: Caller) -> None:
    shop.arm({"kind": "login_refused"})
    assert shop.login()["LoginResultType"] == 0
    assert shop.login()["LoginResultType"] == 1


def test_an_expired_password_hands_out_a_session_that_is_good_for_nothing(shop: Caller) -> None:
    shop.arm({"kind": "expired_password"})
    reply = shop.login()
    assert (reply["LoginResultType"], reply["MessageCode"]) == (-3, "CheckPasswordPolicy")
    answer = save(shop, "F-6")
    assert (answer.status_code, answer.text.split(" -- ")[1]) == (200, "N001: Unexpectable request.")


def outcomes(shop: Caller, calls: int) -> list[int]:
    shop.login()
    return [status(shop.form("View", ORDER, Number="XSDD000001"))["MsgCode"] for _ in range(calls)]


def test_a_seeded_share_of_calls_suffers_and_is_the_same_every_time() -> None:
    chance = {"rate": 0.2, "kinds": ["lock_conflict", "call_limit"], "seed": 7, "operation": "View"}
    seen = []
    for _ in range(2):
        with calling(KingdeeWorld(sample=True, faults=(chance,))) as shop:
            seen.append(outcomes(shop, 100))
    assert seen[0] == seen[1]
    assert 10 <= sum(code != 0 for code in seen[0]) <= 30
    assert set(seen[0]) == {0, 13, 14}


def test_faults_are_disarmed_at_once(shop: Caller) -> None:
    shop.arm({"rate": 1.0, "kinds": ["bad_gateway"]}, {"kind": "waf", "next": 9}, {"clear": True})
    assert status(save(shop, "F-7").json())["IsSuccess"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"},
        {"kind": "waf", "next": 0},
        {"kind": "waf", "skip": -1},
        {"kind": "waf", "family": "uncles"},
        {"rate": 2},
        {"rate": 0.1, "kinds": ["nope"]},
        7,
    ],
)
def test_a_fault_that_cannot_be_read_is_refused_with_the_reason(shop: Caller, fault: Any) -> None:
    reply = shop.http.post(f"{shop.root}_world/faults", json=fault)
    assert reply.status_code == 400
    assert reply.text.startswith("the faults cannot be read: ")
