"""The faults of a REST world: those of every door, and those that need pages, links or batches."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define
from starlette.responses import Response

from erplink.testing.worlds.rest.replies import Replies
from erplink.testing.worlds.rest.settings import RestWorld
from erplink.testing.worlds.shop import mishaps
from erplink.testing.worlds.shop.site import Site
from erplink.testing.worlds.web.faults import BATCHES, LISTS, Injected, Trait

_KINDS: Mapping[str, Trait] = {**mishaps.KINDS, "partial_batch": BATCHES, "foreign_link": LISTS}
_LINKS = frozenset({"next_link", "link_header"})
TRICKS = frozenset({"unknown_field", "partial_batch", "foreign_link", "repeat_page"})
"""Faults within an answer."""


def kinds_of(world: RestWorld) -> Mapping[str, Trait]:
    """The kinds of fault this world can commit."""
    missing = set() if world.paging in _LINKS else {"foreign_link"}
    if world.paging not in _LINKS | {"cursor"}:
        missing.add("repeat_page")
    if world.auth not in {"oauth2_client", "oauth2_password", "login", "cookie"}:
        missing |= {*mishaps.LOGIN_WORDS, "lose_session"}
    return {kind: trait for kind, trait in _KINDS.items() if kind not in missing}


@define
class Mishaps:
    """Commits faults in the manner of a house."""

    site: Site
    replies: Replies

    def instead(self, fault: Injected) -> Response | None:
        """What comes instead of an answer; nothing was done then. Raises :class:`Refusal`."""
        mishaps.check_refusal(self.site, fault)
        if fault.kind == "too_many":
            return self.replies.error("请求过于频繁", 429, 42901, "too_many_requests")
        if fault.kind == "error_in_200":
            return self.replies.exception(200)
        if fault.kind == "server_error":
            return self.replies.exception(500)
        return mishaps.instead(self.site, fault)

    def after(self, fault: Injected, reply: Response) -> Response:
        """What becomes of an answer; everything was done then."""
        return mishaps.after(self.site, fault, reply)
