"""The network guard: a test that reaches outside this machine fails where it does so."""

from __future__ import annotations

import ipaddress

LOCAL_NAMES = frozenset({"localhost", "localhost.", "", "ip6-localhost"})


class OutsideNetworkError(AssertionError):
    """A test tried to reach a host that is not loopback."""


def is_loopback(host: object) -> bool:
    """Say whether a socket address's host stays on this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("192.0.2.1")
    (True, True, True, False)
    """
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or (isinstance(name, str) and name.lower() in LOCAL_NAMES):
        return True
    try:
        return isinstance(name, str) and ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def guard(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook: refuse to connect, send or resolve beyond loopback.

    Raises:
        OutsideNetworkError: the address is neither loopback nor a local (unix) socket.
    """
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1] if len(arguments) > 1 else None
        host = address[0] if isinstance(address, tuple) and address else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0] if arguments else None
    else:
        return
    if not is_loopback(host):
        raise OutsideNetworkError(f"{event} to {host!r}: tests talk to loopback only; serve a world on 127.0.0.1")
