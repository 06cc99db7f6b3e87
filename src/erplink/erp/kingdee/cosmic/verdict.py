"""What a reply of the open platform means: ``errorCode`` and ``status`` inside a 200, and documents refused one by one.

Codes are those of the vendor's interface specification (448792125560557568). Only HTTP 200 with ``errorCode`` 0 is
success; a save, submit or audit of several documents may succeed as a call and fail for some of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from erplink.errors import (
    Busy,
    ConfigInvalid,
    ErplinkError,
    LoginRefused,
    NotFound,
    NotPermitted,
    Refused,
    RetryError,
    ServerFault,
)
from erplink.manifest.judging import AlreadyThere
from erplink.wire.call import Call, Reply
from erplink.wire.http import excerpt, judge_http, retry_after
from erplink.wire.redact import redact

_UNAUTHORISED = 401
_TAKEN = re.compile(r"(?:编号|编码|单据号|billno|number).{0,60}(?:重复|已存在|唯一)", re.DOTALL)
_HELD = re.compile(r"其他页签|网络互斥|数据互斥|正在编辑|正被.{0,20}编辑")
_LENGTH = 500


def lost(reply: Reply, tree: Any) -> bool:
    """Whether the session of the call is not, or no longer, one."""
    return reply.status == _UNAUTHORISED or (_is_envelope(tree) and code_of(tree) == str(_UNAUTHORISED))


def error_of(call: Call, reply: Reply, tree: Any) -> ErplinkError | None:
    """The error a reply tells of, or None. ``tree`` is its body, read."""
    if not _is_envelope(tree):
        return judge_http(call, reply) or ServerFault(
            f"the reply is not the platform's: {excerpt(reply)}",
            where=call.where,
            next_step="check that the address ends before /kapi and that no gateway stands before it",
            sent="maybe",
        )
    by_http = judge_http(call, reply)
    if isinstance(by_http, RetryError):
        return by_http
    code = code_of(tree)
    if by_http is not None and code in _FINE:
        code = str(reply.status)
    refused = "; ".join(_refusals(tree))
    if code in _FINE and tree.get("status") is not False:
        if refused:
            return _by_words(refused, call, reply, code)
        return _nothing_done(call, tree)
    return _by_code(code, refused or message_of(tree), call, reply)


def code_of(tree: Mapping[str, Any]) -> str:
    """The platform's code as text; empty for none."""
    found = tree.get("errorCode")
    return "" if found is None else str(found).strip()


def message_of(tree: Mapping[str, Any]) -> str:
    """What the platform says, redacted."""
    return _short(str(tree.get("message") or tree.get("errorMsg") or ""))


def _is_envelope(tree: Any) -> bool:
    return isinstance(tree, dict) and ("errorCode" in tree or "status" in tree)


def _short(text: str) -> str:
    return str(redact(" ".join(text.split())))[:_LENGTH]


def _refusals(tree: Mapping[str, Any]) -> Iterator[str]:
    """What is said of each document that was not done, with its number where there is one."""
    data = tree.get("data")
    rows = data.get("result") if isinstance(data, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("billStatus") is False:
            told = "; ".join(dict.fromkeys(_texts(row.get("errors")))) or "refused without a word"
            name = str(row.get("number") or f"document {row.get('billIndex', '?')}")
            yield _short(f"{name}: {told}")


def _texts(errors: Any) -> Iterator[str]:
    """Every text in an error list, whatever it is built of; the keys of a document are not words."""
    if isinstance(errors, str) and errors.strip():
        yield errors.strip()
    elif isinstance(errors, list):
        for each in errors:
            yield from _texts(each)
    elif isinstance(errors, dict):
        for name, each in errors.items():
            if name not in {"entityKey", "keys"}:
                yield from _texts(each)


def _nothing_done(call: Call, tree: Mapping[str, Any]) -> ErplinkError | None:
    """A submit or an audit whose conditions fit no document is a success of nothing."""
    data = tree.get("data")
    if not isinstance(data, dict) or {str(data.get(name)) for name in ("successCount", "failCount")} != {"0"}:
        return None
    return Refused(
        "it fits no document, so nothing was done",
        where=call.where,
        next_step="check by which parameter the API finds a document (forms: number, numbers)",
        code="0",
    )


def _by_words(said: str, call: Call, reply: Reply, code: str) -> ErplinkError:
    if _HELD.search(said):
        step = "somebody has the document open; it is tried again"
        return Busy(said, where=call.where, next_step=step, retry_after=retry_after(reply), sent="no")
    if _TAKEN.search(said):
        return AlreadyThere(said, where=call.where, next_step="use another number or key", code=code)
    return Refused(said, where=call.where, next_step="settle it in the system, then run again", code=code)


def _busy(said: str, call: Call, reply: Reply, _: str) -> ErplinkError:
    step = "call less often, or ask for a higher limit (限流策略)"
    return Busy(said, where=call.where, next_step=step, retry_after=retry_after(reply), sent="no")


def _repeated(said: str, call: Call, reply: Reply, _: str) -> ErplinkError:
    step = "the same request is under way or was made moments ago; it is tried again"
    return Busy(said, where=call.where, next_step=step, retry_after=retry_after(reply), sent="no")


def _fault(said: str, call: Call, reply: Reply, _: str) -> ErplinkError:
    return ServerFault(
        said, where=call.where, next_step="try again later", retry_after=retry_after(reply), sent="maybe"
    )


def _not_permitted(said: str, call: Call, _: Reply, __: str) -> ErplinkError:
    step = "authorise the API for the application, give the agent user the permission, or allow this address"
    return NotPermitted(said, where=call.where, next_step=step)


def _no_api(said: str, call: Call, _: Reply, __: str) -> ErplinkError:
    step = "check the path and code of the API (forms), and that it is published and enabled"
    return ConfigInvalid(said, where=call.where, next_step=step)


def _not_found(said: str, call: Call, _: Reply, __: str) -> ErplinkError:
    return NotFound(said, where=call.where, next_step="check the number, and what the agent user may see")


def _taken(said: str, call: Call, _: Reply, code: str) -> ErplinkError:
    return AlreadyThere(said, where=call.where, next_step="use another number or key", code=code)


def _unauthorised(said: str, call: Call, _: Reply, __: str) -> ErplinkError:
    step = "check application, digest key and agent user; it is not tried again, so that nothing is locked"
    return LoginRefused(said, where=call.where, next_step=step)


_Judge = Callable[[str, Call, Reply, str], ErplinkError]
_FINE = frozenset({"0", ""})
_CODES: Mapping[str, _Judge] = {
    "401": _unauthorised,
    "403": _not_permitted,
    "404": _no_api,
    "405": _no_api,
    "429": _busy,
    "500": _fault,
    "601": _taken,
    "602": _not_found,
    "604": _repeated,
    "612": _not_permitted,
}


def _by_code(code: str, message: str, call: Call, reply: Reply) -> ErplinkError:
    said = message or "the platform gives no reason"
    judge = _CODES.get(code)
    said = f"{said} ({code})" if code else said
    return _by_words(said, call, reply, code) if judge is None else judge(said, call, reply, code)
