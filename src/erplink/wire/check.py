"""One thing a doctor looked at, in words a person can act on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

from attrs import frozen

from erplink.errors import ErplinkError, Unreachable
from erplink.wire.io import Io


@frozen
class Check:
    """One thing looked at: its name, whether it is as it should be, and what was found or what to do."""

    name: str
    ok: bool
    words: str


async def tried(name: str, fine: str, attempt: Callable[[], Awaitable[object]]) -> Check:
    """Well when the attempt raises nothing of ``erplink.errors``; else what it raised."""
    try:
        await attempt()
    except ErplinkError as error:
        return failed(name, error)
    return Check(name, ok=True, words=fine)


def failed(name: str, error: ErplinkError) -> Check:
    """What went wrong, as a check."""
    words = f"{error}. The connection broke off: try again" if isinstance(error, Unreachable) else str(error)
    return Check(name, ok=False, words=words)


@runtime_checkable
class Examinable(Protocol):
    """Settings of a system that can be looked at step by step."""

    async def doctor(self, io: Io) -> list[Check]:
        """What was found, in the order in which it should be settled. Raises nothing of ``erplink.errors``."""
        ...
