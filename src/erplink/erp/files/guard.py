"""Texts that a spreadsheet would take for a formula, marked as texts."""

from __future__ import annotations

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "'")


def guarded(text: str) -> str:
    """The text with a ``'`` before it where a spreadsheet would run it; reading takes the mark off again.

    >>> guarded("=1+1"), guarded("茶")
    ("'=1+1", '茶')
    """
    return f"'{text}" if text.startswith(_FORMULAS) else text
