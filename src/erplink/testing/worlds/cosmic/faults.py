"""The faults of a Cosmic world: those of every door of the shop, in the platform's words, and partial batches."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from erplink.testing.worlds.cosmic import replies
from erplink.testing.worlds.shop import mishaps
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.faults import BATCHES, Injected, Trait

KINDS: Mapping[str, Trait] = {
    **{kind: trait for kind, trait in mishaps.KINDS.items() if kind != "repeat_page"},
    "partial_batch": BATCHES,
}
"""What can go wrong. Pages are asked for by number, so none links to itself."""
TRICKS = frozenset({"unknown_field", "partial_batch"})
"""Faults within an answer."""
LOGIN_WORDS: Mapping[str, str] = {"login_refused": "用户无效或不可用", "expired_password": "密钥已过期，请重新生成"}


def instead(site: Site, fault: Injected) -> Response | None:
    """What comes instead of an answer; nothing was done then. Raises :class:`Refusal`."""
    mishaps.check_refusal(site, fault)
    if fault.kind == "too_many":
        return replies.failed("429", "API被限流，请降频请求或联系管理员提高请求频率")
    if fault.kind == "error_in_200":
        return replies.failed("500", mishaps.EXCEPTION)
    if fault.kind == "server_error":
        reply = replies.failed("500", mishaps.EXCEPTION)
        reply.status_code = 500
        return reply
    return mishaps.instead(site, fault)
