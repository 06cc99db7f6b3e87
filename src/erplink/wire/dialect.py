"""What one system adds to the pipeline: how to log in, how to sign a call, what a reply means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from attrs import field, frozen

from erplink.errors import ErplinkError
from erplink.wire.call import Call, Reply

_NONE: Mapping[str, str] = MappingProxyType({})


@frozen
class Ticket:
    """What proves a session: headers to put on every call, and values that others are worked out from.

    Hidden in ``repr``, for they are as good as a password.

    >>> Ticket({"cookie": "kdservice-sessionid=s-1"})
    Ticket()
    """

    headers: Mapping[str, str] = field(default=_NONE, repr=False)
    values: Mapping[str, str] = field(default=_NONE, repr=False)


@frozen
class Stage:
    """A login that goes on: the call that comes next, and what reads the session in its reply.

    ``call`` is given the server's present instant as far as it is known. A login has to come to its end.
    """

    call: Callable[[datetime], Call] = field(repr=False)
    ticket: Callable[[Reply], Ticket | Stage] = field(repr=False)


@frozen
class Verdict:
    """What a reply means.

    ``error`` is raised by the pipeline, or repeated if it is a ``RetryError`` that may be. ``session_lost`` asks for a
    new login; together with an ``error`` whose ``sent`` is not ``no`` a call that is not safe is not repeated.
    ``ticket`` is a session the server handed out with an ordinary reply, to be remembered.
    """

    error: ErplinkError | None = None
    session_lost: bool = False
    ticket: Ticket | None = None


FINE = Verdict()
"""The verdict on a reply that is nothing but an answer."""


class Dialect(Protocol):
    """The four things that differ between systems. Pure: the present instant is handed in."""

    def login(self, now: datetime) -> Call | None:
        """The call that logs in, or None when every call is signed by itself. ``now`` is as for ``sign``."""
        ...

    def ticket(self, reply: Reply) -> Ticket | Stage:
        """The session in the reply to a login, or how the login goes on.

        Raises:
            LoginRefused: the credentials are wrong; remembered, never tried again.
            RetryError: the server could not say; the login may be repeated.
        """
        ...

    def sign(self, call: Call, ticket: Ticket, now: datetime) -> Call:
        """The call with everything that authorises it. ``now`` is the server's instant as far as it is known."""
        ...

    def judge(self, call: Call, reply: Reply) -> Verdict:
        """What the reply means; HTTP 200 with an error inside is normal."""
        ...
