"""Logging in and staying logged in: every method, every body form, sessions that slide."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.worlds.calls import AUTH, FORM, LOST, Caller, Clock, calling, message, status


def arguments(caller: Caller, method: str, timestamp: str) -> list[Any]:
    who = caller.credentials
    five = (who.acct_id, who.username, who.app_id, who.app_secret, timestamp)
    signature = hashlib.sha256("".join(sorted(five)).encode()).hexdigest()
    return {
        "ValidateUser": [who.acct_id, who.username, who.password, 2052],
        "ValidateUser2": [who.acct_id, who.username, who.password, True, 2052],
        "ValidateUserByOrgNumber": [who.acct_id, who.username, who.password, 2052, "200"],
        "LoginBySimplePassport": [who.passport, 2052],
        "LoginByAppSecret": [who.acct_id, who.username, who.app_id, who.app_secret, 2052],
        "LoginBySign": [who.acct_id, who.username, who.app_id, timestamp, signature, 2052],
    }[method]


METHODS = (
    "ValidateUser",
    "ValidateUser2",
    "ValidateUserByOrgNumber",
    "LoginByAppSecret",
    "LoginBySign",
    "LoginBySimplePassport",
)


@pytest.mark.parametrize("method", METHODS)
def test_every_login_method_opens_a_session(method: str) -> None:
    clock = Clock()
    with calling(KingdeeWorld(clock=clock), logged_in=False) as caller:
        given = arguments(caller, method, str(int(clock().timestamp())))
        reply = caller.post(AUTH + method, {"parameters": given}).json()
        assert (reply["LoginResultType"], reply["IsSuccessByAPI"]) == (1, True)
        caller.http.cookies.clear()
        headers = {"kdservice-sessionid": reply["KDSVCSessionId"]}
        query = {"data": {"FormId": "BD_Customer", "FieldKeys": "FNumber"}}
        assert caller.post(f"{FORM}ExecuteBillQuery", query, headers=headers).json() == []


@pytest.mark.parametrize("method", METHODS)
def test_every_login_method_refuses_a_wrong_secret(method: str) -> None:
    clock = Clock()
    with calling(KingdeeWorld(clock=clock), logged_in=False) as caller:
        given = arguments(caller, method, str(int(clock().timestamp())))
        place = {"LoginByAppSecret": 3, "LoginBySign": 4, "LoginBySimplePassport": 0}.get(method, 2)
        given[place] = "wrong"
        reply = caller.post(AUTH + method, {"parameters": given})
        kind = -1 if method == "LoginBySimplePassport" else 0
        assert (reply.status_code, reply.json()["LoginResultType"], reply.json()["KDSVCSessionId"]) == (200, kind, "")
        assert "set-cookie" not in reply.headers
        assert caller.world("stats")["refused_logins"] == 1


def test_an_old_signature_is_refused_and_milliseconds_are_understood() -> None:
    clock = Clock()
    with calling(KingdeeWorld(clock=clock), logged_in=False) as caller:
        now = int(clock().timestamp())
        late = caller.post(f"{AUTH}LoginBySign", {"parameters": arguments(caller, "LoginBySign", str(now - 901))})
        assert late.json()["LoginResultType"] == 0
        fine = caller.post(f"{AUTH}LoginBySign", {"parameters": arguments(caller, "LoginBySign", f"{now}000")})
        assert fine.json()["LoginResultType"] == 1


def test_an_unknown_data_centre_is_refused_by_name() -> None:
    with calling(KingdeeWorld(), logged_in=False) as caller:
        reply = caller.login(acctID="no-such-centre")
        assert reply["LoginResultType"] != 1
        assert "数据中心" in reply["Message"]
        centres = caller.post(
            "Kingdee.BOS.ServiceFacade.ServicesStub.Account.AccountService.GetDataCenterList", {}
        ).json()
        assert [centre["Id"] for centre in centres] == [caller.credentials.acct_id]


QUERY = {"FormId": "BD_Customer", "FieldKeys": "FNumber", "FilterString": "FNumber='CUST0001'"}


@pytest.mark.parametrize(
    "body",
    [
        {"data": QUERY},
        {"Data": json.dumps(QUERY)},
        {"parameters": [json.dumps(QUERY)]},
        {"parameters": [QUERY]},
        {"format": 1, "useragent": "ApiClient", "rid": "7", "v": "1.0", "parameters": json.dumps([json.dumps(QUERY)])},
    ],
    ids=["object", "text", "parameters-text", "parameters-object", "envelope"],
)
def test_every_body_form_is_understood(body: dict[str, Any]) -> None:
    with calling(KingdeeWorld(sample=True)) as caller:
        assert caller.post(f"{FORM}ExecuteBillQuery", body).json() == [["CUST0001"]]


def test_form_fields_and_any_case_of_the_path_are_understood() -> None:
    with calling(KingdeeWorld(sample=True)) as caller:
        reply = caller.http.post(
            caller.root + f"K3Cloud/{FORM}ExecuteBillQuery.common.KDSVC", data={"data": json.dumps(QUERY)}
        )
        assert reply.json() == [["CUST0001"]]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [("Nothing.common.kdsvc", "{}", 404), (f"{FORM}View", "{}", 404), (f"{FORM}View.common.kdsvc", "{x", 500)],
)
def test_wrong_paths_and_broken_json_get_an_error_page(path: str, body: str, code: int) -> None:
    with calling(KingdeeWorld()) as caller:
        reply = caller.http.post(path, content=body)
        assert (reply.status_code, reply.headers["content-type"]) == (code, "text/html; charset=utf-8")
        assert "date" in reply.headers


def test_a_bare_array_as_body_is_refused_as_newer_servers_do() -> None:
    with calling(KingdeeWorld()) as caller:
        reply = caller.post(f"{FORM}View", ["SAL_SaleOrder", "{}"])
        assert reply.status_code == 500
        assert "Additional text found in JSON string" in reply.text


def test_a_session_slides_and_ends_after_twenty_quiet_minutes() -> None:
    clock = Clock()
    with calling(KingdeeWorld(clock=clock)) as caller:
        for _ in range(3):
            clock.advance(minutes=19)
            assert caller.query("BD_Customer", "FNumber") == []
        clock.advance(minutes=20, seconds=1)
        assert message(caller.query("BD_Customer", "FNumber")) == LOST
        assert status(caller.form("View", "BD_Customer", Number="x"))["MsgCode"] == 1


def test_without_a_session_queries_get_the_wrapped_object_and_others_the_plain_one() -> None:
    with calling(KingdeeWorld(), logged_in=False) as caller:
        wrapped = caller.query("BD_Customer", "FNumber")
        plain = caller.form("Audit", "SAL_SaleOrder", Numbers=["X"])
        assert wrapped == [[plain]]
        assert message(plain) == LOST


def test_logout_ends_the_session() -> None:
    with calling(KingdeeWorld()) as caller:
        assert caller.post(f"{AUTH}Logout", {}).json() is True
        assert message(caller.query("BD_Customer", "FNumber")) == LOST
        assert caller.post(f"{AUTH}Logout", {}).json() is False
