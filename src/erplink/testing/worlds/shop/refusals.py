"""What the shop says no with: a kind that each door turns into its own code, and words for people."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "malformed",
    "missing",
    "duplicate",
    "rule",
    "stale",
    "unguarded",
    "key_reused",
    "locked",
    "forbidden",
    "no_session",
    "login_refused",
]


class Refusal(Exception):
    """The shop does not do what it was asked to. ``field`` is the one that is wrong, if it is one."""

    def __init__(self, kind: Kind, message: str, field: str = "") -> None:
        self.kind: Kind = kind
        self.message = message
        self.field = field
        super().__init__(message)
