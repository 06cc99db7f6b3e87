"""Bill numbers derived from idempotency keys: the ERP refuses a number twice, which makes a repeated Save harmless."""

from __future__ import annotations

import hashlib
import re

NUMBER_MAX = 30
_PLAIN = re.compile(r"[A-Z0-9-]+")
_STEM = 8
_DIGEST = 16


def number_for(key: str, prefix: str) -> str:
    """A bill number of at most 30 characters A-Z, 0-9, -; the same for the same key, another for any other key.

    A key that is a number already is kept; any other is told by its beginning and 64 bits of its SHA-256.

    >>> number_for("R-42", "ERPL-")
    'ERPL-R-42'
    >>> number_for("redeem-42", "ERPL-")
    'ERPL-REDEEM-4-8C2BF41A1FA8F084'
    """
    if _PLAIN.fullmatch(key) and len(prefix) + len(key) <= NUMBER_MAX:
        return f"{prefix}{key}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:_DIGEST].upper()
    room = min(_STEM, NUMBER_MAX - len(prefix) - _DIGEST - 1)
    stem = re.sub(r"[^A-Z0-9-]+", "", key.upper())[: max(room, 0)]
    return f"{prefix}{stem}-{digest}" if stem else f"{prefix}{digest}"
