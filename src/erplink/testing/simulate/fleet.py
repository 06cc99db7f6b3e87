"""Many seeds, on every core, for some time: in blocks, so that a run can be broken off and taken up again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

from attrs import field, frozen

from erplink.testing.simulate import tally
from erplink.testing.simulate.tally import Report, total
from erplink.testing.simulate.trial import run_seed

BLOCK = 50


@frozen
class Task:
    """What is to be run: ``seeds`` of them or for ``seconds``, whichever ends first; ``state`` keeps the totals."""

    seeds: int | None = None
    seconds: float | None = None
    first: int = 0
    processes: int = field(factory=lambda: os.cpu_count() or 1)
    state: Path | None = None


def run(task: Task, progress: Callable[[Report], None] = lambda _: None) -> Report:
    """Run seeds that were not run before, and add them to the totals of the state file. Stops after what is begun."""
    report = tally.load(task.state) if task.state else Report(next=task.first)
    began, before = time.monotonic(), report.seconds
    blocks = _blocks(task, report.next, began)
    with ProcessPoolExecutor(task.processes, get_context("spawn"), _end_with_whoever_began_it) as pool:
        running: dict[Future[Report], range] = {}
        done: set[range] = set()
        while True:
            while len(running) < 2 * task.processes and (block := next(blocks, None)) is not None:
                running[pool.submit(run_block, block)] = block
            if not running:
                return report
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                report.merge(future.result())
                done.add(running.pop(future))
            report.next, done = _reached(report.next, done)
            report.seconds = before + time.monotonic() - began
            if task.state and not done:
                tally.save(task.state, report)
            progress(report)


def run_block(seeds: range) -> Report:
    """Run some seeds in this process."""
    return total(run_seed(seed) for seed in seeds)


def _end_with_whoever_began_it() -> None:
    """A process of the pool does not go on by itself when the one that wants its figures was killed."""
    Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    above = parent_process()
    if above is not None:
        above.join()
        os._exit(1)


def _blocks(task: Task, first: int, began: float) -> Iterator[range]:
    end = first + task.seeds if task.seeds is not None else None
    while end is None or first < end:
        if task.seconds is not None and time.monotonic() - began > task.seconds:
            return
        last = first + BLOCK if end is None else min(first + BLOCK, end)
        yield range(first, last)
        first = last


def _reached(first: int, done: set[range]) -> tuple[int, set[range]]:
    """The first seed that is not done, and the blocks beyond it."""
    for block in sorted(done, key=lambda each: each.start):
        if block.start == first:
            first = block.stop
    return first, {block for block in done if block.start >= first}
