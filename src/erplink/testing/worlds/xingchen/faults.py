"""The faults of a Xingchen world: those of every door of the shop, in the platform's words."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from erplink.testing.worlds.shop import mishaps
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.faults import ANY, Injected, Trait
from erplink.testing.worlds.xingchen import replies

KINDS: Mapping[str, Trait] = {
    **{kind: trait for kind, trait in mishaps.KINDS.items() if kind not in {"repeat_page", "locked"}},
    "gateway_error": ANY,
}
"""What can go wrong. Pages are asked for by number, so none links to itself; and nothing is locked for who reads."""
LOGIN_WORDS: Mapping[str, str] = {"login_refused": "授权已取消", "expired_password": "授权已过期，请重新授权"}


def instead(site: Site, fault: Injected) -> Response | None:
    """What comes instead of an answer; nothing was done then. Raises :class:`Refusal`."""
    mishaps.check_refusal(site, fault)
    if fault.kind == "too_many":
        return Response(status_code=429)
    if fault.kind == "error_in_200":
        return replies.failed(replies.BROKEN, "系统异常，请稍后重试")
    if fault.kind == "server_error":
        return replies.failed(replies.BROKEN, mishaps.EXCEPTION, 500)
    if fault.kind == "gateway_error":
        return replies.failed(5000, "gateway error", replies.GATEWAY)
    return mishaps.instead(site, fault)
