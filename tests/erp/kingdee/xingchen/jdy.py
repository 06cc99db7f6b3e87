"""A company of 云星辰 for these tests: a served world, and the settings to enter it."""

# ruff: noqa: ANN401 - settings of any kind

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from erplink.erp.kingdee.xingchen import Xingchen
from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.xingchen import XingchenWorld, serve
from erplink.wire.retry import Calling
from tests.erp.kingdee.line import Line

SAMPLE = Shop(sample=True, session_seconds=86_400.0, hang_limit=0.05)
WRONG = "wrong-secret-0123456789"
Jdy = Line[Xingchen]


@contextmanager
def opened(world: XingchenWorld | None = None) -> Iterator[Jdy]:
    """A served world, entered by an authorisation that is given unless ``outer_instance_id`` is."""
    with serve(world or XingchenWorld(SAMPLE, calls_per_minute=100_000)) as running:
        known = running.credentials

        def settings(**changed: Any) -> Xingchen:
            given: dict[str, Any] = {
                "url": running.url,
                "client_id": known.client_id,
                "client_secret": known.client_secret,
                "calling": Calling(),
            }
            if "outer_instance_id" not in changed:
                given |= {"app_key": known.app_key, "app_secret": known.app_secret, "domain": known.domain}
            return Xingchen(**(given | changed))

        yield Line(running.site, running.door, settings)
