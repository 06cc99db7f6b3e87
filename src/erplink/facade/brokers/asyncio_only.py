"""The clients of message brokers are made for asyncio."""

from __future__ import annotations

import asyncio

from erplink.errors import ConfigInvalid


def need_asyncio(broker: str) -> None:
    """Raise ``ConfigInvalid`` unless asyncio runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigInvalid(
            f"the client of {broker} works on asyncio, and something else runs here",
            next_step="take events in from asyncio, or by Link.intake in a thread",
        ) from None
