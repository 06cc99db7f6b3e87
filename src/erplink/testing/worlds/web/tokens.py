"""Tokens that stand for a session, which ends by itself after a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from attrs import define


@define
class _Session:
    username: str
    since: datetime


class Tokens:
    """The live sessions of a world, on its clock. ``handed_out`` is every token there ever was."""

    def __init__(self, life: timedelta, clock: Callable[[], datetime]) -> None:
        self.life = life
        self.handed_out: list[str] = []
        self._clock = clock
        self._live: dict[str, _Session] = {}

    def open(self, username: str) -> str:
        """The token of a new session."""
        token = uuid4().hex
        self.handed_out.append(token)
        self._live[token] = _Session(username, self._clock())
        return token

    def use(self, token: str) -> str | None:
        """The user of a live session, which is renewed by this; None when it is unknown or has ended."""
        user = self.of(token)
        if user is not None:
            self._live[token].since = self._clock()
        return user

    def of(self, token: str) -> str | None:
        """The user of a live session, which does not live longer for it."""
        session = self._live.get(token)
        if session is None:
            return None
        if self._clock() - session.since > self.life:
            del self._live[token]
            return None
        return session.username

    def close(self, token: str) -> bool:
        """End one session; whether there was one."""
        return self._live.pop(token, None) is not None

    def lose_all(self) -> None:
        """End every session at once."""
        self._live.clear()
