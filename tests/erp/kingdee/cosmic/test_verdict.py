"""What each reply of the platform means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from erplink.erp.kingdee.cosmic.verdict import error_of, lost
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
from erplink.manifest.judging import AlreadyThere
from erplink.wire.call import Call, Reply

CALL = Call("orders create", "https://erp.example.com/ierp/kapi/v2/sm/sm_salorder/save")


def judged(status: int, tree: Any, **headers: str) -> ErplinkError | None:  # noqa: ANN401 - JSON
    return error_of(CALL, Reply(status, msgspec.json.encode(tree), headers), tree)


def failing(code: str, message: str = "不行", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"data": None, "errorCode": code, "message": message, "status": False, **more}


def batch(*errors: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    rows = [
        {"billIndex": n, "billStatus": not told, "errors": told, "number": f"B-{n}"} for n, told in enumerate(errors)
    ]
    failures = sum(1 for told in errors if told)
    counts = {"failCount": str(failures), "successCount": str(len(errors) - failures)}
    return {"data": {**counts, "result": rows}, "errorCode": "0", "message": "", "status": True}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (200, "400", Refused),
        (401, "401", LoginRefused),
        (200, "403", NotPermitted),
        (403, "403", NotPermitted),
        (404, "404", ConfigInvalid),
        (200, "404", ConfigInvalid),
        (200, "429", Busy),
        (429, "429", Busy),
        (200, "500", ServerFault),
        (500, "500", ServerFault),
        (502, "", ServerFault),
        (200, "601", AlreadyThere),
        (200, "602", NotFound),
        (200, "603", Refused),
        (200, "604", Busy),
        (200, "611", Refused),
        (200, "612", NotPermitted),
        (200, "702", Refused),
        (200, "999", Refused),
        (404, "", ConfigInvalid),
        (400, "0", Refused),
    ],
)
def test_codes(status: int, code: str, kind: type[ErplinkError]) -> None:
    error = judged(status, failing(code))
    assert type(error) is kind
    assert error.where
    assert error.next_step


@pytest.mark.parametrize("code", ["0", "", 0, None])
def test_a_success_is_one(code: object) -> None:
    assert judged(200, {"data": {"rows": []}, "errorCode": code, "message": "", "status": True}) is None


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("当前单据已在其他页签中打开，请先关闭", Busy),
        ("网络互斥：张三正在编辑该单据", Busy),
        ("“单据编号”XSDD-1已存在，请重新输入", AlreadyThere),
        ("编码：C-1 重复", AlreadyThere),
        ("信用额度不足", Refused),
        ("已审核的单据不允许修改", Refused),
    ],
)
def test_words_say_what_a_code_does_not(message: str, kind: type[ErplinkError]) -> None:
    assert type(judged(200, failing("999", message))) is kind
    assert (
        type(judged(200, batch([{"entityKey": "sm_salorder", "keys": {"billno": "B-0"}, "rowMsg": [message]}]))) is kind
    )


@pytest.mark.parametrize(
    "told",
    [
        ["缺少币别"],
        [{"rowMsg": ["缺少币别"]}],
        ["缺少币别", "缺少币别"],
        [{"errorMsg": "缺少币别", "keys": {"id": "1"}}],
    ],
)
def test_what_is_said_of_each_document_is_told_however_it_is_wrapped(told: list[Any]) -> None:
    error = judged(200, batch([], told, []))
    assert isinstance(error, Refused)
    assert error.what == "B-1: 缺少币别"


def test_a_save_of_nothing_is_no_success() -> None:
    assert isinstance(judged(200, batch()), Refused)


@pytest.mark.parametrize("tree", [[], "text", None, {"rows": []}, {}])
def test_what_is_not_the_platforms_may_have_had_an_effect(tree: object) -> None:
    error = judged(200, tree)
    assert isinstance(error, ServerFault)
    assert error.sent == "maybe"


def test_patience_is_read_from_the_header() -> None:
    for status, code in ((429, "429"), (503, "500"), (200, "429")):
        error = judged(status, failing(code), **{"retry-after": "7"})
        assert isinstance(error, Busy)
        assert (error.retry_after, error.sent) == (7.0, "no")
    error = judged(429, failing("429"))
    assert isinstance(error, Busy)
    assert error.retry_after is None


def test_personal_data_in_a_refusal_is_masked() -> None:
    error = judged(200, failing("603", "手机号13900001111已被占用"))
    assert "13900001111" not in str(error)


@pytest.mark.parametrize(("status", "code", "is_lost"), [(401, "", True), (200, "401", True), (200, "403", False)])
def test_a_lost_session(status: int, code: str, is_lost: bool) -> None:  # noqa: FBT001 - a row of a table
    assert lost(Reply(status), failing(code)) is is_lost
    assert lost(Reply(status), None) is (status == 401)
