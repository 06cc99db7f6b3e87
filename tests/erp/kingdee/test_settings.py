from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from erplink.erp.kingdee import Kingdee
from erplink.errors import ConfigInvalid
from erplink.testing.clock import VirtualIo
from erplink.wire.call import Reply

GOOD: dict[str, Any] = {
    "url": "https://erp.example.com/k3cloud/",
    "acct_id": "5f0c2a7be31d4c",
    "username": "integration",
    "app_id": "100001_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY",
    "app_secret": "s3cret",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "erp.example.com/k3cloud"}, "url does not begin with http"),
        ({"url": "https:///k3cloud"}, "url names no host"),
        ({"url": "https://erp.example.com:port/"}, "url is not an address"),
        ({"url": "https://me:pw@erp.example.com/"}, "url holds a user"),
        ({"url": "https://erp.example.com/k3cloud?x=1"}, "after the path"),
        ({"acct_id": " "}, "acct_id is missing"),
        ({"username": ""}, "username is missing"),
        ({"login": "organisation", "password": "p"}, "org_num is missing for login 'organisation'"),
        ({"login": "passport"}, "passport is missing"),
        ({"login": "passport", "passport": "文件"}, "passport is not base64"),
        ({"sec_pwd": "short"}, "sec_pwd has 5 characters"),
        ({"gifts": "free"}, "gifts is 'free'"),
        ({"app_secret": ""}, "app_secret is missing"),
        ({"app_id": ""}, "password is missing"),
        ({"app_id": "100001"}, "app_id is not of the form"),
        ({"app_id": "100001_tooshort"}, "app_id is not of the form"),
        ({"app_id": "1_AQIDBAUGBwgJCgsMDQ4PEBESExQVFh_Y"}, "app_id is not of the form"),
        ({"login": "magic"}, "login is 'magic'"),
        ({"zone": "Asia/Shanghaj"}, "zone 'Asia/Shanghaj' is not known"),
        ({"page": 0}, "page is 0"),
        ({"page": 20_000}, "page is 20000"),
        ({"overlap": timedelta(seconds=-1)}, "overlap is negative"),
        ({"number_prefix": "erpl_"}, "number_prefix 'erpl_'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write_instead(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said) as caught:
        Kingdee(**(GOOD | changed))
    assert caught.value.next_step


def test_no_secret_shows() -> None:
    settings = Kingdee(**GOOD, password="hunter2", passport="c2VjcmV0", sec_pwd="x" * 32)
    assert "s3cret" not in repr(settings)
    assert "hunter2" not in repr(settings)
    assert "c2VjcmV0" not in repr(settings)
    assert "x" * 32 not in repr(settings)
    assert GOOD["app_id"] not in repr(settings)


def test_the_way_to_log_in_follows_from_what_is_given() -> None:
    assert Kingdee(**GOOD).mode == "header"
    assert Kingdee(**(GOOD | {"app_id": "", "password": "p"})).mode == "password"
    assert Kingdee(**GOOD, login="sign").mode == "sign"
    assert Kingdee(**(GOOD | {"app_id": "", "username": "", "passport": "c2VjcmV0"})).mode == "passport"


@pytest.mark.parametrize(
    ("custom", "said"),
    [
        ({"custmers": {"points": "F_P"}}, "custom names fields of 'custmers'"),
        ({"receipts": {"colour": "F_C"}}, "receipts keep no custom fields"),
    ],
)
def test_custom_fields_that_fit_nowhere_are_refused_when_opened(custom: dict[str, dict[str, str]], said: str) -> None:
    settings = Kingdee(**GOOD, custom=custom)
    with pytest.raises(ConfigInvalid, match=said):
        settings.open(VirtualIo(lambda _: Reply(200)), parallel=1)
