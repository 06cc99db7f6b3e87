"""What long work tells its caller while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attrs import frozen

Stage = Literal["intake", "pull", "inbox", "decide", "push", "mirror", "reconcile"]


@frozen
class Progress:
    """One step forward: ``done`` documents, people (decide) or messages (all else); ``total`` where it is known."""

    stage: Stage
    what: str
    done: int
    total: int | None = None


Listener = Callable[[Progress], None]
"""Receives every step; what it raises ends the work."""


def silent(progress: Progress) -> None:
    """The listener of those who do not listen."""
