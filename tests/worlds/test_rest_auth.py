"""Every way to prove who one is: what it opens, what it refuses, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import httpx
import pytest

from erplink.testing.worlds.rest import house
from erplink.testing.worlds.rest.settings import Auth
from erplink.testing.worlds.shop import Shop
from tests.worlds.rest_calls import Client, Signature, calling

AUTHS: tuple[Auth, ...] = get_args(Auth)
LOGINS: tuple[Auth, ...] = ("oauth2_client", "oauth2_password", "login", "cookie")
EACH_CALL: tuple[Auth, ...] = ("basic", "bearer", "api_key_header", "api_key_query", "hmac")
WRONG = {"password": "x", "token": "x", "api_key": "x", "app_secret": "x", "client_secret": "x"}


@pytest.mark.parametrize("auth", AUTHS)
def test_the_right_credentials_open_the_books(auth: Auth) -> None:
    with calling(house("modern", auth=auth)) as client:
        client.plant("N1")
        assert client.numbers("orders", 10) == ["N1"]
        assert client.http.get("orders/N1").status_code == 200
        assert client.ask("stats")["logins"] == (1 if auth in LOGINS else 0)
        assert client.ask("stats")["refused_logins"] == 0


@pytest.mark.parametrize("auth", [auth for auth in AUTHS if auth != "none"])
def test_wrong_ones_are_refused_and_counted(auth: Auth) -> None:
    with calling(house("modern", auth=auth), entered=False) as client:
        reply = client.enter(**WRONG)
        assert (reply is not None) == (auth in LOGINS)
        if reply is not None:
            assert reply.status_code in {400, 401}
        told = client.http.get("orders")
        assert (told.status_code, told.json()["error"]) == (401, "unauthorized")
        assert client.ask("stats")["logins"] == 0
        assert client.ask("stats")["refused_logins"] == 1


@pytest.mark.parametrize("auth", [auth for auth in AUTHS if auth != "none"])
def test_without_any_nothing_is_read_or_written(auth: Auth) -> None:
    with calling(house("modern", auth=auth), entered=False) as client:
        assert client.http.get("orders").status_code == 401
        assert client.http.post("customers", json={"number": "C-2"}).status_code == 401
        assert client.ask("stats")["documents"]["customers"] == 1


@pytest.mark.parametrize("auth", ["login", "cookie"])
def test_a_session_slides_and_ends_after_a_quiet_while(auth: Auth) -> None:
    with calling(house("modern", Shop(session_seconds=600), auth=auth)) as client:
        for ahead in (500, 1000, 1500):
            client.do("clock", {"ahead": ahead})
            assert client.http.get("orders").status_code == 200
        client.do("clock", {"ahead": 2200})
        assert client.http.get("orders").status_code == 401
        client.enter()
        assert client.http.get("orders").status_code == 200


@pytest.mark.parametrize("auth", ["oauth2_client", "oauth2_password"])
def test_a_token_ends_when_it_said_so_however_much_it_is_used(auth: Auth) -> None:
    with calling(house("modern", Shop(session_seconds=600), auth=auth), entered=False) as client:
        reply = client.enter()
        assert reply is not None
        assert (reply.json()["expires_in"], reply.json()["token_type"]) == (600, "Bearer")
        for ahead, status in ((500, 200), (590, 200), (700, 401)):
            client.do("clock", {"ahead": ahead})
            assert client.http.get("orders").status_code == status
        assert 'error="invalid_token"' in client.http.get("orders").headers["www-authenticate"]


@pytest.mark.parametrize("auth", LOGINS)
def test_sessions_are_lost_by_command_and_every_token_is_known_to_the_world(auth: Auth) -> None:
    with calling(house("modern", auth=auth)) as client:
        client.do("faults", {"kind": "lose_session", "operation": "list"})
        assert client.http.get("orders").status_code == 401
        assert client.http.get("orders").status_code == 401
        client.enter()
        assert client.http.get("orders").status_code == 200
        [first, second] = client.ask("sessions")
        held = client.http.cookies.get("ERPSESSION") or client.http.headers["authorization"].removeprefix("Bearer ")
        assert first != second == held


@pytest.mark.parametrize("auth", LOGINS)
@pytest.mark.parametrize(("kind", "words"), [("expired_password", "密码已过期"), ("login_refused", "密码错误")])
def test_a_login_is_refused_by_command(auth: Auth, kind: str, words: str) -> None:
    with calling(house("modern", auth=auth), entered=False) as client:
        client.do("faults", {"kind": kind})
        reply = client.enter()
        assert reply is not None
        assert reply.status_code in {400, 401}
        assert words in reply.text
        assert client.enter() is not None
        assert client.http.get("orders").status_code == 200


def test_an_oauth_server_refuses_in_its_own_words() -> None:
    with calling(house("modern", auth="oauth2_password"), entered=False) as client:
        known = client.world.credentials
        form = {"grant_type": "password", "username": known.username, "password": "x"}
        client_as_basic = (known.client_id, known.client_secret)
        told = client.http.post("oauth/token", data=form, auth=client_as_basic)
        assert (told.status_code, told.json()["error"]) == (400, "invalid_grant")
        told = client.http.post("oauth/token", data=form, auth=("erplink", "x"))
        assert (told.status_code, told.json()["error"]) == (401, "invalid_client")
        assert told.headers["www-authenticate"].startswith("Basic")
        told = client.http.post("oauth/token", data={"grant_type": "magic"}, auth=client_as_basic)
        assert (told.status_code, told.json()["error"]) == (400, "unsupported_grant_type")
        right = form | {"password": known.password}
        assert client.http.post("oauth/token", data=right, auth=client_as_basic).status_code == 200
        assert client.http.post("login", json={}).status_code == 404


def signed(client: Client, *, skew: float = 0, nonce: str = "") -> Signature:
    known = client.world.credentials
    return Signature(known.app_key, known.app_secret, (client.now() + timedelta(seconds=skew)).timestamp(), nonce)


def test_a_signature_is_near_to_the_clock_fresh_and_about_this_very_call() -> None:
    with calling(house("signed")) as client:
        auth = signed(client, nonce="n-1")
        url = "orders?number=%E8%AE%A2%201&sort=id"
        assert client.http.get(url, auth=auth).status_code == 200
        assert client.http.get(url, auth=auth).status_code == 401
        for skew, status in ((290, 200), (-290, 200), (310, 401), (-310, 401)):
            assert client.http.get("orders", auth=signed(client, skew=skew)).status_code == status
        made = client.http.build_request("POST", "customers", json={"单据编号": "C-2"})
        made = next(signed(client).auth_flow(made))
        made.stream = httpx.ByteStream(made.content.replace(b"C-2", b"C-3"))
        assert client.http.send(made, auth=None).status_code == 401
        assert client.ask("stats")["documents"]["customers"] == 1
        assert client.http.post("customers", json={"单据编号": "C-2"}, auth=signed(client)).status_code == 201


def test_seconds_are_understood_where_milliseconds_are_meant() -> None:
    with calling(house("signed")) as client:
        auth = signed(client)
        auth.now = int(auth.now) / 1000
        assert client.http.get("orders", auth=auth).status_code == 200


def test_logout_ends_the_session() -> None:
    with calling(house("classic")) as client:
        assert client.data(client.http.post("logout")) == {"closed": True}
        assert client.http.get("orders").json()["code"] == 40101


@pytest.mark.parametrize("refuses", [False, True])
def test_another_company_is_empty_or_refused(*, refuses: bool) -> None:
    with calling(house("typed", refuse_company=refuses)) as client:
        client.plant("N1")
        client.do("stock", [{"sku": "P-1", "warehouse": "W-1", "on_hand": 5}])
        assert client.numbers("orders", 5) == ["N1"]
        client.http.headers["x-company"] = "002"
        if refuses:
            told = client.http.get("orders")
            assert (told.status_code, "公司[002]不存在" in told.text) == (500, True)
        else:
            assert client.numbers("orders", 5) == []
            assert client.http.get("orders/N1").status_code == 404
            assert client.http.get("stock").json() == []
