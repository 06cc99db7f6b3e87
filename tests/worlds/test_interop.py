"""The vendor's own SDK, unmodified, against the stand-in server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from erplink.testing.worlds.kingdee import KingdeeWorld, Running, serve
from tests.worlds.calls import gift_order, status
from tests.worlds.official import official


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(KingdeeWorld(sample=True)) as world:
        yield world


def test_it_logs_in_by_header_and_queries(running: Running) -> None:
    query = {"FormId": "SAL_SaleOrder", "FieldKeys": "FBillNo,FQty", "FilterString": "FBillNo='XSDD000001'"}
    rows = json.loads(official(running).ExecuteBillQuery(query))
    assert [row[0] for row in rows] == ["XSDD000001"] * len(rows)
    assert len(rows) > 0


def test_it_saves_submits_and_audits(running: Running) -> None:
    sdk = official(running)
    saved = json.loads(sdk.Save("SAL_SaleOrder", {"Model": gift_order("SDK-1")}))
    assert saved["Result"]["Number"] == "SDK-1"
    for step in (sdk.Submit, sdk.Audit):
        assert status(json.loads(step("SAL_SaleOrder", {"Numbers": ["SDK-1"]})))["IsSuccess"] is True
    seen = json.loads(sdk.View("SAL_SaleOrder", {"Number": "SDK-1"}))["Result"]["Result"]
    assert (seen["BillNo"], seen["DocumentStatus"]) == ("SDK-1", "C")


def test_its_session_is_kept_over_calls(running: Running) -> None:
    sdk = official(running)
    before = running.site.logins["accepted"]
    for _ in range(3):
        sdk.QueryBusinessInfo({"FormId": "BD_Customer"})
    assert running.site.logins["accepted"] == before + 1


def test_it_signs_with_a_mask_of_the_servers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    config = pytest.importorskip("k3cloud_webapi_sdk.model.api_config", reason="the official SDK is not installed")
    mask = "a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6"
    monkeypatch.setattr(config.ApiConfig, "Xor_Code", mask)
    with serve(KingdeeWorld(sample=True, sec_pwd=mask)) as own:
        assert len(json.loads(official(own).ExecuteBillQuery({"FormId": "BD_Customer", "FieldKeys": "FNumber"}))) == 120


@pytest.mark.parametrize(
    "wrong",
    [{"app_secret": "x" * 32}, {"user_name": "nobody"}, {"app_id": "100002_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"}],
)
def test_wrong_credentials_look_like_a_lost_session(running: Running, wrong: dict[str, str]) -> None:
    reply = json.loads(official(running, **wrong).ExecuteBillQuery({"FormId": "BD_Customer", "FieldKeys": "FNumber"}))
    assert status(reply)["MsgCode"] == 1


def test_an_unknown_data_centre_is_refused(running: Running) -> None:
    with pytest.raises(RuntimeError, match="thirty passport"):
        official(running, acct_id="another").View("SAL_SaleOrder", {"Number": "XSDD000001"})
