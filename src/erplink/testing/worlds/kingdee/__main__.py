"""``python -m erplink.testing.worlds.kingdee``: a stand-in K/3 Cloud server as a process of its own."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from erplink.testing.worlds.kingdee.serve import run
from erplink.testing.worlds.kingdee.settings import KingdeeWorld


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run the world; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m erplink.testing.worlds.kingdee", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--orders", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--zone", default="Asia/Shanghai")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=json.loads, default=[])
    parser.add_argument("--limit", type=int, default=2000)
    given = parser.parse_args(arguments)
    world = KingdeeWorld(
        zone=given.zone,
        latency=given.latency,
        page_limit=given.limit,
        orders=given.orders,
        sample=given.sample,
        state=given.state,
        faults=tuple(given.faults if isinstance(given.faults, list) else [given.faults]),
    )
    return run(world, port=given.port, announce=partial(print, flush=True))


if __name__ == "__main__":
    sys.exit(main())
