from __future__ import annotations

import hashlib

import pytest

from erplink.erp.kingdee import signing

APP_ID = "100001_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
SERVICE = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            "View",
            "MjNhZWUzZDlkYTllZjZmMTgxNjMxNzU5ZGZhMTU4NjU3ZTM4OGVkODMxY2Y4OTUyOTZmMWNhMzNhYTczMjljNw==",
        ),
        (
            "Save",
            "OGE2NzI5ZjYwZWFhNjA0MzYzNGMwYzQ1MzQyZDg5ZWE4ZjkxODU3NDMyMjk4NzNiMWEwOGRhYmQ3NGUzYzE2Nw==",
        ),
        (
            "ExecuteBillQuery",
            "M2Q1MTZiMzcwMjY4MWI4YmRkYWJkOTA0YTJkNDliYWEwYmM5MjQzNzlkMzRmNWIxYTM2MjA3MzkxMzc1ZDNjMg==",
        ),
    ],
)
def test_a_request_is_signed_as_the_vendors_client_signs_it(operation: str, expected: str) -> None:
    stamp = "1795328110"
    key = signing.client_secret(APP_ID)
    headers = signing.request_headers(path=f"{SERVICE}{operation}.common.kdsvc", key=key, nonce=stamp, timestamp=stamp)
    assert headers["X-Api-Signature"] == expected


def test_the_caller_is_named_as_the_vendors_client_names_it() -> None:
    headers = signing.identity_headers(
        acct_id="DCID0001",
        username="integ用户",
        app_id=APP_ID,
        app_secret="appsecret0123456789abcdef01234567",
        lcid=2052,
        org_num="100",
    )
    assert headers["X-Api-ClientID"] == "100001"
    assert headers["X-Kd-Appdata"] == "RENJRDAwMDEsaW50ZWfnlKjmiLcsMjA1MiwxMDA="
    assert (
        headers["X-Kd-Signature"]
        == "Zjk0MjQ1MGRhOTg1YWExNDNmNGQxNWE1N2I4MWVkMmExYTY0ZGViNjA0ZmYyMzU4NjQ4NzI3N2ViZjJiNTcyOQ=="
    )


def test_published_vectors_hold() -> None:
    assert signing.client_secret("1_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4") == "UVJWUANVXl8KXFlfWV1YSBNCShcUQRNL"
    signed = signing.signature(signing.canonical("/test", "1", "1"), "key123")
    assert signed == "MThmZGFiM2U5MGZhNmU0MDQ0MWI1NTNkNmNmMjY2MDY0YzEzZTllNTA0OTBmM2M0NDI2NzFiMTI3NTFkZmU1ZQ=="


def test_login_by_sign_sorts_by_code_unit_not_by_language() -> None:
    parts = {"acct_id": "b", "username": "张", "app_id": "B", "app_secret": "a", "timestamp": "1"}
    assert signing.login_signature(**parts) == hashlib.sha256("1Bab张".encode()).hexdigest()


@pytest.mark.parametrize("app_id", ["100001", "100001_short", "100001_" + "!" * 32])
def test_a_malformed_application_id_is_not_signed_with(app_id: str) -> None:
    with pytest.raises(ValueError):
        signing.client_secret(app_id)
