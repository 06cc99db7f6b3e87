"""One worker as a process of its own, until it is told to stop: ``python -m tests.chaos.hand DATABASE WORLD``.

It says a line when it is ready and one for every round, so that whoever kills it knows what it was at.
"""

from __future__ import annotations

import signal
import sys
from datetime import timedelta

from erplink import Link, connect
from erplink.cli.world_process import read_ready
from erplink.link.values import Progress, Round

SPACE, ZONE, CURRENCY = "chaos", "Asia/Shanghai", "CNY"
WRITES = frozenset({"orders.create", "customers.update"})


def main(url: str, world: str) -> None:
    """Work until SIGTERM."""
    settings = read_ready(world).settings(ZONE, CURRENCY)
    with connect(settings, parallel=2) as erp, Link.open(url, space=SPACE) as link:
        link.attach("kingdee", erp, writes=WRITES, parallel=2)
        worker = link.worker(pull_every=timedelta(seconds=1), look_every=timedelta(milliseconds=200), progress=say)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        print("ready", flush=True)
        worker.run(each=told)


def say(progress: Progress) -> None:
    """One step forward."""
    print(progress.stage, progress.what, progress.done, flush=True)


def told(done: Round) -> None:
    """One round."""
    print("round", "idle" if done.idle else "busy", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
