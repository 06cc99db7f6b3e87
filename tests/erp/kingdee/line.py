"""Helpers for the lines of Kingdee whose worlds are doors of the shop: settings, connections, the control door."""

# ruff: noqa: ANN401 - settings and replies of any shape

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import httpx
from attrs import frozen

from erplink.facade.connect import connect
from erplink.facade.erp import Erp
from erplink.facade.io_sync import SyncIo
from erplink.facade.step import step
from erplink.manifest.adapter import ManifestAdapter
from erplink.testing.clock import VirtualClock, VirtualIo
from erplink.testing.worlds.shop.site import Site

S = TypeVar("S")


@frozen
class Line(Generic[S]):
    """A running world, and ways to talk to it. ``settings`` makes the right ones, with whatever is changed."""

    site: Site
    door: str
    settings: Callable[..., S]

    def connect(self, parallel: int = 1, **changed: Any) -> Erp:
        settings: Any = self.settings(**changed)
        return connect(settings, parallel=parallel)

    @contextmanager
    def swift(self, ahead: float = 0.0, **changed: Any) -> Iterator[tuple[ManifestAdapter, VirtualIo]]:
        """An adapter over real HTTP whose pauses take no time, with a clock that is set ahead."""
        real = SyncIo(timeout=10)
        clock = VirtualClock(real.now())
        clock.advance(ahead)
        io = VirtualIo(lambda call: step(real.send(call)), clock=clock)
        settings: Any = self.settings(**changed)
        try:
            yield settings.open(io, parallel=1), io
        finally:
            real.close()

    def arm(self, **fault: Any) -> None:
        """Have the next calls suffer a fault."""
        httpx.post(f"{self.door}faults", json=fault).raise_for_status()

    def plant(self, *records: dict[str, Any]) -> None:
        """Write records into the shop."""
        httpx.post(f"{self.door}plant", json=list(records)).raise_for_status()

    def edit(self, entity: str, number: str) -> None:
        """Move the stamp of a record to the present."""
        httpx.post(f"{self.door}edit", json={"entity": entity, "number": number}).raise_for_status()

    def set_clock(self, ahead: float) -> None:
        """Set the world's clock ahead."""
        httpx.post(f"{self.door}clock", json={"ahead": ahead}).raise_for_status()

    @property
    def logins(self) -> tuple[int, int]:
        """How many were accepted, and how many refused."""
        return self.site.logins["accepted"], self.site.logins["refused"]

    @property
    def calls(self) -> int:
        """How many calls came in."""
        return sum(self.site.calls.values())
