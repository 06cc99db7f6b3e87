"""Which hosts a manifest reaches: the one of its address, and those it names. Nothing else, whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit

from attrs import frozen

from erplink.errors import ConfigInvalid

_PORTS = {"http": 80, "https": 443}


@frozen
class Hosts:
    """Origins that may be called: scheme, host and port."""

    base: str
    allowed: frozenset[tuple[str, str, int]]

    @classmethod
    def of(cls, base: str, more: Iterable[str] = ()) -> Hosts:
        """The origin of an address and further ones, each an origin or a bare host of the same scheme.

        Raises ``ValueError`` for what is no http or https address.
        """
        first = _origin(urlsplit(base))
        others = [_origin(urlsplit(each if "://" in each else f"{first[0]}://{each}")) for each in more]
        return cls(base, frozenset((first, *others)))

    def resolve(self, target: str, against: str = "") -> str:
        """The whole address of a path or link, if it may be called.

        Raises ``ConfigInvalid`` for another host, another port, or the way from https to http.

        >>> Hosts.of("https://erp.example.com/api/").resolve("orders?page=2")
        'https://erp.example.com/api/orders?page=2'
        """
        try:
            whole = urljoin(against or self.base, target)
            origin = _origin(urlsplit(whole))
        except ValueError:
            raise ConfigInvalid("a link is no address", where=self.base, next_step="look at the reply") from None
        if origin in self.allowed:
            return whole
        raise ConfigInvalid(
            f"a link leads to another host: {origin[0]}://{origin[1]}:{origin[2]}",
            where=self.base,
            next_step="if that is right, name it under hosts in the manifest; nothing was sent there",
        )

    def rebased(self, link: str) -> str:
        """The same path and query on the manifest's own host, whatever host the link names."""
        parts = urlsplit(link)
        return urljoin(self.base, SplitResult("", "", parts.path, parts.query, "").geturl())


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"{parts.geturl()!r} is no address; write one like https://erp.example.com/api/")
    if parts.username or parts.password:
        raise ValueError("an address holds no user or password; use [auth] and secrets")
    return parts.scheme, parts.hostname.lower(), parts.port or _PORTS[parts.scheme]
