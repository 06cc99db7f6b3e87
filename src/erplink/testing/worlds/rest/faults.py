"""The faults a REST world can commit, and the replies of those that come instead of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from email.utils import format_datetime

from attrs import define
from starlette.responses import HTMLResponse, RedirectResponse, Response

from erplink.testing.worlds.rest.replies import Replies
from erplink.testing.worlds.rest.settings import RestWorld
from erplink.testing.worlds.shop.refusals import Refusal
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.connection import Dropped, Short
from erplink.testing.worlds.web.faults import (
    ANY,
    ANY_FOR_GOOD,
    BATCHES,
    CALLS,
    CALLS_FOR_GOOD,
    LISTS,
    LOGINS,
    READS,
    Injected,
    Trait,
)
from erplink.testing.worlds.web.pages import page, swollen

_KINDS: Mapping[str, Trait] = {
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
    "partial_batch": BATCHES,
    "foreign_link": LISTS,
    "repeat_page": LISTS,
}
_LINKS = frozenset({"next_link", "link_header"})
TRICKS = frozenset({"unknown_field", "partial_batch", "foreign_link", "repeat_page"})
"""Faults within an answer."""
_MEGABYTES = 64.0


def kinds_of(world: RestWorld) -> Mapping[str, Trait]:
    """The kinds of fault this world can commit."""
    missing = set() if world.paging in _LINKS else {"foreign_link"}
    if world.paging not in _LINKS | {"cursor"}:
        missing.add("repeat_page")
    if world.auth not in {"oauth2_client", "oauth2_password", "login", "cookie"}:
        missing |= {"login_refused", "expired_password"}
    return {kind: trait for kind, trait in _KINDS.items() if kind not in missing}


@define
class Mishaps:
    """Commits faults."""

    site: Site
    replies: Replies

    def instead(self, fault: Injected) -> Response | None:
        """What comes instead of an answer; nothing was done then. Raises :class:`Refusal`."""
        if fault.kind == "lose_session":
            self.site.sessions.lose_all()
            raise Refusal("no_session", "登录已失效，请重新登录")
        if fault.kind == "locked":
            raise Refusal("locked", "单据正被其他用户编辑，请稍后再试")
        if fault.kind == "no_permission":
            raise Refusal("forbidden", "没有该功能的操作权限")
        if fault.kind == "refused":
            raise Refusal("rule", fault.message)
        make = _INSTEAD.get(fault.kind)
        return None if make is None else make(self, fault)

    def after(self, fault: Injected, reply: Response) -> Response:
        """What becomes of an answer; everything was done then."""
        if fault.kind == "drop_after_commit":
            return Dropped()
        if fault.kind == "short_body":
            return Short(bytes(reply.body), fault.lasts(self.site.shop.hang_limit))
        if fault.kind == "huge_body":
            body = swollen(bytes(reply.body), round(fault.lasts(_MEGABYTES)))
            return Response(body, reply.status_code, {"content-encoding": "gzip"}, "application/json")
        return reply

    def too_many(self, _: Injected) -> Response:
        """429 without a word of how long."""
        return self.replies.error("请求过于频繁", 429, 42901, "too_many_requests")

    def retry_after(self, fault: Injected) -> Response:
        """429 that says for how many seconds."""
        headers = {"retry-after": str(round(fault.lasts(1.0)))}
        return HTMLResponse(page("429 Too Many Requests", "nginx"), 429, headers)

    def retry_after_date(self, fault: Injected) -> Response:
        """503 that says until when."""
        until = (self.site.books.clock() + timedelta(seconds=fault.lasts(1.0))).astimezone(UTC)
        headers = {"retry-after": format_datetime(until, usegmt=True)}
        return HTMLResponse(page("503 Service Unavailable", "nginx"), 503, headers)

    def server_error(self, _: Injected) -> Response:
        """500 with an exception in the manner of the house."""
        reply = self.replies.exception()
        reply.status_code = 500
        return reply

    def error_in_200(self, _: Injected) -> Response:
        """The same inside a 200."""
        return self.replies.exception()


_INSTEAD: Mapping[str, Callable[[Mishaps, Injected], Response]] = {
    "drop_before_commit": lambda *_: Dropped(),
    "bad_gateway": lambda *_: HTMLResponse(page("502 Bad Gateway", "nginx"), 502),
    "html_page": lambda *_: HTMLResponse(page("企业管理系统", "请登录")),
    "redirect": lambda *_: RedirectResponse("http://elsewhere.invalid/login", 307),
    "too_many": Mishaps.too_many,
    "retry_after": Mishaps.retry_after,
    "retry_after_date": Mishaps.retry_after_date,
    "server_error": Mishaps.server_error,
    "error_in_200": Mishaps.error_in_200,
}
