"""``Call`` and ``Reply``: the wire's own values, so that no HTTP library shows in any signature."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import msgspec
from attrs import field, frozen

from erplink.wire.redact import redact_url

_NONE: Mapping[str, str] = MappingProxyType({})


@frozen
class Call:
    """One request. ``safe`` calls may be repeated at will; others only when nothing was sent, or by a probe first.

    ``operation`` is a short name for logs, limits and errors. Body and headers stay out of ``repr``, user info and
    tokens of the address are masked in it: they may hold secrets.
    """

    operation: str
    url: str = field(repr=lambda url: repr(redact_url(url)))
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default=_NONE, repr=False)
    method: str = "POST"
    safe: bool = False
    timeout: float | None = None

    @property
    def where(self) -> str:
        """Operation and host, for error messages."""
        return f"{self.operation} at {urlsplit(self.url).netloc.rpartition('@')[2]}"


@frozen
class Reply:
    """One whole reply.

    Header names are lower case; repeated headers are joined by comma, except Set-Cookie, which is in ``cookies``.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default=_NONE, repr=False)
    cookies: Mapping[str, str] = field(default=_NONE, repr=False)

    @property
    def text(self) -> str:
        """The body as UTF-8; what cannot be decoded is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON with exact decimals. Raises ``msgspec.DecodeError``."""
        return _decoder.decode(self.body)


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
