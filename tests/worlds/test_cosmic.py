"""The Cosmic world by what a client sees that shares no code with it."""

# ruff: noqa: ANN401 - JSON

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from attrs import define

from erplink.testing.worlds.cosmic import CosmicWorld, Running, serve
from erplink.testing.worlds.shop import Shop

SAMPLE = Shop(sample=True, session_seconds=7200.0, hang_limit=0.05)
SHANGHAI = timedelta(hours=8)
_nonces = count()


@define
class Client:
    """Talks to the platform by hand."""

    http: httpx.Client
    running: Running
    headers: dict[str, str]

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.http.post(path, json=body, headers={**self.headers, **headers}).json()

    def token(self, **changed: Any) -> Any:
        known = self.running.credentials
        given = {
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "username": known.username,
            "accountId": known.account_id,
            "language": "zh_CN",
            "nonce": f"n{next(_nonces)}",
            "timestamp": (datetime.now(UTC) + SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),  # noqa: TID251
        }
        return self.post("kapi/oauth2/getToken", given | changed)

    def log_in(self) -> None:
        self.headers = {"access_token": self.token()["data"]["access_token"]}

    def query(self, form: str = "sm/sm_salorder/query", **data: Any) -> Any:
        return self.post(f"kapi/v2/{form}", {"data": data, "pageNo": 1, "pageSize": 10})


@contextmanager
def entered(world: CosmicWorld = CosmicWorld(shop=SAMPLE)) -> Iterator[Client]:  # noqa: B008 - frozen value
    with serve(world) as running, httpx.Client(base_url=running.url, trust_env=False) as http:
        yield Client(http, running, {})


def order(number: str, **more: Any) -> dict[str, Any]:
    lines = [{"material_number": "M101", "qty": 1, "amountandtax": "9.95"}]
    return {"billno": number, "customer_number": "CUST0001", "billentry": lines, **more}


def test_a_token_lives_two_hours_and_does_not_slide() -> None:
    with entered() as client:
        told = client.token()
        assert (told["errorCode"], told["status"], told["data"]["expires_in"]) == ("0", True, "7200000")
        client.headers = {"access_token": told["data"]["access_token"]}
        for ahead, code in ((7100.0, "0"), (7300.0, "401")):
            httpx.post(f"{client.running.door}clock", json={"ahead": ahead})
            assert client.query()["errorCode"] == code


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"client_secret": "wrong"}, "401", "密钥验证失败, 第 1 次"),
        ({"client_id": "nobody"}, "401", "不存在或未启用"),
        ({"accountId": "999"}, "401", "不存在或未启用"),
        ({"username": "nobody"}, "603", "代理用户"),
        ({"timestamp": "2020-01-01 00:00:00"}, "603", "5分钟"),
        ({"timestamp": "now"}, "603", "5分钟"),
        ({"nonce": ""}, "603", "nonce为空"),
    ],
)
def test_a_token_is_refused_and_counted(changed: dict[str, str], code: str, said: str) -> None:
    with entered() as client:
        told = client.token(**changed)
    assert (told["errorCode"], told["status"]) == (code, False)
    assert said in told["message"]
    assert client.running.site.logins == {"refused": 1}


def test_a_zero_zone_timestamp_is_taken() -> None:
    with entered() as client:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.009Z")  # noqa: TID251
        assert client.token(timestamp=at)["status"] is True


def test_a_nonce_is_taken_once() -> None:
    with entered() as client:
        assert client.token(nonce="n")["status"] is True
        assert "已经调用过" in client.token(nonce="n")["message"]


def test_five_wrong_secrets_lock_the_application_for_three_minutes() -> None:
    with entered() as client:
        said = [client.token(client_secret="wrong")["message"] for _ in range(5)]
        assert said[3].endswith("第 4 次")
        assert "180秒" in said[4]
        assert "已锁定" in client.token()["message"]
        httpx.post(f"{client.running.door}clock", json={"ahead": 181})
        at = (datetime.now(UTC) + SHANGHAI + timedelta(seconds=181)).strftime("%Y-%m-%d %H:%M:%S")  # noqa: TID251
        assert client.token(timestamp=at)["status"] is True


def test_tokens_are_limited_by_the_minute() -> None:
    with entered() as client:
        codes = [client.token()["errorCode"] for _ in range(31)]
    assert codes == ["0"] * 30 + ["429"]


def test_a_query_needs_data_and_a_size() -> None:
    with entered() as client:
        client.log_in()
        path = "kapi/v2/sm/sm_salorder/query"
        assert client.post(path, {"pageNo": 1, "pageSize": 1})["errorCode"] == "400"
        assert client.post(path, {"data": {}})["errorCode"] == "400"
        assert client.post(path, {"data": {}, "pageSize": 2001})["errorCode"] == "603"
        assert client.post("kapi/v2/sm/sm_salorder/nope", {"data": {}})["errorCode"] == "404"


