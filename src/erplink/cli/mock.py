"""``erplink mock kingdee``: a world in the foreground."""

from __future__ import annotations

import errno
import json
import shlex
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from attrs import frozen

from erplink.cli.extras import WORLD, require
from erplink.errors import ConfigInvalid

_NAMES = ("url", "acct_id", "username", "password", "app_id", "app_secret")
_NO_PORT = frozenset({errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL})


@frozen
class Mock:
    """What a person asked the stand-in for."""

    port: int
    orders: Path | None
    state: Path | None
    sample: bool
    zone: str
    latency: float
    faults: str
    json: bool


def run(mock: Mock) -> None:
    """Run the world until it is stopped. Leaves with the world's own exit code when it cannot start."""
    require("erplink mock", WORLD, "testing")
    from erplink.testing.worlds.kingdee.serve import run as run_world
    from erplink.testing.worlds.kingdee.settings import KingdeeWorld
    from erplink.testing.worlds.web.faults import BadFault

    world = KingdeeWorld(
        zone=_zone(mock.zone),
        latency=mock.latency,
        orders=mock.orders,
        sample=mock.sample and mock.orders is None,
        state=mock.state,
        faults=_faults(mock.faults),
    )
    try:
        code = run_world(world, port=mock.port, announce=_print_line if mock.json else _print_settings)
    except BadFault as error:
        raise ConfigInvalid(f"--faults: {error}", next_step="correct it") from None
    except OSError as error:
        if error.errno not in _NO_PORT:
            raise
        raise ConfigInvalid(
            f"port {mock.port} cannot be used: {error.strerror}",
            next_step="choose another --port; 0 takes any free one",
        ) from None
    if code:
        raise SystemExit(code)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, OSError, ValueError):
        raise ConfigInvalid(
            f"{name!r} is not a time zone", where="--zone", next_step="write an IANA name such as Asia/Shanghai"
        ) from None


def _faults(text: str) -> tuple[dict[str, Any], ...]:
    try:
        return msgspec.json.decode(text if text.startswith("[") else f"[{text}]", type=tuple[dict[str, Any], ...])
    except msgspec.DecodeError as error:
        raise ConfigInvalid(
            f"--faults cannot be read: {error}", next_step='write it like {"rate": 0.1, "seed": 7}, or a list of them'
        ) from None


def _print_line(line: str) -> None:
    print(line, flush=True)


def _print_settings(line: str) -> None:
    """Say how to log in, in lines that a shell understands when they are pasted into it."""
    ready: dict[str, str] = json.loads(line)
    print("A Kingdee world is running on this machine. To log in:\n")
    for name in _NAMES:
        print(f"export ERPLINK_KINGDEE_{name.upper()}={shlex.quote(ready[name])}")
    print("\nCtrl-C stops it.", flush=True)
