"""Both signatures, against values captured from the vendor's own SDK and against published ones."""

from __future__ import annotations

import hashlib

import pytest
from attrs import evolve

from erplink.testing.worlds.kingdee.signatures import Signed, canonical, client_secret, genuine, login_sign, sign

SECRET = "appsecret0123456789abcdef01234567"
APP_ID = "100001_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
KD = "Zjk0MjQ1MGRhOTg1YWExNDNmNGQxNWE1N2I4MWVkMmExYTY0ZGViNjA0ZmYyMzU4NjQ4NzI3N2ViZjJiNTcyOQ=="
CAPTURED = {
    "ExecuteBillQuery": "M2Q1MTZiMzcwMjY4MWI4YmRkYWJkOTA0YTJkNDliYWEwYmM5MjQzNzlkMzRmNWIxYTM2MjA3MzkxMzc1ZDNjMg==",
    "Save": "OGE2NzI5ZjYwZWFhNjA0MzYzNGMwYzQ1MzQyZDg5ZWE4ZjkxODU3NDMyMjk4NzNiMWEwOGRhYmQ3NGUzYzE2Nw==",
    "View": "MjNhZWUzZDlkYTllZjZmMTgxNjMxNzU5ZGZhMTU4NjU3ZTM4OGVkODMxY2Y4OTUyOTZmMWNhMzNhYTczMjljNw==",
}


def captured(operation: str) -> Signed:
    return Signed(
        path=f"/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.{operation}.common.kdsvc",
        app_id=APP_ID,
        app_data="DCID0001,integ用户,2052,100",
        nonce="1795328110",
        timestamp="1795328110",
        api_signature=CAPTURED[operation],
        kd_signature=KD,
    )


@pytest.mark.parametrize("operation", CAPTURED)
def test_requests_of_the_official_sdk_are_genuine(operation: str) -> None:
    assert genuine(captured(operation), SECRET)


@pytest.mark.parametrize(
    "changed", [{"path": "/k3cloud/x"}, {"timestamp": "1795328111"}, {"app_data": "DCID0001,other,2052,100"}]
)
def test_a_request_changed_on_the_way_is_not_genuine(changed: dict[str, str]) -> None:
    assert not genuine(evolve(captured("Save"), **changed), SECRET)
    assert not genuine(captured("Save"), SECRET + "x")


def test_published_values() -> None:
    assert client_secret("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4") == "UVJWUANVXl8KXFlfWV1YSBNCShcUQRNL"
    assert sign(canonical("/test", "1", "1"), "key123") == (
        "MThmZGFiM2U5MGZhNmU0MDQ0MWI1NTNkNmNmMjY2MDY0YzEzZTllNTA0OTBmM2M0NDI2NzFiMTI3NTFkZmU1ZQ=="
    )


def test_login_signature_sorts_by_code_unit_and_not_by_language() -> None:
    digest = hashlib.sha256("1700000000Zacctapp-id用户".encode()).hexdigest()
    assert login_sign("acct", "用户", "app-id", "Z", "1700000000") == digest
