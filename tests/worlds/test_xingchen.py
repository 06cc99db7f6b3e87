"""The Xingchen world by what a client sees that shares no code with it."""

# ruff: noqa: ANN401 - JSON

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from attrs import define

from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.xingchen import Running, XingchenWorld, serve

SAMPLE = Shop(sample=True, session_seconds=86_400.0, hang_limit=0.05)
APPS = "/jdyconnector/app_management/"
_nonces = count(1)


def sealed(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().encode()).decode()


@define
class Client:
    """Talks to the platform by hand."""

    http: httpx.Client
    running: Running
    headers: dict[str, str]

    def ask(self, path: str, method: str = "GET", *, ahead: float = 0.0, **query: Any) -> httpx.Response:
        known = self.running.credentials
        nonce = str(next(_nonces))
        at = str(int((datetime.now(UTC).timestamp() + ahead) * 1000))  # noqa: TID251
        names = sorted(query)
        once = {name: quote(str(query[name]), safe="") for name in names}
        signed = "&".join(f"{name}={quote(once[name], safe='')}" for name in names)
        text = f"{method}\n{quote(path, safe='')}\n{signed}\nx-api-nonce:{nonce}\nx-api-timestamp:{at}\n"
        headers = {
            "X-Api-ClientID": known.client_id,
            "X-Api-Auth-Version": "2.0",
            "X-Api-TimeStamp": at,
            "X-Api-Nonce": nonce,
            "X-Api-SignHeaders": "X-Api-TimeStamp,X-Api-Nonce",
            "X-Api-Signature": sealed(known.client_secret, text),
        }
        url = f"{path}?{'&'.join(f'{name}={once[name]}' for name in names)}" if names else path
        return self.http.request(method, url, headers={**headers, **self.headers})

    def token(self, secret: str = "", **more: Any) -> Any:
        known = self.running.credentials
        signature = sealed(secret or known.app_secret, known.app_key)
        return self.ask(f"{APPS}kingdee_auth_token", app_key=known.app_key, app_signature=signature, **more).json()

    def log_in(self) -> None:
        self.headers = {"app-token": self.token()["data"]["app-token"], "X-GW-Router-Addr": "https://tf.jdy.com"}


@contextmanager
def entered(world: XingchenWorld = XingchenWorld(SAMPLE)) -> Iterator[Client]:  # noqa: B008 - frozen value
    with serve(world) as running, httpx.Client(base_url=running.url, trust_env=False) as http:
        yield Client(http, running, {})


def test_a_company_authorises_and_a_token_is_made_of_it() -> None:
    with entered() as client:
        told = client.ask(f"{APPS}push_app_authorize", "POST", outerInstanceId="1580192039").json()
        assert told["data"][0]["domain"] == "https://tf.jdy.com"
        assert client.token(told["data"][0]["appSecret"])["errcode"] == 0
        assert client.ask(f"{APPS}push_app_authorize", "POST", outerInstanceId="1").json()["errcode"] != 0


def test_the_secret_is_another_one_a_day_later_and_the_token_is_over() -> None:
    with entered() as client:
        client.log_in()
        httpx.post(f"{client.running.door}clock", json={"ahead": 86_500})
        assert client.ask("/jdy/v2/bd/customer", ahead=86_500).json()["errcode"] == 1020002008
        assert client.token(ahead=86_500)["errcode"] == 1030002006
        told = client.ask(f"{APPS}push_app_authorize", "POST", ahead=86_500, outerInstanceId="1580192039").json()
        assert client.token(told["data"][0]["appSecret"], ahead=86_500)["errcode"] == 0
    assert client.running.site.logins == {"accepted": 2, "refused": 1}


@pytest.mark.parametrize("header", ["X-Api-Signature", "X-Api-ClientID", "X-Api-SignHeaders", "X-Api-Nonce"])
def test_every_part_of_a_signature_is_looked_at(header: str) -> None:
    with entered() as client:
        client.log_in()
        client.headers[header] = "wrong"
        assert client.ask("/jdy/v2/bd/customer").status_code == 401


def test_a_timestamp_out_of_time_is_the_gateways_to_refuse() -> None:
    with entered() as client:
        client.log_in()
        reply = client.ask("/jdy/v2/bd/customer", ahead=-400)
        assert (reply.status_code, reply.json()["errcode"]) == (519, 4006)
        assert client.ask("/jdy/v2/nope").status_code == 519
        client.headers["X-GW-Router-Addr"] = "https://other.jdy.com"
        assert client.ask("/jdy/v2/bd/customer").json()["errcode"] == 4002


def test_a_company_may_call_so_often_in_a_minute() -> None:
    with entered(XingchenWorld(SAMPLE, calls_per_minute=3)) as client:
        client.log_in()
        replies = [client.ask("/jdy/v2/bd/customer") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert "retry-after" not in replies[-1].headers


def test_a_list_has_heads_and_a_detail_everything() -> None:
    with entered() as client:
        client.log_in()
        told = client.ask("/jdy/v2/scm/sal_order", page=6, page_size=100).json()["data"]
        assert (told["count"], told["total_page"], told["page"], len(told["rows"])) == (600, 6, 6, 100)
        assert len(client.ask("/jdy/v2/scm/sal_order", page_size=500).json()["data"]["rows"]) == 100
        head = told["rows"][0]
        assert "modify_time" not in head
        by_id, by_number = (
            client.ask("/jdy/v2/scm/sal_order_detail", **query).json()["data"]
            for query in ({"id": head["id"]}, {"number": head["bill_no"]})
        )
        assert by_id == by_number
        assert by_id["material_entity"][0]["seq"] == 1
        assert len(by_id["modify_time"]) == len("2026-01-01 00:00:00")


def test_lists_are_narrowed_by_window_and_status() -> None:
    with entered() as client:
        client.log_in()
        new = {"number": "N-1", "status": "草稿", "updated_at": "2026-03-01T02:30:00+00:00"}
        httpx.post(f"{client.running.door}plant", json=[{"entity": "orders", "head": new}])
        at = int(datetime(2026, 3, 1, 2, 30, tzinfo=UTC).timestamp() * 1000)
        found = client.ask("/jdy/v2/scm/sal_order", modify_start_time=at, modify_end_time=at + 1000).json()
        assert [row["bill_no"] for row in found["data"]["rows"]] == ["N-1"]
        assert client.ask("/jdy/v2/scm/sal_order", bill_status="Z").json()["data"]["count"] == 1


def test_an_odd_number_is_found_as_it_was_signed() -> None:
    with entered() as client:
        client.log_in()
        number = "甲/1 ?&=%+"
        httpx.post(f"{client.running.door}plant", json=[{"entity": "orders", "head": {"number": number}}])
        assert client.ask("/jdy/v2/scm/sal_order_detail", number=number).json()["data"]["bill_no"] == number


def test_a_fault_of_the_gateway_is_one() -> None:
    with entered() as client:
        client.log_in()
        httpx.post(f"{client.running.door}faults", json={"kind": "gateway_error", "next": 1})
        assert client.ask("/jdy/v2/bd/customer").status_code == 519
        assert client.ask("/jdy/v2/bd/customer").status_code == 200
