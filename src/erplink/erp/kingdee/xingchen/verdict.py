"""What a reply of 云星辰 means: ``errcode`` inside a 200, 429 beyond the limit, 519 from the gateway in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
from erplink.wire.http import excerpt, judge_http, retry_after
from erplink.wire.redact import redact

ROTATED = "1030002006"
"""The key or the secret of the authorisation is not, or no longer, right (授权密钥校验失败)."""
OUT_OF_TIME = "4006"
_UNAUTHORISED, _TOO_MANY, _GATEWAY = 401, 429, 519
_LOST = frozenset({"401", "1020002008", ROTATED, OUT_OF_TIME})
_GONE = ("不存在", "找不到")
_LENGTH = 500


def lost(reply: Reply, tree: Any) -> bool:
    """Whether the token is not, or no longer, one; or the call came out of time."""
    return reply.status == _UNAUTHORISED or code_of(tree) in _LOST


def error_of(call: Call, reply: Reply, tree: Any) -> ErplinkError | None:
    """The error a reply tells of, or None. ``tree`` is its body, read."""
    code, said = code_of(tree), message_of(tree)
    if reply.status == _TOO_MANY:
        step = "500 calls in a minute are allowed for one company, whoever makes them; call less often"
        return Busy(said or "HTTP 429", where=call.where, next_step=step, retry_after=retry_after(reply), sent="no")
    if reply.status == _GATEWAY:
        return _of_gateway(code, said or excerpt(reply), call)
    by_http = judge_http(call, reply)
    if isinstance(by_http, LoginRefused | NotPermitted) and said:
        return _by_code(str(reply.status), said, call)
    if by_http is not None:
        return by_http
    if not isinstance(tree, dict) or not code:
        return ServerFault(
            f"the reply is not the platform's: {excerpt(reply)}",
            where=call.where,
            next_step="check the address, and that no gateway of your own stands before it",
            sent="maybe",
        )
    return None if code in _FINE else _by_code(code, said or "the platform gives no reason", call)


def code_of(tree: Any) -> str:
    """The platform's code as text; empty for none. The authorisation answers with ``code`` instead of ``errcode``."""
    if not isinstance(tree, dict):
        return ""
    found = tree.get("errcode", tree.get("code"))
    return "" if found is None else str(found).strip()


def message_of(tree: Any) -> str:
    """What the platform says, redacted."""
    told = (tree.get("description") or tree.get("msg") or tree.get("message") or "") if isinstance(tree, dict) else ""
    return str(redact(" ".join(str(told).split())))[:_LENGTH]


def _of_gateway(code: str, said: str, call: Call) -> ErplinkError:
    if code in _MISPLACED:
        step = "check the path of the API, and domain: it is in the reply to the authorisation"
        return ConfigInvalid(f"{said} ({code})", where=call.where, next_step=step)
    step = "try again later"
    return ServerFault(f"the gateway failed with HTTP 519: {said}", where=call.where, next_step=step, sent="maybe")


def _by_code(code: str, said: str, call: Call) -> ErplinkError:
    judge = _CODES.get(code)
    if judge is not None:
        return judge(f"{said} ({code})", call)
    if any(word in said for word in _GONE):
        return NotFound(f"{said} ({code})", where=call.where, next_step="check the number")
    step = "settle it in the system, then run again"
    return Refused(f"{said} ({code})", where=call.where, next_step=step, code=code)


def _fault(said: str, call: Call) -> ErplinkError:
    return ServerFault(said, where=call.where, next_step="try again later", sent="maybe")


def _not_permitted(said: str, call: Call) -> ErplinkError:
    return NotPermitted(said, where=call.where, next_step="have the company authorise the application for this API")


def _refused_login(said: str, call: Call) -> ErplinkError:
    return LoginRefused(said, where=call.where, next_step=STEP)


STEP = (
    "check client_id and client_secret, and app_key and app_secret: the secret changes every 24 hours, "
    "give outer_instance_id to have it fetched; it is not tried again"
)
_FINE = frozenset({"0", "200"})
_MISPLACED = frozenset({"5001", "4002"})
_CODES: Mapping[str, Callable[[str, Call], ErplinkError]] = {
    "401": _refused_login,
    ROTATED: _refused_login,
    "403": _not_permitted,
    "2000002000": _fault,
}
