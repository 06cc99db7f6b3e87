"""What the settings of all brokers share: an address that keeps its secret, a library that may be missing."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from erplink.errors import ConfigInvalid
from erplink.wire.redact import redact_url


def addresses(url: str) -> list[str]:
    """The addresses of an ``url`` that may name several, separated by commas."""
    return [one.strip() for one in url.split(",") if one.strip()]


def shown(url: str) -> str:
    """The addresses without user and password.

    >>> shown("nats://me:secret@a.example:4222, nats://b.example:4222")
    'nats://a.example:4222,nats://b.example:4222'
    """
    return ",".join(redact_url(one) for one in addresses(url))


def check_address(broker: str, url: str, schemes: Collection[str]) -> None:
    """Raise ``ConfigInvalid`` unless every address has one of these schemes and a host."""
    for one in addresses(url) or [""]:
        try:
            parts = urlsplit(one)
            fits = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            example = f"{next(iter(schemes))}://broker.example.com"
            raise ConfigInvalid(
                f"the address of {broker} cannot be read", where=redact_url(one), next_step=f"write it like {example}"
            )


def check_word(broker: str, name: str, word: str, never: str) -> None:
    """Raise ``ConfigInvalid`` for a name that is empty or holds what no such name may hold."""
    if not word or any(char.isspace() or char in never or not char.isprintable() for char in word):
        wrong = f" or any of {' '.join(never)}" if never else ""
        raise ConfigInvalid(f"{name} is {word!r}", where=broker, next_step=f"give a name without blanks{wrong}")


def check_seconds(broker: str, name: str, seconds: float) -> None:
    """Raise ``ConfigInvalid`` unless this is a time to wait."""
    if not 0 < seconds < float("inf"):
        raise ConfigInvalid(f"{name} is {seconds}", where=broker, next_step="give seconds above 0")


def missing(broker: str, extra: str) -> ConfigInvalid:
    """The error for a broker whose library is not installed."""
    return ConfigInvalid(
        f"{broker} needs a library that is not installed",
        next_step=f"install the extra {extra!r}: pip install 'erplink[{extra}]'",
    )
