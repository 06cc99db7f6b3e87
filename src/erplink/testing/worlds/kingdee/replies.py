"""The reply objects of the form service, as the vendor shapes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

Json = dict[str, Any]

SESSION_LOST_TEXT = "会话信息已丢失，请重新登录"
SESSION_LOST, NO_PERMISSION, EXCEPTION, BAD_PARAMETER, MISSING, NO_DATA, INVALID, NOT_OPERABLE = (
    1,
    2,
    4,
    8,
    9,
    10,
    11,
    12,
)
LOCK_CONFLICT, CALL_LIMIT = 13, 14


class BusinessError(Exception):
    """The form service says no: message, field and the vendor's MsgCode."""

    def __init__(self, message: str, code: int, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


@frozen
class Outcome:
    """What became of one document of a request."""

    index: int
    fid: int = 0
    number: str = ""
    error: BusinessError | None = None
    returned: Mapping[str, Any] | None = None


def failure(message: str, code: int, field: str = "", index: int = 0) -> Json:
    """The failure object with one error."""
    return _status([{"FieldName": field, "Message": message, "DIndex": index}], [], code)


def session_lost() -> Json:
    """The object that tells a client to log in again."""
    reply = failure(SESSION_LOST_TEXT, SESSION_LOST)
    reply["Result"]["ResponseStatus"]["Errors"][0]["FieldName"] = None
    return reply


def of_error(error: BusinessError) -> Json:
    """The failure object of an error."""
    return failure(error.message, error.code, error.field)


def common(outcomes: Sequence[Outcome], *, saved: bool = False) -> Json:
    """The common reply of a write: both lists, and for a save of documents the ids and returned fields too."""
    errors = [
        {"FieldName": one.error.field, "Message": one.error.message, "DIndex": one.index}
        for one in outcomes
        if one.error is not None
    ]
    done = [{"Id": one.fid, "Number": one.number, "DIndex": one.index} for one in outcomes if one.error is None]
    codes = [one.error.code for one in outcomes if one.error is not None]
    reply = _status(errors, done, codes[0] if codes else 0)
    if saved:
        first = done[0] if done else {"Id": "", "Number": ""}
        reply["Result"]["Id"] = first["Id"]
        reply["Result"]["Number"] = first["Number"]
        reply["Result"]["NeedReturnData"] = [dict(one.returned or {}) for one in outcomes if one.error is None] or [{}]
    return reply


def _status(errors: list[Json], done: list[Json], code: int) -> Json:
    status: Json = {"ErrorCode": 500} if errors else {}
    status |= {
        "IsSuccess": not errors,
        "Errors": errors,
        "SuccessEntitys": done,
        "SuccessMessages": [],
        "MsgCode": code,
    }
    return {"Result": {"ResponseStatus": status}}
