from __future__ import annotations

import json

import pytest

from erplink.erp.kingdee.verdict import judge
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

SAVE = Call("Save", "https://erp.example.com/k3cloud/Save.common.kdsvc")
QUERY = Call("ExecuteBillQuery", "https://erp.example.com/k3cloud/ExecuteBillQuery.common.kdsvc", safe=True)
LOST = "会话信息已丢失，请重新登录"


def failure(code: object, message: str = "不行", field: str = "", **more: object) -> dict[str, object]:
    error = {"FieldName": field, "Message": message, "DIndex": 0}
    status = {"ErrorCode": 500, "IsSuccess": False, "Errors": [error], "SuccessEntitys": [], "MsgCode": code}
    return {"Result": {"ResponseStatus": status | more}}


def body(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, Refused),
        (2, NotPermitted),
        (3, Refused),
        (4, ServerFault),
        (6, ServerFault),
        (7, NotPermitted),
        (8, Refused),
        (9, Refused),
        (10, NotFound),
        (11, Refused),
        (12, Refused),
        (13, Busy),
        (14, Busy),
        (15, NotPermitted),
        ("13", Busy),
        ("what", Refused),
    ],
)
def test_each_msgcode_of_a_write_has_its_error_with_the_erps_words(code: object, expected: type[ErplinkError]) -> None:
    error = judge(SAVE, body(failure(code, "单据不行", "FQty"))).error
    assert type(error) is expected
    assert "FQty: 单据不行" in str(error)


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: [[one]]])
def test_a_query_error_is_seen_in_every_wrapping(wrap: object) -> None:
    error = judge(QUERY, body(wrap(failure(9, "元数据中标识为FXX的字段不存在")))).error  # type: ignore[operator]
    assert isinstance(error, ConfigInvalid)
    assert "FXX" in str(error)


@pytest.mark.parametrize(
    "lost",
    [
        failure(1, LOST),
        [[failure(1, LOST)]],
        [[failure(0, LOST)]],
        failure(0, LOST),
        {"Success": False, "Message": LOST, "RowCount": 0},
        failure("1", "x", IsSuccess="false"),
    ],
)
def test_a_lost_session_is_told_by_code_or_by_text(lost: object) -> None:
    verdict = judge(QUERY, body(lost))
    assert verdict.session_lost
    assert verdict.error is None


def test_a_raw_write_with_a_lost_session_is_left_to_its_author() -> None:
    raw = Call("raw Save", SAVE.url)
    verdict = judge(raw, body(failure(1, LOST)))
    assert verdict.session_lost
    assert isinstance(verdict.error, ServerFault)
    assert verdict.error.sent == "maybe"


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [[1, "XSDD000001"]],
        [{"FBillNo": "XSDD000001"}],
        {"Result": {"ResponseStatus": {"IsSuccess": True, "Errors": [], "SuccessEntitys": [{"Id": 1}], "MsgCode": 0}}},
        {"Result": {"ResponseStatus": {"IsSuccess": "true", "Errors": [{"Message": "w"}], "SuccessEntitys": [{}]}}},
        {"Result": {"ResponseStatus": None, "Result": {"Id": 1}}},
        {"RowCount": 0, "Success": True, "Data": []},
    ],
)
def test_an_answer_is_an_answer(answer: object) -> None:
    assert judge(QUERY, body(answer)).error is None


def test_partial_success_counts_as_failure_and_names_both() -> None:
    reply = failure(0, "第二张不行", SuccessEntitys=[{"Id": 1}])
    assert isinstance(judge(SAVE, body(reply)).error, Refused)


@pytest.mark.parametrize(
    ("reply", "expected", "said"),
    [
        (Reply(200, "response_error:对象引用未设置".encode()), ServerFault, "对象引用未设置"),
        (Reply(200, b"401 Forbidden ByRspRetStatusCode -- N001: Unexpectable request."), LoginRefused, "N001"),
        (Reply(200, b""), ServerFault, "empty"),
        (Reply(200, b"oops"), ServerFault, "not JSON"),
        (Reply(200, b'{"Result": '), ServerFault, "broken JSON"),
        (Reply(200, b"<!DOCTYPE html><html><title>Login</title></html>"), ServerFault, "HTML"),
        (Reply(502, b"<html><title>Bad Gateway</title></html>"), ServerFault, "502"),
        (Reply(404, b"<html></html>"), ConfigInvalid, "/k3cloud/"),
        (Reply(500, b"Fail to verify thirty passport"), LoginRefused, "data centre"),
        (
            body([{"actionname": "showConfirm", "params": [{"msg": "请求参数存在可疑数据,规则[x]阻止!"}]}]),
            Refused,
            "可疑数据",
        ),
    ],
)
def test_other_replies_are_told_apart(reply: Reply, expected: type[ErplinkError], said: str) -> None:
    error = judge(SAVE, reply).error
    assert type(error) is expected
    assert said in str(error)


def test_an_edit_by_another_user_is_waited_out_and_a_permission_text_is_not() -> None:
    assert isinstance(judge(SAVE, body(failure(0, "单据已被其他用户修改"))).error, Busy)
    assert isinstance(judge(QUERY, body([[failure(0, "您没有该功能的操作权限")]])).error, NotPermitted)


def test_a_refusal_shows_no_phone() -> None:
    error = judge(SAVE, body(failure(11, "电话13900001111已存在"))).error
    assert error is not None
    assert "13900001111" not in str(error)


def test_many_reasons_are_cut_and_counted() -> None:
    reasons = [{"Message": f"原因{n}"} for n in range(8)]
    error = judge(SAVE, body(failure(11, Errors=reasons))).error
    assert "原因4" in str(error)
    assert "and 3 more" in str(error)
