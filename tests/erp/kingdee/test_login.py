"""Logging in: three ways that work, one attempt that does not, however many callers there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from erplink.errors import ConfigInvalid, LoginRefused, Unreachable
from erplink.facade.connect import connect_async
from erplink.facade.step import step
from tests.erp.kingdee.shop import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erp.kingdee.shop import Shop

HERD = 16
WRONG: list[dict[str, Any]] = [
    {"app_secret": "wrong-secret-0123456789"},
    {"login": "sign", "app_secret": "wrong-secret-0123456789"},
    {"app_id": "", "app_secret": "", "password": "wrong-secret-0123456789"},
]


@pytest.fixture
def bare() -> Iterator[Shop]:
    with opened() as running:
        yield running


@pytest.mark.parametrize("login", ["header", "sign", "password"])
def test_each_way_to_log_in_works_and_logs_in_once(bare: Shop, login: str) -> None:
    with bare.connect(login=login, password=bare.password, parallel=8) as erp, ThreadPoolExecutor(HERD) as herd:
        found = list(herd.map(lambda _: erp.orders.get("XSDD000001").number, range(HERD)))
    assert found == ["XSDD000001"] * HERD
    assert bare.stats()["logins"] == 1


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


@pytest.mark.parametrize("login", ["header", "sign", "password"])
def test_an_unknown_data_centre_is_said(bare: Shop, login: str) -> None:
    with (
        bare.connect(acct_id="nowhere", login=login, password=bare.password) as erp,
        pytest.raises(LoginRefused, match=r"acct_id") as caught,
    ):
        erp.orders.get("XSDD000001")
    assert "数据中心" in str(caught.value) or "data centre" in str(caught.value)


def test_an_expired_password_is_refused_though_cookies_came(bare: Shop) -> None:
    bare.arm({"kind": "expired_password", "next": 1})
    with (
        bare.connect(app_id="", app_secret="", password=bare.password) as erp,
        pytest.raises(LoginRefused) as caught,
    ):
        erp.orders.get("XSDD000001")
    assert "password" in str(caught.value)


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
