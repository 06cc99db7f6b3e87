"""``erplink worker``: a worker in a process of its own, for a terminal, for systemd and supervisor, or for cron."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from types import FrameType
from typing import Any

import msgspec
from attrs import asdict, frozen
from rich.console import Console
from rich.status import Status

from erplink.cli.books import opened
from erplink.cli.exits import exit_code
from erplink.cli.login import Login, settings
from erplink.cli.words import in_words
from erplink.errors import ErplinkError
from erplink.facade.connect import connect
from erplink.link import Worker
from erplink.link.values import Problem, Progress, Round

_DEFECT = 1
_ENOUGH = b"erplink: ends after what is under way; the same again ends it at once\n"


@frozen
class Job:
    """What a worker is to do: which database, which Kingdee, which writes; how often; ``once`` for one round."""

    db: str
    space: str
    login: Login
    system: str
    writes: Sequence[str]
    parallel: int
    every: float
    once: bool
    name: str
    json: bool


def run(job: Job) -> int:
    """Work until a signal (or one round long), and return the exit code: of the gravest problem of that one round.

    Raises ``ConfigInvalid`` when a setting cannot be right or the secret is missing.
    """
    kingdee = settings(job.login, "erplink worker")
    console = Console(stderr=job.json)
    shown = console.status("starts") if console.is_terminal else None
    with connect(kingdee, parallel=job.parallel) as erp, opened(job.db, job.space) as link:
        link.attach(job.system, erp, writes=job.writes, parallel=job.parallel)
        pull_every = timedelta(seconds=job.every)
        worker = link.worker(name=job.name, pull_every=pull_every, progress=_showing(shown))
        with shown or nullcontext(), _until_signalled(worker):
            if job.once:
                done = worker.run_once()
                _telling(job, console, shown)(done)
                return _code(done.problems)
            worker.run(each=_telling(job, console, shown))
    return 0


@contextmanager
def _until_signalled(worker: Worker) -> Iterator[None]:
    """SIGTERM or Ctrl-C lets the worker end in order; the second one ends the process as if nobody listened."""
    both = (signal.SIGINT, signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        for each in both:
            signal.signal(each, signal.SIG_DFL)
        os.write(sys.stderr.fileno(), _ENOUGH)
        worker.stop()

    before = {each: signal.signal(each, stop) for each in both}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _showing(shown: Status | None) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if shown is not None:
            of = f" of {progress.total:,}" if progress.total else ""
            shown.update(f"{progress.stage} {in_words(progress.what)}: {progress.done:,}{of}")

    return tell


def _telling(job: Job, console: Console, shown: Status | None) -> Callable[[Round], None]:
    """What is said of a round: a JSON line each, or a line when there is something to say."""

    def tell(done: Round) -> None:
        if job.json:
            print(msgspec.json.encode(as_json(done)).decode(), flush=True)
        elif not done.idle:
            for line in lines_of(done):
                console.print(line, markup=False, highlight=False, soft_wrap=True)
        if shown is not None:
            shown.update(f"waits; nothing is due before {done.next_at.astimezone():%H:%M:%S}")

    return tell


def as_json(done: Round) -> dict[str, Any]:
    """A round as plain JSON values; instants in UTC."""
    return {
        "began": done.began,
        "next_at": done.next_at,
        "stopped": done.stopped,
        "pulled": [asdict(each) for each in done.pulled],
        "decided": asdict(done.decided),
        "delivered": [{"part": str(part), **asdict(each)} for part, each in done.delivered],
        "problems": [
            {
                "part": str(each.part),
                "error": type(each.error).__name__,
                "message": str(each.error),
                "next_step": each.next_step,
                "until": each.until,
            }
            for each in done.problems
        ],
    }


def lines_of(done: Round) -> Iterator[str]:
    """What a round did, in a line; and a line for each problem."""
    read, broken = sum(each.fresh for each in done.pulled), sum(each.broken for each in done.pulled)
    parts = [
        f"read {read:,} documents" if read else "",
        f"{broken:,} do not fit the mapping" if broken else "",
        f"decided for {done.decided.people:,} people, {done.decided.entries:,} entries" if done.decided.people else "",
        *(_outcome(str(part), asdict(each)) for part, each in done.delivered),
    ]
    said = "; ".join(part for part in parts if part)
    at = f"{done.began.astimezone():%Y-%m-%d %H:%M:%S}"
    if said:
        yield f"{at}  {said}"
    for each in done.problems:
        yield f"{at}  {each.part} failed, again at {each.until.astimezone():%H:%M:%S}: {each.error}"


def _outcome(part: str, ended: dict[str, Any]) -> str:
    counts = [f"{ended[state]:,} {state}" for state in ("done", "refused", "dead", "parked") if ended[state]]
    return f"{part}: {', '.join(counts)}" if counts else ""


def _code(problems: Sequence[Problem]) -> int:
    """0 without a problem, else the exit code of the gravest: what a person must do comes before what passes."""
    codes = {exit_code(each.error) if isinstance(each.error, ErplinkError) else _DEFECT for each in problems}
    return min(codes, key=_GRAVEST.index, default=0)


_GRAVEST = (1, 3, 2, 4, 5)
