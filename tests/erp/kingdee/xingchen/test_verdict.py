"""What each reply of 云星辰 means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from erplink.erp.kingdee.xingchen.verdict import error_of, lost
from erplink.errors import (
    Busy,
    ConfigInvalid,
    ErplinkError,
    LoginRefused,
    NotFound,
    NotPermitted,
    Refused,
    ServerFault,
)
from erplink.wire.call import Call, Reply

CALL = Call("orders get", "https://api.kingdee.com/jdy/v2/scm/sal_order_detail", method="GET", safe=True)


def judged(status: int, tree: Any, **headers: str) -> ErplinkError | None:  # noqa: ANN401 - JSON
    return error_of(CALL, Reply(status, msgspec.json.encode(tree), headers), tree)


@pytest.mark.parametrize(
    ("status", "code", "said", "kind"),
    [
        (429, 0, "", Busy),
        (519, 5001, "API not found", ConfigInvalid),
        (519, 4002, "router", ConfigInvalid),
        (519, 5000, "", ServerFault),
        (401, 401, "签名错误", LoginRefused),
        (403, 403, "没有权限", NotPermitted),
        (500, 0, "", ServerFault),
        (502, 0, "", ServerFault),
        (200, 403, "没有权限", NotPermitted),
        (200, 1030002006, "授权密钥校验失败", LoginRefused),
        (200, 2000002000, "系统异常", ServerFault),
        (200, 2000000001, "数据不存在", NotFound),
        (200, 2000000001, "组合值与其他表单重复", Refused),
    ],
)
def test_statuses_and_codes(status: int, code: int, said: str, kind: type[ErplinkError]) -> None:
    error = judged(status, {"errcode": code, "description": said, "data": None})
    assert type(error) is kind
    assert error.where
    assert error.next_step


@pytest.mark.parametrize("tree", [{"errcode": 0, "data": {}}, {"errcode": "0"}, {"code": 200, "data": []}])
def test_a_success_is_one(tree: object) -> None:
    assert judged(200, tree) is None


@pytest.mark.parametrize("tree", [[], None, "x", {}, {"data": []}])
def test_what_is_not_the_platforms_is_a_fault(tree: object) -> None:
    assert isinstance(judged(200, tree), ServerFault)


def test_patience_is_read_from_the_header() -> None:
    for headers, seconds in (({"retry-after": "7"}, 7.0), ({}, None)):
        error = judged(429, None, **headers)
        assert isinstance(error, Busy)
        assert (error.retry_after, error.sent) == (seconds, "no")


@pytest.mark.parametrize(
    ("status", "code", "is_lost"),
    [
        (401, 0, True),
        (200, 1020002008, True),
        (200, 1030002006, True),
        (519, 4006, True),
        (519, 5001, False),
        (200, 0, False),
    ],
)
def test_a_lost_session(status: int, code: int, is_lost: bool) -> None:  # noqa: FBT001 - a row of a table
    assert lost(Reply(status), {"errcode": code}) is is_lost
