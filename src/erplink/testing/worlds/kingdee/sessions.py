"""Sessions that slide: each use renews them, and twenty minutes without one end them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from attrs import define, frozen


@frozen
class Tokens:
    """What a client carries: the service session id and the web server's own."""

    session: str
    aspnet: str


@define
class _Session:
    username: str
    used: datetime
    broken: bool


class Sessions:
    """The live sessions of a world, on the world's clock."""

    def __init__(self, life: timedelta, clock: Callable[[], datetime]) -> None:
        self._life = life
        self._clock = clock
        self._live: dict[str, _Session] = {}
        self.handed_out: list[Tokens] = []

    def open(self, username: str, *, broken: bool = False) -> Tokens:
        """A new session; a broken one is what an expired password leaves behind."""
        tokens = Tokens(str(uuid4()), uuid4().hex[:24])
        self.handed_out.append(tokens)
        self._live[tokens.session] = _Session(username, self._clock(), broken)
        return tokens

    def use(self, token: str) -> str | None:
        """The user of a live session, which is renewed by this; None when it is unknown or has ended."""
        session = self._live.get(token)
        if session is None:
            return None
        now = self._clock()
        if now - session.used > self._life:
            del self._live[token]
            return None
        session.used = now
        return session.username

    def is_broken(self, token: str) -> bool:
        """Whether the session was handed out by a refused login."""
        session = self._live.get(token)
        return session is not None and session.broken

    def close(self, token: str) -> bool:
        """End one session; whether there was one."""
        return self._live.pop(token, None) is not None

    @property
    def open_ones(self) -> int:
        """How many sessions are live."""
        return len(self._live)

    def end_all_of(self, username: str) -> None:
        """End every session of one user."""
        for token in [token for token, session in self._live.items() if session.username == username]:
            del self._live[token]

    def lose_all(self) -> None:
        """End every session at once."""
        self._live.clear()
