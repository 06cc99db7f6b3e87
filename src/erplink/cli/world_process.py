"""A world as a process of its own: started, spoken to through its control door, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from attrs import field, frozen

from erplink.cli.exits import error_of
from erplink.erp.kingdee import Kingdee
from erplink.errors import ConfigInvalid, StopError, Unreachable

CUSTOM: Mapping[str, Mapping[str, str]] = {
    "customers": {"unionid": "F_ERPL_UnionId", "points": "F_ERPL_Points", "tier": "F_ERPL_Tier"}
}
"""What the worlds call erplink's own fields."""

_GRACE = 10.0


class Ready(msgspec.Struct, frozen=True):
    """What a world says once it answers: where it is, what to log in with, what it was seeded from."""

    url: str
    acct_id: str
    username: str
    app_id: str
    app_secret: str
    password: str = ""
    seed: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"Ready(url={self.url!r}, …)"

    def settings(self, zone: str, currency: str) -> Kingdee:
        """Settings to connect with."""
        return Kingdee(
            url=self.url,
            acct_id=self.acct_id,
            username=self.username,
            app_id=self.app_id,
            app_secret=self.app_secret,
            zone=zone,
            currency=currency,
            custom=CUSTOM,
        )


@frozen
class WorldProcess:
    """A world that answers, and the control door to it."""

    ready: Ready
    _door: httpx.Client = field(repr=False)

    def stats(self) -> Mapping[str, Any]:
        """Calls by operation, logins, faults committed, writes, since the world started."""
        return self._json(self._asked("GET", "stats"))

    def arm(self, faults: Mapping[str, object]) -> None:
        """Tell the world which faults to commit from now on."""
        self._asked("POST", "faults", faults)

    def _asked(self, method: str, door: str, body: object = None) -> httpx.Response:
        try:
            reply = self._door.request(method, f"/_world/{door}", json=body)
        except httpx.HTTPError as error:
            raise Unreachable(
                "the world does not answer", where=self.ready.url, next_step="run the same command again"
            ) from error
        if reply.is_error:
            raise ConfigInvalid(reply.text, where=f"_world/{door}", next_step="correct the request")
        return reply

    @staticmethod
    def _json(reply: httpx.Response) -> Mapping[str, Any]:
        return msgspec.json.decode(reply.content, type=dict[str, Any])


@contextmanager
def started(arguments: Sequence[str], log: Path) -> Iterator[WorldProcess]:
    """Start a world with these arguments, and stop it at the end of the block; what it complains of goes to ``log``.

    Raises the error that the world's exit code stands for, with the sentence the world ended with.
    """
    command = [sys.executable, "-m", "erplink.cli.world_child", *arguments]
    with log.open("wb") as complaints:
        process = subprocess.Popen(  # noqa: S603 - our own module, arguments checked by it
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,  # Ctrl-C reaches the client alone, which then stops the world in good order
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        )
        try:
            with attached_to(_ready(process, log)) as world:
                yield world
        finally:
            _stop(process)


@contextmanager
def attached_to(ready: Ready) -> Iterator[WorldProcess]:
    """Speak to a world that somebody else runs; it is neither started nor stopped."""
    parts = urlsplit(ready.url)
    with httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", trust_env=False, timeout=_GRACE) as door:
        yield WorldProcess(ready, door)


def read_ready(line: str | bytes) -> Ready:
    """Read a world's first line. Raises ``ConfigInvalid`` when it is none."""
    try:
        return msgspec.json.decode(line, type=Ready)
    except msgspec.DecodeError as error:
        raise ConfigInvalid(
            "this is not the first line of a world",
            where=str(error),
            next_step="pass on the whole JSON line it printed",
        ) from None


def _ready(process: subprocess.Popen[bytes], log: Path) -> Ready:
    if process.stdout is None:
        raise StopError("the world has no output", where="demo", next_step="run the same command again")
    line = process.stdout.readline()
    if line.strip():
        return read_ready(line)
    code = process.wait(_GRACE)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    sentence = said[-1].removeprefix("erplink: ") if said else "the world ended before it was ready"
    raise error_of(code, sentence)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
