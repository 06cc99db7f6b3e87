"""Logging in to 云星辰: one token for everybody, a secret that changes every day, a wrong one that is sent once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from erplink.errors import Busy, ConfigInvalid, LoginRefused
from erplink.facade.step import step
from erplink.testing.worlds.xingchen import XingchenWorld
from tests.erp.kingdee.xingchen.jdy import SAMPLE, WRONG, opened

if TYPE_CHECKING:
    from tests.erp.kingdee.xingchen.jdy import Jdy

HERD = 16
INSTANCE = "1580192039"
DAY = 86_500.0


@pytest.mark.parametrize("changed", [{}, {"outer_instance_id": INSTANCE}])
def test_a_herd_logs_in_once(jdy: Jdy, changed: dict[str, Any]) -> None:
    with jdy.connect(parallel=8, **changed) as erp, ThreadPoolExecutor(HERD) as herd:
        found = list(herd.map(lambda _: erp.orders.get("XSDD000001").number, range(HERD)))
    assert found == ["XSDD000001"] * HERD
    assert jdy.logins == (1, 0)
    assert jdy.site.calls["authorise"] == (1 if changed else 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"client_secret": WRONG},
        {"app_secret": WRONG},
        {"client_secret": WRONG, "outer_instance_id": INSTANCE},
        {"outer_instance_id": "999"},
    ],
)
def test_a_herd_with_a_wrong_secret_sends_it_once(jdy: Jdy, changed: dict[str, Any]) -> None:
    with jdy.connect(parallel=8, **changed) as erp, ThreadPoolExecutor(HERD) as herd:

        def ask(_: int) -> str:
            with pytest.raises(LoginRefused) as caught:
                erp.orders.get("XSDD000001")
            return str(caught.value)

        said = {*herd.map(ask, range(HERD)), ask(0)}
    assert (jdy.logins, jdy.calls) == ((0, 1), 1)
    (words,) = said
    assert WRONG not in words


def test_a_company_is_authorised_then_a_token_is_asked_for_then_it_is_read(jdy: Jdy) -> None:
    with jdy.swift(outer_instance_id=INSTANCE) as (adapter, io):
        step(adapter.get("orders", "XSDD000001"))
    authorise, token, read = io.calls
    assert (authorise.method, json.loads(authorise.body)) == ("POST", {})
    assert set(parse_qs(urlsplit(token.url).query)) == {"app_key", "app_signature"}
    assert read.headers["app-token"] in jdy.site.sessions.handed_out
    assert read.headers["x-gw-router-addr"] == "https://tf.jdy.com"
    for call in io.calls:
        assert call.headers["x-api-signheaders"] == "X-Api-TimeStamp,X-Api-Nonce"
        assert len(call.headers["x-api-timestamp"]) == 13
        assert 0 < int(call.headers["x-api-nonce"]) < 2**63
    assert len({call.headers["x-api-nonce"] for call in io.calls}) == 3


def test_a_token_of_a_day_ago_and_the_secret_it_was_made_of_are_renewed_amid_the_pages(jdy: Jdy) -> None:
    with jdy.connect(page=50, outer_instance_id=INSTANCE) as erp:
        stream = erp.orders.list()
        first = next(stream)
        jdy.set_clock(DAY)
        found = [first, *stream]
    assert len({order.number for order in found}) == 600
    assert jdy.logins == (2, 1)
    assert jdy.site.calls["authorise"] == 2


def test_an_authorisation_that_is_given_is_fetched_anew_where_the_instance_is_known(jdy: Jdy) -> None:
    jdy.set_clock(DAY)
    known: dict[str, Any] = {
        "app_key": "aKey0001",
        "app_secret": "aSecret-9b1d4a56c0ffee",
        "domain": "https://tf.jdy.com",
    }
    with jdy.connect(outer_instance_id=INSTANCE, **known) as erp:
        for _ in range(2):
            assert erp.orders.get("XSDD000001").number == "XSDD000001"
    assert jdy.logins == (1, 1)


def test_an_authorisation_of_yesterday_is_said_to_be_one(jdy: Jdy) -> None:
    jdy.set_clock(DAY)
    with jdy.connect() as erp, pytest.raises(LoginRefused, match="outer_instance_id"):
        erp.orders.get("XSDD000001")


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
@pytest.mark.parametrize("changed", [{}, {"outer_instance_id": INSTANCE}])
def test_a_clock_that_is_wrong_is_put_right_by_the_servers(jdy: Jdy, ahead: float, changed: dict[str, Any]) -> None:
    with jdy.swift(ahead, **changed) as (adapter, _):
        for _ in range(2):
            assert step(adapter.get("orders", "XSDD000001")).number == "XSDD000001"


def test_a_limit_without_a_retry_after_is_waited_for_and_told_in_the_end() -> None:
    with opened(XingchenWorld(SAMPLE, calls_per_minute=3)) as jdy:
        with jdy.swift() as (adapter, io):
            for _ in range(3):
                step(adapter.get("orders", "XSDD000001"))
            with pytest.raises(Busy, match="500 calls"):
                step(adapter.get("orders", "XSDD000001"))
        assert len(io.slept) > 1
        jdy.set_clock(61.0)
        with jdy.connect() as erp:
            assert erp.orders.get("XSDD000001").number == "XSDD000001"


@pytest.mark.parametrize("kind", ["retry_after", "retry_after_date"])
def test_a_limit_with_a_retry_after_is_kept(jdy: Jdy, kind: str) -> None:
    with jdy.swift() as (adapter, io):
        step(adapter.get("orders", "XSDD000001"))
        jdy.arm(kind=kind, seconds=7)
        assert step(adapter.get("orders", "XSDD000001")).number == "XSDD000001"
    assert sum(io.slept) >= 6


def test_a_token_that_was_asked_for_too_often_is_waited_for() -> None:
    with opened(XingchenWorld(SAMPLE, tokens_per_minute=1)) as jdy:
        with jdy.connect() as erp:
            erp.orders.get("XSDD000001")
        with jdy.swift() as (adapter, _), pytest.raises(Busy):
            step(adapter.get("orders", "XSDD000001"))


def test_a_domain_that_is_another_companys_is_no_empty_list(quiet: Jdy) -> None:
    with quiet.connect(domain="https://nowhere.jdy.com") as erp, pytest.raises(ConfigInvalid, match="domain"):
        list(erp.orders.list())


def test_secrets_show_nowhere(quiet: Jdy) -> None:
    settings = quiet.settings(custom={"orders": {"points": "custom_field.a"}})
    with quiet.connect() as erp:
        erp.orders.get("XSDD000001")
        shown = f"{settings!r}{erp.raw!r}{vars(erp)!r}"
    for secret in ("c1ient-5f0c2a7be31d4c", "aSecret-9b1d4a56c0ffee", "aKey0001"):
        assert secret not in shown
