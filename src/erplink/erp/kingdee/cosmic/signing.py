"""The digest (摘要认证) that may take the place of a token: every call carries a signature of its own."""

from __future__ import annotations

import hashlib
import hmac


def digest(body: str, timestamp: str, nonce: str, key: str) -> str:
    """HMAC-SHA256 in hex of body, timestamp and nonce one after the other.

    By the vendor's guide to authentication (218694224487485696), for POST: its formula for a GET is another one.

    >>> digest("{}", "2026-11-01 08:00:00", "n1", "k")[:12]
    '386bbabeffff'
    """
    return hmac.new(key.encode(), f"{body}{timestamp}{nonce}".encode(), hashlib.sha256).hexdigest()
