"""What a reply of K/3 Cloud means. HTTP 200 with an error inside is normal here, in half a dozen wrappings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

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
from erplink.wire.dialect import FINE, Verdict
from erplink.wire.http import excerpt, judge_http
from erplink.wire.redact import redact

SESSION_LOST_TEXT = "会话信息已丢失"
DUPLICATE_TEXTS = ("已经被使用", "编码唯一")
QUERIES = frozenset({"ExecuteBillQuery", "BillQuery", "QueryBusinessInfo"})

EACH, ONCE = "each ", "once "
"""Words in the operation of a call whose reply speaks of several documents, or that must not be sent again before
somebody looked."""

_CONTEXT_LOST, _NO_DATA = 1, 10
_MESSAGES_SHOWN = 5
_EDITED_TEXT, _PERMISSION_TEXT, _UNKNOWN_FORM = "已被其他用户修改", "权限", "业务对象不存在"
_WRONG_ACCOUNT, _HALF_LOGIN, _FAULT_PREFIX = b"Fail to verify thirty passport", b"N001:", b"response_error:"


def judge(call: Call, reply: Reply) -> Verdict:
    """The verdict on a reply, from the cheapest look to the closest."""
    if _WRONG_ACCOUNT in reply.body[:2000]:
        return Verdict(error=_refused_login(call, "the server does not accept the data centre in the signature"))
    error = judge_http(call, reply)
    if error is not None:
        return Verdict(error=error)
    opening = _opening(reply.body)
    if opening.startswith(b"[") and not opening.startswith((b"[{", b"[[{")):
        return FINE
    if opening.startswith((b"[", b"{")):
        return _judge_json(call, reply)
    return _judge_text(call, reply, opening)


def is_duplicate(error: ErplinkError) -> bool:
    """Whether a refusal says that the number is in use already."""
    return isinstance(error, Refused) and any(text in error.what for text in DUPLICATE_TEXTS)


def response_status(value: object) -> Mapping[str, Any] | None:
    """The ``ResponseStatus`` of a decoded reply, bare or wrapped in one or two lists; None when there is none.

    >>> response_status([[{"Result": {"ResponseStatus": {"MsgCode": 9}}}]])
    {'MsgCode': 9}
    """
    while isinstance(value, list) and value:
        value = value[0]
    result = value.get("Result") if isinstance(value, dict) else None
    status = result.get("ResponseStatus") if isinstance(result, dict) else None
    return status if isinstance(status, dict) else None


def _opening(body: bytes) -> bytes:
    """The first characters without white space and byte-order mark."""
    return b"".join(body[:64].removeprefix(b"\xef\xbb\xbf").split())


def _judge_text(call: Call, reply: Reply, opening: bytes) -> Verdict:
    if opening.startswith(_FAULT_PREFIX):
        words = excerpt(reply).removeprefix("response_error:").strip()
        return Verdict(error=_fault(call, f"the server raised an exception: {words}"))
    if _HALF_LOGIN in reply.body[:500]:
        return Verdict(error=_refused_login(call, "the login is not complete (N001): the password may have expired"))
    if opening in {b"true", b"false", b"null"}:
        return FINE
    what = f"the reply is not JSON: {excerpt(reply)}" if opening else "the reply is empty"
    return Verdict(error=_fault(call, what))


def _judge_json(call: Call, reply: Reply) -> Verdict:
    try:
        value = reply.json()
    except msgspec.DecodeError:
        return Verdict(error=_fault(call, f"the reply is broken JSON: {excerpt(reply)}"))
    status = response_status(value)
    if status is not None:
        return _judge_status(call, status)
    first = value[0] if isinstance(value, list) else value
    if isinstance(first, dict) and first.get("actionname") == "showConfirm":
        return Verdict(error=_intercepted(call, first))
    if isinstance(first, dict) and first.get("Success") is False:
        return _judge_status(call, {"IsSuccess": False, "Errors": [{"Message": first.get("Message")}], "MsgCode": 0})
    return FINE


def _judge_status(call: Call, status: Mapping[str, Any]) -> Verdict:
    if EACH in call.operation:
        return _judge_each(call, status)
    errors = [error for error in status.get("Errors") or () if isinstance(error, dict)]
    failed = str(status.get("IsSuccess", True)).lower() == "false"
    if not failed and (not errors or status.get("SuccessEntitys")):
        return FINE
    code, words = _code(status), _words(errors)
    if code == _CONTEXT_LOST or SESSION_LOST_TEXT in words:
        return Verdict(session_lost=True, error=_unrepeatable(call))
    return Verdict(error=_error(call, code, words))


def _judge_each(call: Call, status: Mapping[str, Any]) -> Verdict:
    """The verdict on a reply about several documents: refusals of single ones are for the caller to read."""
    errors = [error for error in status.get("Errors") or () if isinstance(error, dict)]
    code, words = _code(status), _words(errors)
    if status.get("SuccessEntitys") or not errors:
        return FINE
    if code == _CONTEXT_LOST or SESSION_LOST_TEXT in words:
        return Verdict(session_lost=True, error=_unrepeatable(call))
    known = _BY_CODE.get(code)
    return FINE if known is None or code == _NO_DATA else Verdict(error=known(call, words))


def _code(status: Mapping[str, Any]) -> int:
    try:
        return int(status.get("MsgCode") or 0)
    except (ValueError, TypeError):
        return 0


def _words(errors: Sequence[Mapping[str, Any]]) -> str:
    """The ERP's own words, each with the field it names, without personal data."""
    told = [
        f"{error['FieldName']}: {error.get('Message')}" if error.get("FieldName") else str(error.get("Message") or "")
        for error in errors[:_MESSAGES_SHOWN]
    ]
    more = len(errors) - _MESSAGES_SHOWN
    return redact("; ".join(told) + (f"; and {more} more" if more > 0 else "")) or "no reason was given"


