"""Logging in: every way that works, one attempt that does not, however many callers there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from erplink.errors import ConfigInvalid, LoginRefused, Unreachable
from erplink.facade.connect import connect_async
from erplink.facade.step import step
from erplink.testing.worlds.kingdee import KingdeeWorld
from tests.erp.kingdee.shop import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erp.kingdee.shop import Shop

HERD = 16
WRONG: list[dict[str, Any]] = [
    {"app_secret": "wrong-secret-0123456789"},
    {"login": "sign", "app_secret": "wrong-secret-0123456789"},
    {"login": "secret", "app_secret": "wrong-secret-0123456789"},
    {"app_id": "", "app_secret": "", "password": "wrong-secret-0123456789"},
    {"login": "kick_off", "password": "wrong-secret-0123456789"},
    {"login": "organisation", "org_num": "100", "password": "wrong-secret-0123456789"},
]
WAYS = ["header", "sign", "secret", "password", "kick_off", "organisation", "passport"]
"""All but the old signature, which a server takes instead of the new one."""


@pytest.fixture
def bare() -> Iterator[Shop]:
    with opened() as running:
        yield running


def known(shop: Shop) -> dict[str, Any]:
    """What every way to log in could want."""
    return {"password": shop.password, "passport": shop.running.credentials.passport, "org_num": "200"}


@pytest.mark.parametrize("login", WAYS)
def test_each_way_to_log_in_works_and_logs_in_once(bare: Shop, login: str) -> None:
    with bare.connect(login=login, **known(bare), parallel=8) as erp, ThreadPoolExecutor(HERD) as herd:
        found = list(herd.map(lambda _: erp.orders.get("XSDD000001").number, range(HERD)))
    assert found == ["XSDD000001"] * HERD
    assert bare.stats()["logins"] == 1


def test_a_login_of_ones_own_is_ended_with_the_connection_and_a_signed_one_is_not(bare: Shop) -> None:
    for login in WAYS:
        with bare.connect(login=login, **known(bare)) as erp:
            erp.orders.get("XSDD000001")
            assert bare.stats()["sessions"] >= 1
        erp.close()
        assert bare.stats()["sessions"] == (1 if login == "header" else 0), login
        bare.running.site.sessions.lose_all()
    with bare.connect(login="sign"):
        pass
    assert bare.stats()["calls"]["Logout"] == len(WAYS) - 1


@pytest.mark.parametrize("kind", ["bad_gateway", "drop_before_commit", "response_error", "lose_session", "short_body"])
def test_a_farewell_that_is_not_heard_troubles_nobody(bare: Shop, kind: str) -> None:
    bare.arm({"kind": kind, "operation": "Logout"})
    with bare.connect(login="sign") as erp:
        erp.orders.get("XSDD000001")
    assert bare.stats()["faults"] == {kind: 1}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_asynchronous_connection_logs_out_too(bare: Shop, backend: str) -> None:
    async def main() -> None:
        async with connect_async(bare.settings(login="sign")) as erp:
            await erp.orders.get("XSDD000001")

    anyio.run(main, backend=backend)
    assert bare.stats()["sessions"] == 0


def test_an_old_build_takes_the_old_signature_only() -> None:
    with opened(KingdeeWorld(sample=True, old_signatures=True)) as shop:
        with shop.connect(login="sign_sha1") as erp:
            assert erp.orders.get("XSDD000001").number == "XSDD000001"
        with shop.connect(login="sign") as erp, pytest.raises(LoginRefused, match="app_secret"):
            erp.orders.get("XSDD000001")


def test_a_mask_of_the_servers_own_signs_every_request() -> None:
    mask = "a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6"
    with opened(KingdeeWorld(sample=True, sec_pwd=mask)) as shop:
        with shop.connect(sec_pwd=mask) as erp:
            assert erp.orders.get("XSDD000001").number == "XSDD000001"
        with shop.connect() as erp, pytest.raises(LoginRefused):
            erp.orders.get("XSDD000001")


def test_logging_in_with_a_kick_ends_other_sessions_of_the_user(bare: Shop) -> None:
    with bare.connect(login="password", password=bare.password) as first:
        first.orders.get("XSDD000001")
        with bare.connect(login="kick_off", password=bare.password) as second:
            second.orders.get("XSDD000001")
            assert bare.stats()["sessions"] == 1


def test_an_organisation_that_is_not_there_or_a_key_file_of_another_is_refused(bare: Shop) -> None:
    with (
        bare.connect(login="organisation", password=bare.password, org_num="999") as erp,
        pytest.raises(LoginRefused, match=r"999.*org_num"),
    ):
        erp.orders.get("XSDD000001")
    with bare.connect(login="passport", passport="bm90aGluZw==") as erp, pytest.raises(LoginRefused, match="passport"):
        erp.orders.get("XSDD000001")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_herd_with_a_wrong_secret_makes_one_attempt(bare: Shop, wrong: dict[str, Any]) -> None:
    with bare.connect(parallel=8, **wrong) as erp, ThreadPoolExecutor(HERD) as herd:

        def ask(_: int) -> str:
            with pytest.raises(LoginRefused) as caught:
                erp.orders.get("XSDD000001")
            return str(caught.value)

        said = set(herd.map(ask, range(HERD)))
        said.add(ask(0))
    stats = bare.stats()
    assert (stats["logins"], stats["refused_logins"]) == (0, 1)
    (words,) = said
    assert "username" in words
    assert "wrong-secret" not in words


@pytest.mark.parametrize("wrong", WRONG)
def test_a_herd_of_tasks_with_a_wrong_secret_makes_one_attempt(bare: Shop, wrong: dict[str, Any]) -> None:
    refused: list[LoginRefused] = []

    async def main() -> None:
        async with connect_async(bare.settings(**wrong), parallel=8) as erp, anyio.create_task_group() as group:

            async def ask() -> None:
                with pytest.raises(LoginRefused) as caught:
                    await erp.orders.get("XSDD000001")
                refused.append(caught.value)

            for _ in range(HERD):
                group.start_soon(ask)

    anyio.run(main)
    assert len(refused) == HERD
    assert bare.stats()["refused_logins"] == 1


@pytest.mark.parametrize("login", [way for way in WAYS if way != "passport"])
def test_an_unknown_data_centre_is_said(bare: Shop, login: str) -> None:
    with (
        bare.connect(acct_id="nowhere", login=login, **known(bare)) as erp,
        pytest.raises(LoginRefused, match=r"acct_id") as caught,
    ):
        erp.orders.get("XSDD000001")
    assert "数据中心" in str(caught.value) or "data centre" in str(caught.value)


@pytest.mark.parametrize("login", WAYS[1:])
def test_an_expired_password_is_refused_though_cookies_came(bare: Shop, login: str) -> None:
    bare.arm({"kind": "expired_password", "next": 1})
    with (
        bare.connect(login=login, **known(bare)) as erp,
        pytest.raises(LoginRefused, match="password has expired"),
    ):
        erp.orders.get("XSDD000001")


def test_a_lost_session_is_renewed_once_for_everybody(bare: Shop) -> None:
    with bare.swift(login="sign") as (adapter, _):
        step(adapter.get("orders", "XSDD000001"))
        bare.running.site.sessions.lose_all()
        assert step(adapter.get("orders", "XSDD000001")).number == "XSDD000001"
    assert bare.stats()["logins"] == 2


def test_a_signed_connection_keeps_one_session(bare: Shop) -> None:
    with bare.swift() as (adapter, io):
        for _ in range(5):
            step(adapter.get("orders", "XSDD000001"))
    assert bare.stats()["logins"] == 1
    sent = [call.headers for call in io.calls[1:]]
    assert all("ASP.NET_SessionId=" in headers["cookie"] and headers["kdservice-sessionid"] for headers in sent)
    assert len({headers["x-api-nonce"] for headers in sent}) == len(sent)


def test_a_wrong_path_and_a_dead_address_are_said(bare: Shop) -> None:
    with bare.connect(url=f"{bare.root}erp/") as erp, pytest.raises(ConfigInvalid, match="/erp/"):
        erp.orders.get("XSDD000001")
    with bare.swift(url="http://127.0.0.1:9/k3cloud/") as (adapter, _), pytest.raises(Unreachable, match="127.0.0.1:9"):
        step(adapter.get("orders", "XSDD000001"))


def test_nothing_secret_shows_in_errors_calls_or_settings(bare: Shop) -> None:
    settings = bare.settings()
    with bare.swift() as (adapter, io):
        step(adapter.get("orders", "XSDD000001"))
        shown = " ".join(map(repr, [*io.calls, settings, adapter]))
    for secret in (settings.app_secret, settings.app_id, bare.password, io.calls[-1].headers["kdservice-sessionid"]):
        assert secret not in shown
