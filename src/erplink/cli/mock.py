"""``erplink mock kingdee``: a world in the foreground."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from attrs import frozen
from rich.console import Console
from rich.table import Table

from erplink.cli.extras import WORLD, require
from erplink.errors import ConfigInvalid

_NAMES = ("url", "acct_id", "username", "password", "app_id", "app_secret")


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

    world = KingdeeWorld(
        zone=mock.zone,
        latency=mock.latency,
        orders=mock.orders,
        sample=mock.sample and mock.orders is None,
        state=mock.state,
        faults=_faults(mock.faults),
    )
    code = run_world(world, port=mock.port, announce=_print_line if mock.json else _print_table)
    if code:
        raise SystemExit(code)


def _faults(text: str) -> tuple[dict[str, Any], ...]:
    try:
        return msgspec.json.decode(text if text.startswith("[") else f"[{text}]", type=tuple[dict[str, Any], ...])
    except msgspec.DecodeError as error:
        raise ConfigInvalid(
            f"--faults cannot be read: {error}", next_step='write it like {"rate": 0.1, "seed": 7}, or a list of them'
        ) from None


def _print_line(line: str) -> None:
    print(line, flush=True)


def _print_table(line: str) -> None:
    ready: dict[str, Any] = json.loads(line)
    table = Table("setting", "environment", "value", title="A Kingdee world is running", title_justify="left", box=None)
    for name in _NAMES:
        table.add_row(name, f"ERPLINK_KINGDEE_{name.upper()}", ready[name])
    console = Console()
    console.print(table, soft_wrap=True)
    console.print("Ctrl-C stops it.", style="dim")
