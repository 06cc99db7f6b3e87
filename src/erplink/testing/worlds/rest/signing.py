"""The signature that every call of a signed house carries: HMAC-SHA256 over what is sent."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qsl, quote

from attrs import frozen


@frozen
class Signed:
    """A call as it is signed: ``path`` as it is sent, ``timestamp`` in milliseconds or seconds."""

    method: str
    path: str
    query: str
    timestamp: str
    nonce: str
    body: bytes

    @property
    def canonical(self) -> str:
        """Six lines: method, path, sorted query, timestamp, nonce, SHA-256 of the body in hex.

        >>> Signed("GET", "/api/orders", "b=2&a=%20", "1", "n", b"").canonical.splitlines()[:3]
        ['GET', '/api/orders', 'a=%20&b=2']
        """
        pairs = sorted(parse_qsl(self.query, keep_blank_values=True))
        query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
        digest = hashlib.sha256(self.body).hexdigest()
        return f"{self.method}\n{self.path}\n{query}\n{self.timestamp}\n{self.nonce}\n{digest}"

    def signature(self, secret: str) -> str:
        """The signature in hex."""
        return hmac.new(secret.encode(), self.canonical.encode(), hashlib.sha256).hexdigest()
