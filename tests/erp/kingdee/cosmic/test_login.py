"""Logging in to a 苍穹: one call for everybody, a wrong secret once, and nothing that wears out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from erplink.errors import Busy, ConfigInvalid, LoginRefused, NotPermitted, Paused
from erplink.facade.step import step
from erplink.testing.worlds.cosmic import CosmicWorld
from tests.erp.kingdee.cosmic.ierp import SAMPLE, WRONG, opened

if TYPE_CHECKING:
    from tests.erp.kingdee.cosmic.ierp import Ierp

HERD = 16
DIGEST = "d1gest-4b7e-90aa"
LOGINS: list[dict[str, Any]] = [{}, {"login": "app_token"}, {"login": "digest", "client_secret": DIGEST}]


@pytest.mark.parametrize("changed", LOGINS)
def test_a_herd_logs_in_once(ierp: Ierp, changed: dict[str, Any]) -> None:
    with ierp.connect(parallel=8, **changed) as erp, ThreadPoolExecutor(HERD) as herd:
        found = list(herd.map(lambda _: erp.orders.get("XSDD000001").number, range(HERD)))
    assert found == ["XSDD000001"] * HERD
    assert ierp.logins == (0 if "login" in changed and changed["login"] == "digest" else 1, 0)


@pytest.mark.parametrize("login", ["token", "app_token", "digest"])
def test_a_herd_with_a_wrong_secret_sends_it_once(ierp: Ierp, login: str) -> None:
    with ierp.connect(parallel=8, login=login, client_secret=WRONG) as erp, ThreadPoolExecutor(HERD) as herd:

        def ask(_: int) -> str:
            with pytest.raises(LoginRefused) as caught:
                erp.orders.get("XSDD000001")
            return str(caught.value)

        said = {*herd.map(ask, range(HERD)), ask(0)}
    assert (ierp.logins, ierp.calls) == ((0, 1), 1)
    (words,) = said
    assert WRONG not in words


def test_a_token_is_asked_for_with_a_nonce_and_the_servers_wall_time(ierp: Ierp) -> None:
    with ierp.swift() as (adapter, io):
        step(adapter.get("orders", "XSDD000001"))
        before = io.now()
    login, read = io.calls
    told = json.loads(login.body)
    assert login.url.endswith("/ierp/kapi/oauth2/getToken")
    assert set(told) == {"client_id", "client_secret", "username", "accountId", "language", "nonce", "timestamp"}
    at = datetime.fromisoformat(told["timestamp"]).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert abs(at - before) < timedelta(minutes=1)
    assert read.headers["access_token"] in ierp.site.sessions.handed_out


def test_two_clients_never_take_the_same_nonce(ierp: Ierp) -> None:
    nonces = []
    for seed in range(3):
        with ierp.swift() as (adapter, io):
            io._random.seed(seed)
            fresh = ierp.settings().open(io, parallel=1)
            step(fresh.get("orders", "XSDD000001"))
            nonces.append(json.loads(io.calls[0].body)["nonce"])
        assert adapter.system == "kingdee cosmic"
    assert len(set(nonces)) == 3


def test_the_older_login_spells_the_secret_as_the_platform_does(ierp: Ierp) -> None:
    with ierp.swift(login="app_token") as (adapter, io):
        step(adapter.get("orders", "XSDD000001"))
    application, user, _ = io.calls
    assert set(json.loads(application.body)) == {"appId", "appSecuret", "tenantid", "accountId", "language"}
    assert json.loads(user.body)["usertype"] == "UserName"
    assert [call.url.rpartition("/ierp/")[2] for call in io.calls[:2]] == ["api/getAppToken.do", "api/login.do"]


def test_a_session_that_is_two_hours_old_is_renewed_amid_the_pages_by_another_token(ierp: Ierp) -> None:
    with ierp.connect(page=100) as erp:
        stream = erp.orders.list()
        first = next(stream)
        ierp.set_clock(7300.0)
        found = [first, *stream]
    assert len({order.number for order in found}) == 600
    assert ierp.logins == (2, 0)
    assert ierp.site.calls["token"] == 2


def test_a_nonce_that_was_used_is_another_one_the_next_time(ierp: Ierp) -> None:
    with ierp.swift() as (first, io):
        step(first.get("orders", "XSDD000001"))
        io._random.seed(0)
        twin = ierp.settings().open(io, parallel=1)
        assert step(twin.get("orders", "XSDD000001")).number == "XSDD000001"
    nonces = [json.loads(call.body)["nonce"] for call in io.calls if call.operation == "login"]
    assert nonces[0] == nonces[1] != nonces[2]
    assert ierp.logins == (2, 0)


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
@pytest.mark.parametrize("changed", LOGINS)
def test_a_clock_that_is_wrong_is_put_right_by_the_servers(ierp: Ierp, ahead: float, changed: dict[str, Any]) -> None:
    with ierp.swift(ahead, **changed) as (adapter, _):
        for _ in range(2):
            assert step(adapter.get("orders", "XSDD000001")).number == "XSDD000001"


def test_a_wrong_secret_under_a_wrong_clock_is_refused_in_two_calls(ierp: Ierp) -> None:
    with ierp.swift(3600.0, client_secret=WRONG) as (adapter, io):
        with pytest.raises(LoginRefused, match="密钥验证失败, 第 1 次"):
            step(adapter.get("orders", "XSDD000001"))
        with pytest.raises(LoginRefused):
            step(adapter.get("orders", "XSDD000001"))
    assert len(io.calls) == 2


def test_an_application_that_somebody_locked_is_waited_for() -> None:
    with opened(CosmicWorld(shop=SAMPLE, tries=2)) as ierp:
        for told in (LoginRefused, Paused):
            with ierp.connect(client_secret=WRONG) as wrong, pytest.raises(told):
                wrong.orders.get("XSDD000001")
        with ierp.connect() as right, pytest.raises(Paused) as caught:
            right.orders.get("XSDD000001")
        assert "180秒" in str(caught.value.__cause__ or caught.value)
        ierp.set_clock(181.0)
        with ierp.connect() as right:
            assert right.orders.get("XSDD000001").number == "XSDD000001"


def test_tokens_that_were_asked_for_too_often_are_waited_for() -> None:
    with opened(CosmicWorld(shop=SAMPLE, tokens_per_minute=2)) as ierp:
        for _ in range(2):
            with ierp.connect() as erp:
                erp.orders.get("XSDD000001")
        with ierp.swift() as (adapter, io), pytest.raises(Busy, match="限流"):
            step(adapter.get("orders", "XSDD000001"))
        assert len(io.slept) > 1
        ierp.set_clock(61.0)
        with ierp.connect() as erp:
            assert erp.orders.get("XSDD000001").number == "XSDD000001"
    assert ierp.logins == (3, 0)


def test_a_server_that_drops_underscores_takes_the_other_header() -> None:
    with opened(CosmicWorld(shop=SAMPLE, underscores=False)) as ierp:
        with ierp.connect(token_header="accesstoken") as erp:
            assert erp.orders.get("XSDD000001").number == "XSDD000001"
        with ierp.connect() as erp, pytest.raises(LoginRefused, match="right after a login"):
            erp.orders.get("XSDD000001")


@pytest.mark.parametrize("changed", LOGINS[::2])
def test_a_gateway_gets_its_identity_with_every_call(changed: dict[str, Any]) -> None:
    with opened(CosmicWorld(shop=SAMPLE, identity="acgw-5f0c2a")) as ierp:
        with ierp.connect(identity="acgw-5f0c2a", **changed) as erp:
            assert erp.orders.get("XSDD000001").number == "XSDD000001"
        with ierp.connect(**changed) as erp, pytest.raises((NotPermitted, LoginRefused)):
            erp.orders.get("XSDD000001")
        assert "acgw-5f0c2a" not in repr(ierp.settings(identity="acgw-5f0c2a"))


def test_a_digest_is_not_made_of_what_it_is_not_known_of(quiet: Ierp) -> None:
    with quiet.connect(login="digest", client_secret=DIGEST) as erp, pytest.raises(ConfigInvalid, match="POST"):
        erp.raw.call("GET kapi/v2/sm/sm_salorder/query", {})


def test_a_data_centre_that_is_not_there_is_no_empty_list(quiet: Ierp) -> None:
    with quiet.connect(account_id="999") as erp, pytest.raises(LoginRefused, match="不存在或未启用"):
        list(erp.orders.list())
