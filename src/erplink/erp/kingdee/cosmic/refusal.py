"""What a login of the open platform is refused with, in both generations of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from erplink.erp.kingdee.cosmic.verdict import code_of, error_of
from erplink.errors import Busy, ConfigInvalid, ErplinkError, LoginRefused, RetryError
from erplink.wire.call import Call, Reply
from erplink.wire.redact import redact

_LOCKED = re.compile(r"锁定.*?(\d+)\s*秒")
_ONCE = "已经调用过"
_WORDS = ("message", "errorMsg", "error_desc")
STEP = (
    "check client_id, client_secret and account_id, and that username is an agent user (代理用户) of the application; "
    "it is not tried again, for five wrong ones lock the application"
)


def refusal(call: Call, reply: Reply, tree: Any) -> ErplinkError | None:
    """The error in the reply to a login, or None. ``tree`` is its body, read.

    What passes by itself is a ``RetryError`` with ``sent="no"``: an overload, a nonce that was used, an application
    that is locked for some seconds because somebody sent wrong secrets. Anything else is ``LoginRefused``.
    """
    data = tree.get("data") if isinstance(tree, dict) else None
    inner: Mapping[str, Any] = data if isinstance(data, dict) else {}
    said = _said(tree, inner) if isinstance(tree, dict) else ""
    locked = _LOCKED.search(said)
    if locked is not None:
        step = "somebody sent wrong secrets; it passes by itself"
        return Busy(said, where=call.where, next_step=step, retry_after=float(locked[1]), sent="no")
    if _ONCE in said:
        return Busy(said, where=call.where, next_step="the next try takes another nonce", sent="no")
    error = error_of(call, reply, _as_envelope(tree, inner, said))
    if isinstance(error, RetryError):
        error.sent = "no"
        return error
    if error is None or isinstance(error, ConfigInvalid):
        return error
    return LoginRefused(said or error.what, where=call.where, next_step=STEP)


def _as_envelope(tree: Any, inner: Mapping[str, Any], said: str) -> Any:
    """A reply of the older generation (``state``, ``data.error_code``) in the words of the newer one."""
    if not isinstance(tree, dict) or "state" not in tree:
        return tree
    code = str(inner.get("error_code") or code_of(tree) or "")
    return {"errorCode": code, "status": str(tree["state"]).lower() == "success", "message": said}


def _said(tree: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    found = next((str(held[name]) for held in (tree, inner) for name in _WORDS if held.get(name)), "")
    return str(redact(" ".join(found.split())))[:500]