def _unrepeatable(call: Call) -> ErplinkError | None:
    """A write that is not known to carry its own number is repeated by nobody before it was looked up."""
    if call.safe or not (call.operation.startswith("raw ") or ONCE in call.operation):
        return None
    return _fault(call, "the session was lost during a write whose repetition is not known to be harmless")


def _error(call: Call, code: int, words: str) -> ErplinkError:
    if _EDITED_TEXT in words:
        return _busy(call, words)
    if code == 0 and _PERMISSION_TEXT in words:
        return _not_permitted(call, words)
    if call.operation.removeprefix("raw ") in QUERIES and (code in {0, 3, 5, 8, 9} or _UNKNOWN_FORM in words):
        return _bad_query(call, words)
    known = _BY_CODE.get(code)
    return _refusal(call, words, code) if known is None else known(call, words)


def _busy(call: Call, words: str) -> ErplinkError:
    return Busy(words, where=call.where, next_step="it is tried again after a pause", sent="no")


def _not_permitted(call: Call, words: str) -> ErplinkError:
    step = "give the integration user this permission, and check licence seats and organisation"
    return NotPermitted(words, where=call.where, next_step=step)


def _not_found(call: Call, words: str) -> ErplinkError:
    return NotFound(words, where=call.where, next_step="check the number and the organisation")


def _bad_query(call: Call, words: str) -> ErplinkError:
    step = "compare the field names in custom=... with the form's own (键名 in the BOS designer); case matters"
    return ConfigInvalid(words, where=call.where, next_step=step)


def _fault(call: Call, words: str) -> ErplinkError:
    return ServerFault(words, where=call.where, next_step="try again; if it stays, show it to the administrator")


def _refusal(call: Call, words: str, code: int) -> ErplinkError:
    return Refused(words, where=call.where, next_step="settle it in the ERP, then run again", code=str(code))


def _refused_login(call: Call, what: str) -> ErplinkError:
    step = "check acct_id, the user, its password and 第三方系统登录授权; it is not tried again"
    return LoginRefused(what, where=call.where, next_step=step)


def _intercepted(call: Call, reply: Mapping[str, Any]) -> ErplinkError:
    params = reply.get("params")
    first = params[0] if isinstance(params, list) and params else None
    words = redact(str(first.get("msg") or "")) if isinstance(first, dict) else ""
    step = "ask the administrator which rule of the firewall (WAF) matched, or reword the texts that were sent"
    return Refused(words or "the server shows a dialogue", where=call.where, next_step=step, code="showConfirm")


_BY_CODE: Mapping[int, Callable[[Call, str], ErplinkError]] = {
    2: _not_permitted,
    4: _fault,
    6: _fault,
    7: _not_permitted,
    10: _not_found,
    13: _busy,
    14: _busy,
    15: _not_permitted,
}
"""MsgCode → error. 0, 3, 5, 8, 9, 11 and 12 are refusals of this one call; 1 is the lost session."""
