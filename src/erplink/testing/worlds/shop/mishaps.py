"""What may go wrong at any door of the shop: on the wire, and by what it says instead of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from email.utils import format_datetime

from starlette.responses import HTMLResponse, RedirectResponse, Response

from erplink.testing.worlds.shop.refusals import Kind, Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.connection import Dropped, Short
from erplink.testing.worlds.web.faults import (
    ANY,
    ANY_FOR_GOOD,
    CALLS,
    CALLS_FOR_GOOD,
    LISTS,
    LOGINS,
    READS,
    Injected,
    Trait,
)
from erplink.testing.worlds.web.pages import page, swollen

KINDS: Mapping[str, Trait] = {
    "drop_before_commit": ANY,
    "drop_after_commit": ANY,
    "short_body": ANY,
    "slow": ANY,
    "bad_gateway": ANY,
    "server_error": ANY,
    "error_in_200": ANY,
    "html_page": ANY,
    "too_many": ANY,
    "retry_after": ANY_FOR_GOOD,
    "retry_after_date": ANY_FOR_GOOD,
    "redirect": ANY_FOR_GOOD,
    "lose_session": CALLS,
    "locked": CALLS,
    "no_permission": CALLS_FOR_GOOD,
    "refused": CALLS_FOR_GOOD,
    "login_refused": LOGINS,
    "expired_password": LOGINS,
    "unknown_field": READS,
    "huge_body": READS,
    "repeat_page": LISTS,
}
"""The faults of every door. A door leaves out what it cannot show, and adds what it alone can."""
LOGIN_WORDS: Mapping[str, str] = {"login_refused": "用户名或密码错误", "expired_password": "密码已过期，请修改密码"}
LOST = "登录已失效，请重新登录"
EXCEPTION = "java.lang.NullPointerException: 未将对象引用设置到实例"
_MEGABYTES = 64.0
_REFUSALS: Mapping[str, tuple[Kind, str]] = {
    "lose_session": ("no_session", LOST),
    "locked": ("locked", "单据正被其他用户编辑，请稍后再试"),
    "no_permission": ("forbidden", "没有该功能的操作权限"),
}


def check_refusal(site: Site, fault: Injected) -> None:
    """Raise :class:`Refusal` for a fault by which the shop says no; nothing was done then."""
    if fault.kind == "lose_session":
        site.sessions.lose_all()
    if fault.kind == "refused":
        raise Refusal("rule", fault.message)
    if fault.kind in _REFUSALS:
        raise Refusal(*_REFUSALS[fault.kind])


def instead(site: Site, fault: Injected) -> Response | None:
    """What comes instead of an answer from whatever stands before the shop; nothing was done then."""
    make = _INSTEAD.get(fault.kind)
    return None if make is None else make(site, fault)


def after(site: Site, fault: Injected, reply: Response) -> Response:
    """What becomes of an answer; everything was done then."""
    if fault.kind == "drop_after_commit":
        return Dropped()
    if fault.kind == "short_body":
        return Short(reply, fault.lasts(site.shop.hang_limit))
    if fault.kind == "huge_body":
        body = swollen(bytes(reply.body), round(fault.lasts(_MEGABYTES)))
        return Response(body, reply.status_code, {"content-encoding": "gzip"}, reply.media_type)
    return reply


def _retry_after(_: Site, fault: Injected) -> Response:
    headers = {"retry-after": str(round(fault.lasts(1.0)))}
    return HTMLResponse(page("429 Too Many Requests", "nginx"), 429, headers)


def _retry_after_date(site: Site, fault: Injected) -> Response:
    until = (site.books.clock() + timedelta(seconds=fault.lasts(1.0))).astimezone(UTC)
    headers = {"retry-after": format_datetime(until, usegmt=True)}
    return HTMLResponse(page("503 Service Unavailable", "nginx"), 503, headers)


_INSTEAD: Mapping[str, Callable[[Site, Injected], Response]] = {
    "drop_before_commit": lambda *_: Dropped(),
    "bad_gateway": lambda *_: HTMLResponse(page("502 Bad Gateway", "nginx"), 502),
    "html_page": lambda *_: HTMLResponse(page("企业管理系统", "请登录")),
    "redirect": lambda *_: RedirectResponse("http://elsewhere.invalid/login", 307),
    "retry_after": _retry_after,
    "retry_after_date": _retry_after_date,
}
