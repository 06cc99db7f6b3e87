"""A company of Kingdee 云星辰 over its world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import httpx
from attrs import field, frozen

from erplink.erp.kingdee.xingchen import Xingchen
from erplink.model.documents import Entity
from erplink.testing.contract.subject import Feature, Shape, declared
from erplink.testing.contract.subjects.shop import ShopSystem
from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.xingchen import XingchenWorld, serve
from erplink.wire.adapter import Capability, Settings
from erplink.wire.retry import Calling

_CUSTOM = {
    "orders": {"points": "custom_field.points__1__abc"},
    "customers": {
        "phone": "custom_field.mobile__1__abc",
        "unionid": "custom_field.unionid__1__abc",
        "points": "custom_field.points__1__abc",
    },
}
_TWO = frozenset({"draft", "approved"})
_ONE = frozenset({"approved"})
_SHAPES: Mapping[Entity, Shape] = {
    "orders": Shape(silent=frozenset({"lines.kind"}), statuses=_TWO | {"closed"}),
    "shipments": Shape(statuses=_TWO),
    "returns": Shape(silent=frozenset({"lines.kind", "lines.order", "lines.order_line"}), statuses=_TWO),
    "customers": Shape(statuses=_ONE),
    "products": Shape(statuses=_ONE),
}


@frozen
class XingchenSubject:
    """A company whose authorisation is given, as its owner may have it who runs no service of an ISV.

    ``windows`` is whether its lists look at the window they are asked for.
    """

    windows: bool = True
    shapes: Mapping[Entity, Shape] = field(default=MappingProxyType(_SHAPES), repr=False)

    @property
    def name(self) -> str:
        """``xingchen``, and whether its lists do without windows."""
        return "xingchen" if self.windows else "xingchen unwindowed"

    @property
    def offers(self) -> tuple[Capability, ...]:
        """As its settings declare."""
        return declared(_settings("http://127.0.0.1:9/", XingchenWorld()))

    @property
    def without(self) -> Mapping[Feature, str]:
        """Pages have numbers, masters have no status, and who only reads is locked out by nobody."""
        return {
            "foreign_link": "pages are asked for by number, no reply links to the next one",
            "locked": "it is read, and nobody is kept from reading by a lock",
            "unknown_status": "customers and products have no status",
        }

    @contextmanager
    def start(self) -> Iterator[ShopSystem]:
        """A world of its own, without a limit of calls."""
        shop = Shop(session_seconds=86_400.0)
        world = XingchenWorld(shop, calls_per_minute=10**9, tokens_per_minute=10**9, windows=self.windows)
        known = world.credentials
        with serve(world) as running, httpx.Client(base_url=running.door, trust_env=False) as door:

            def entered(*, page: int, wrong: str, company: str) -> Settings:
                secrets = {"client_secret": wrong, "app_secret": wrong} if wrong else {}
                there = {"domain": f"https://{company}.jdy.com"} if company else {}
                return _settings(running.url, world, page=page, **secrets, **there)

            yield ShopSystem(
                running.site,
                door,
                entered,
                known=(known.client_secret, known.app_secret),
                reads=("GET jdy/v2/bd/customer", {"page": 1, "page_size": 10}),
                writes=("POST jdy/v2/bd/customer", {"name": "新客户"}),
            )


def _settings(url: str, world: XingchenWorld, **changed: Any) -> Xingchen:  # noqa: ANN401 - any setting
    known = world.credentials
    given: dict[str, Any] = {
        "url": url,
        "client_id": known.client_id,
        "client_secret": known.client_secret,
        "app_key": known.app_key,
        "app_secret": known.app_secret,
        "domain": known.domain,
        "custom": _CUSTOM,
        "calling": Calling(),
    }
    return Xingchen(**(given | changed))
