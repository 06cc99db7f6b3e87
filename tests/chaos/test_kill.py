"""Kill the client again and again, run it again, and compare what is left with a run that nobody disturbed."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from attrs import frozen

from tests.chaos.arena import GIFTS, Demo, Moment, ended, world
from tests.chaos.shop import write_orders

pytestmark = pytest.mark.chaos

KILLS, MORE, STAGES = 20, 5, 3
SEED = os.environ.get("ERPLINK_CHAOS_SEED", "one bad day")
WEATHER = {"calm": (), "hostile": ("--faults",)}
"""Options of the demo."""
LONGEST = 2 / KILLS
"""Within which part of an undisturbed run's calls a run is killed: most kills fall on one way through everything."""


@frozen
class Reference:
    """What an undisturbed run leaves behind."""

    ledger: str
    documents: bytes
    calls: int
    seconds: float


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    write_orders(path, 500)
    return path


@pytest.fixture(scope="module")
def undisturbed(orders: Path, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    with world(orders) as erp:
        demo = Demo(tmp_path_factory.mktemp("undisturbed"), erp)
        begun = monotonic()
        done = demo.finish("--json")
        seconds = monotonic() - begun
        assert done.code == 0, done.err
        told = json.loads(done.out)
        assert [gift["state"] for gift in told["gifts"]] == ["done"] * 4 + ["refused"]
        assert min(told["documents"][entity] for entity in ("orders", "returns", "customers")) > 50
        return Reference(demo.ledger(), erp.export(), erp.calls, seconds)


def strikes(dice: random.Random, reference: Reference, kills: int) -> Iterator[Moment]:
    """Moments to kill at. The last one comes after everything was written and members ask: few calls, easily missed."""
    for n in range(kills):
        early = dice.random() < 0.1
        calls = 0 if early else int(reference.calls * LONGEST * dice.random() ** 2)
        seconds = reference.seconds * (dice.random() * 0.4) ** 2
        yield Moment(calls, seconds) if n < kills - 1 else Moment(0, seconds, GIFTS)


def disturbed(demo: Demo, moments: Iterable[Moment]) -> list[str]:
    """Kill runs at these moments until nothing but the report is left, then let one end; the stages that were hit."""
    hits: list[str] = []
    for moment in moments:
        stage = demo.strike(moment)
        demo.world.calm()
        if not stage:
            return hits
        hits.append(stage)
        if stage == "report":
            break
    done = demo.finish()
    assert done.code == 0, done.err
    return hits


@pytest.mark.parametrize("weather", WEATHER)
def test_killed_at_random_moments_and_run_again_it_ends_the_same(
    weather: str, orders: Path, undisturbed: Reference, tmp_path: Path
) -> None:
    options = WEATHER[weather]
    dice = random.Random(f"{SEED}, {weather}")
    hits: list[str] = []
    rounds = 0
    while len(hits) < KILLS or len({*hits} & {"pull", "decide", "push", "redeem"}) < STAGES:
        rounds += 1
        assert rounds <= KILLS, f"stages hit so far: {Counter(hits)}"
        with world(orders) as erp:
            demo = Demo(tmp_path / f"round{rounds}", erp, options)
            hits += disturbed(demo, strikes(dice, undisturbed, max(KILLS - len(hits), MORE)))
            assert demo.ledger() == undisturbed.ledger
            assert erp.export() == undisturbed.documents
            faults, calls = erp.faulted()
            assert not options or faults >= calls / 10
            print(f"round {rounds}: {calls} calls, {faults} faults")
    print(f"seed {SEED!r}, {weather}: {len(hits)} kills in {rounds} rounds, {dict(Counter(hits))}: {', '.join(hits)}")


def test_two_clients_at_once_on_one_database_book_and_write_everything_once(
    orders: Path, undisturbed: Reference, tmp_path: Path
) -> None:
    with world(orders) as erp:
        demo = Demo(tmp_path / "shared", erp)
        first, second = demo.start(), demo.start()
        for done in (ended(first), ended(second)):
            assert done.code == 0, done.err
        assert demo.ledger() == undisturbed.ledger
        assert erp.export() == undisturbed.documents
        third = demo.finish("--json")
        assert json.loads(third.out)["unchanged"] is True
