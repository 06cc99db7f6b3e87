"""One process of several that share a limit: ``python -m tests.wire.caller URL CALLS``; prints when it called.

Its clock is its own and virtual, so that an hour of waiting takes no time; the database is real.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime

from erplink.facade.limits import SharedLimits
from erplink.facade.step import step
from erplink.testing.clock import VirtualIo
from erplink.wire.call import Call, Reply
from erplink.wire.pipeline import Wire
from erplink.wire.rate import Rate
from erplink.wire.retry import Calling
from tests.wire.shop import SignedDialect

RATE = Rate(60, per=60.0)
READ = Call("read", "http://shop.test/read", safe=True)


def main(url: str, calls: int) -> list[datetime]:
    """The instants at which it called."""
    asked: list[datetime] = []
    limits = SharedLimits(url)

    def answer(_: Call) -> Reply:
        asked.append(io.now())
        return Reply(200, b"{}")

    io = VirtualIo(answer)
    calling = Calling(rate=RATE, patience=86_400.0, deadline=86_400.0)
    wire = Wire(io, SignedDialect(), calling, backend="shop", pacing=limits.pace)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(calls):
        step(wire.call(READ))
    limits.close()
    return asked


if __name__ == "__main__":
    print(json.dumps([instant.isoformat() for instant in main(sys.argv[1], int(sys.argv[2]))]))
