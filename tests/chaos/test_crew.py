"""Kill four workers on PostgreSQL again and again, and compare what is left with a run that nobody disturbed.

``ERPLINK_CHAOS=full nox -s chaos`` takes 50,000 documents and 50 kills of each worker; a tenth of it is the default.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from difflib import unified_diff
from pathlib import Path
from time import monotonic

import pytest
from attrs import frozen

from erplink import Link, connect
from erplink.cli.world_process import read_ready
from tests.chaos.arena import World, world
from tests.chaos.crew import Crew
from tests.chaos.hand import CURRENCY, SPACE, WRITES, ZONE
from tests.chaos.shop import write_orders
from tests.databases import Databases, only

pytestmark = pytest.mark.chaos

FULL = os.environ.get("ERPLINK_CHAOS") == "full"
ORDERS, KILLS = (24_000, 50) if FULL else (2_400, 5)
SEED = os.environ.get("ERPLINK_CHAOS_SEED", "one bad day")
FAULTS = {"rate": 0.1, "seed": 11}
POLICY = Path(__file__).resolve().parents[2] / "src/erplink/cli/policies/demo.yaml"
WISHES = 40
LATER = datetime.fromisoformat("2027-06-01T12:00:00+08:00")


@frozen
class Left:
    """What a run leaves behind: the ledger and what was written in the ERP, both in canonical form."""

    ledger: list[str]
    written: bytes


@contextmanager
def desk(url: str, erp_world: World) -> Iterator[Link]:
    """A link of the application's own, beside the workers."""
    settings = read_ready(erp_world.line).settings(ZONE, CURRENCY)
    with connect(settings, parallel=4) as erp, Link.open(url, space=SPACE) as link:
        link.policies.publish(POLICY)
        link.attach("kingdee", erp, writes=WRITES, parallel=4)
        yield link


def wishes(link: Link) -> None:
    """The members with most points ask for a gift each, under keys of their own."""
    for place, standing in enumerate(link.members.top(WISHES)):
        member = link.members.find(code=standing.code)
        link.points.redeem(member, 10, gift="GIFT-001", key=f"wish-{place}", at=LATER)


def left(link: Link, erp_world: World) -> Left:
    return Left(link.export(), erp_world.export())


@only("postgresql")
def test_four_workers_killed_again_and_again_leave_what_one_leaves_alone(databases: Databases, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    write_orders(orders, ORDERS, longest_pause=30)
    begun = monotonic()
    with world(orders) as erp, desk(databases.url("calm"), erp) as link:
        link.sync()
        wishes(link)
        link.sync()
        calm, documents = left(link, erp), sum(link.overview().documents.values())
    alone = monotonic() - begun
    url, dice, begun = databases.url("disturbed"), random.Random(SEED), monotonic()
    with world(orders) as erp, desk(url, erp) as link:
        crew = Crew(url, erp.line)
        try:
            erp.arm(FAULTS)
            crew.suffer(KILLS - KILLS // 5, dice, longest=alone / KILLS)
            crew.rest(limit=600)
            wishes(link)
            crew.suffer(KILLS, dice, longest=2.0)
            crew.rest(limit=600)
            crew.dismiss()
        finally:
            crew.end()
        faults, calls = erp.faulted()
        kills = [hand.kills for hand in crew.hands]
        print(
            f"seed {SEED!r}: {documents} documents, kills {kills} {dict(crew.hits)}, {faults} of {calls} calls"
            f" faulted, {monotonic() - begun:.0f} s (undisturbed, one process: {alone:.0f} s)"
        )
        assert min(kills) >= KILLS
        disturbed = left(link, erp)
        assert [*unified_diff(calm.ledger, disturbed.ledger, n=0)] == []
        assert disturbed.written == calm.written
        assert link.dead.list() == []