def test_pages_say_where_they_are() -> None:
    with entered() as client:
        client.log_in()
        last = client.post("kapi/v2/sm/sm_salorder/query", {"data": {}, "pageNo": 60, "pageSize": 10})["data"]
        over = client.post("kapi/v2/sm/sm_salorder/query", {"data": {}, "pageNo": 61, "pageSize": 10})["data"]
    assert (last["lastPage"], last["totalCount"], len(last["rows"])) == (True, 600, 10)
    assert (over["lastPage"], over["rows"]) == (True, [])


def test_numbers_come_with_ten_decimals() -> None:
    with entered() as client:
        client.log_in()
        text = client.http.post(
            "kapi/v2/sm/sm_salorder/query", json={"data": {}, "pageSize": 1}, headers=client.headers
        ).text
    assert '"qty":2.0000000000' in text


@pytest.mark.parametrize(("candidate", "lines"), [("id", 1), ("number", 2)])
def test_a_save_of_a_number_that_is_there(candidate: Any, lines: int) -> None:
    with entered(CosmicWorld(shop=SAMPLE, candidate=candidate)) as client:
        client.log_in()
        first, second = (client.post("kapi/v2/sm/sm_salorder/save", {"data": [order("X-1")]}) for _ in range(2))
        assert first["data"]["result"][0]["type"] == "Add"
        assert second["data"]["result"][0]["billStatus"] is (candidate == "number")
        assert len(client.query(billno=["X-1"])["data"]["rows"][0]["billentry"]) == lines


def test_a_batch_succeeds_as_a_call_and_fails_in_part() -> None:
    with entered() as client:
        client.log_in()
        httpx.post(f"{client.running.door}faults", json={"kind": "partial_batch", "next": 1, "message": "额度不足"})
        told = client.post("kapi/v2/sm/sm_salorder/save", {"data": [order("X-1"), order("X-2")]})
        assert (told["status"], told["errorCode"]) == (True, "0")
        assert (told["data"]["successCount"], told["data"]["failCount"]) == ("1", "1")
        assert [one["billStatus"] for one in told["data"]["result"]] == [True, False]
        assert told["data"]["result"][1]["errors"][0]["rowMsg"] == ["额度不足"]


def test_documents_move_by_submit_and_audit_in_this_order() -> None:
    with entered() as client:
        client.log_in()
        client.post("kapi/v2/sm/sm_salorder/save", {"data": order("X-1")})
        wanted = {"data": {"billno": ["X-1"]}}
        for api, status in (("audit", False), ("submit", True), ("submit", False), ("audit", True)):
            told = client.post(f"kapi/v2/sm/sm_salorder/{api}", wanted)
            assert told["data"]["result"][0]["billStatus"] is status
        nothing = client.post("kapi/v2/sm/sm_salorder/submit", {"data": {"billno": ["NONE"]}})
        assert (nothing["status"], nothing["data"]["totalCount"]) == (True, "0")
        assert client.query(billno=["X-1"])["data"]["rows"][0]["billstatus"] == "C"


def test_the_older_login_takes_both_spellings() -> None:
    with entered() as client:
        known = client.running.credentials
        common = {"tenantid": known.tenant_id, "accountId": known.account_id}
        first, again = (
            client.post("api/getAppToken.do", {"appId": known.client_id, name: known.client_secret, **common})
            for name in ("appSecuret", "appSecret")
        )
        assert [one["state"] for one in (first, again)] == ["success"] * 2
        assert first["data"]["error_code"] == "0"
        told = {"user": known.username, "usertype": "UserName", "apptoken": first["data"]["app_token"], **common}
        client.headers = {"accesstoken": client.post("api/login.do", told)["data"]["access_token"]}
        assert client.query()["status"] is True
        client.headers = {"accesstoken": first["data"]["app_token"]}
        assert client.query()["errorCode"] == "401"
        assert client.post("api/getAppToken.do", {"appId": known.client_id, **common})["state"] == "error"


def test_a_digest_is_checked_and_never_taken_twice() -> None:
    with entered() as client:
        known = client.running.credentials
        body = json.dumps({"data": {}, "pageNo": 1, "pageSize": 1})
        at = (datetime.now(UTC) + SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")  # noqa: TID251
        right = hmac.new(known.digest_key.encode(), f"{body}{at}n1".encode(), hashlib.sha256).hexdigest()
        headers = {
            "appId": known.client_id,
            "user": known.username,
            "usertype": "UserName",
            "accountId": known.account_id,
            "timestamp": at,
            "signatureNonce": "n1",
        }

        def asked(signature: str, content: str = body) -> str:
            sent = {**headers, "signature": signature}
            return str(
                client.http.post("kapi/v2/sm/sm_salorder/query", content=content, headers=sent).json()["errorCode"]
            )

        assert asked("0" * 64) == "401"
        assert asked(right, body + " ") == "401"
        assert asked(right) == "0"
        assert asked(right) == "401"
