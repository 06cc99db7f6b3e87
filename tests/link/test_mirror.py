"""The two links are written by hand; here they are held against each other, and the asynchronous one is run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from erplink import AsyncLink, AsyncWorker, Link, Worker, connect_async
from erplink.link import alink, link
from tests.link.company import PLAIN, WRITES, company
from tests.link.test_loop import SHOP

PAIRS = [
    (Link, AsyncLink),
    (link.Policies, alink.AsyncPolicies),
    (link.Members, alink.AsyncMembers),
    (link.Points, alink.AsyncPoints),
    (link.Opening, alink.AsyncOpening),
    (link.Within, alink.AsyncWithin),
    (Worker, AsyncWorker),
]


def doors(kind: type) -> dict[str, Callable[..., Any]]:
    return {name: member for name, member in inspect.getmembers(kind, inspect.isroutine) if not name.startswith("_")}


@pytest.mark.parametrize(("sync", "tasks"), PAIRS, ids=lambda kind: kind.__name__)
def test_both_links_have_the_same_doors(sync: type, tasks: type) -> None:
    ours, theirs = doors(sync), doors(tasks)
    assert ours.keys() == theirs.keys()
    for name, method in ours.items():
        mine, other = inspect.signature(method), inspect.signature(theirs[name])
        assert [*mine.parameters] == [*other.parameters], name
        assert mine.return_annotation == other.return_annotation.removeprefix("Async"), name


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_whole_loop_runs_in_tasks_and_gives_the_same_ledger(tmp_path: Path, backend: str) -> None:
    with company(tmp_path, *SHOP) as erp:
        with erp.link(writes=frozenset(), database="threads") as other:
            other.sync()
            expected = other.export()

        async def main() -> list[str]:
            async with (
                connect_async(erp.settings(), parallel=2) as connected,
                AsyncLink.open(f"sqlite:///{tmp_path / 'tasks.db'}", space="acme") as books,
            ):
                await books.policies.publish(PLAIN)
                books.attach("kingdee", connected, writes=WRITES, parallel=2)
                report = await books.sync()
                assert report.entries == 4
                member = await books.members.find(code="C1")
                await books.points.redeem(member, 7, gift="GIFT-001", key="one")
                assert (await books.sync()).pushed[0][1].done == 2
                assert (await books.points.balance(member)).points == 60
                return [line for line in await books.export() if "\tspend\t" not in line]

        assert anyio.run(main, backend=backend) == expected
