"""The client of ``loop.py``, alone in its process: reads a server's first line, runs the loop once, prints figures."""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import time
from pathlib import Path

from erplink import Link, connect
from erplink.cli.memory import peak_megabytes
from erplink.cli.world_process import read_ready
from erplink.link.values import Progress

POLICY = """
programme: Points
id: p1
zone: Asia/Shanghai
assembly: {completed: shipped, anonymous: [WALKIN]}
points:
  clock: completed_at
  rules:
    - {id: base, kind: rate, per_yuan: "1"}
"""


def client(line: str, folder: Path, parallel: int, profile: int) -> None:
    """The loop once, in this process; prints its figures as one JSON line."""
    ended: dict[str, float] = {}
    began = time.perf_counter()

    def tell(progress: Progress) -> None:
        ended[progress.stage] = time.perf_counter()

    profiler = cProfile.Profile()
    settings = read_ready(line).settings("Asia/Shanghai", "CNY")
    with connect(settings, parallel=parallel) as erp, Link.open(f"sqlite:///{folder / 'books.db'}", space="b") as link:
        link.policies.publish(POLICY)
        link.attach("kingdee", erp, writes={"customers.update"}, parallel=parallel)
        if profile:
            profiler.enable()
        report = link.sync(progress=tell)
        profiler.disable()
    pull, decide, push = ended["pull"] - began, ended["decide"] - ended["pull"], ended["push"] - ended["decide"]
    figures = {
        "documents": sum(pulled.fresh for pulled in report.pulled),
        "people": report.decided,
        "entries": report.entries,
        "writes": sum(pushed.done for _, pushed in report.pushed),
        "seconds": (pull, decide, push, time.perf_counter() - began),
        "peak": peak_megabytes(),
    }
    print(json.dumps(figures), flush=True)
    if profile:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(profile)


if __name__ == "__main__":
    client(sys.stdin.readline(), Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
