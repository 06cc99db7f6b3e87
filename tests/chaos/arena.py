"""Where a client is disturbed: a world that lives in a process of its own, and demos that are started and killed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx
from attrs import field, frozen

from erplink.cli.world_process import read_ready
from tests.cli.shell import COMMAND, Ended, environment, export

READING, GIFTS, ENDING = "reading the ERP", "five members ask", "looking at the books"
"""How the demo names its stages, in order."""

TICK = 0.05
LIMIT = 120.0
"""Seconds within which an undisturbed run ends."""


@frozen
class World:
    """A world that runs, as its first line describes it."""

    line: str = field(repr=False)
    _door: httpx.Client = field(repr=False)

    def export(self) -> bytes:
        """Every document written through the API, in canonical form."""
        return self._door.get("/_world/export").raise_for_status().content

    def faulted(self) -> tuple[int, int]:
        """(calls that suffered a fault, calls) since the world began."""
        stats: dict[str, Any] = self._door.get("/_world/stats").raise_for_status().json()
        return sum(stats["faults"].values()), sum(stats["calls"].values())

    @property
    def calls(self) -> int:
        """How often it was called since it began."""
        return self.faulted()[1]

    def arm(self, faults: dict[str, Any]) -> None:
        """Have calls suffer faults from now on."""
        self._door.post("/_world/faults", json=faults).raise_for_status()

    def calm(self) -> None:
        """Disarm what a killed client had armed."""
        self._door.post("/_world/faults", json={"clear": True}).raise_for_status()


@contextmanager
def world(orders: Path) -> Iterator[World]:
    """A world over an orders file, in a process of its own; it outlives every client, but not this process."""
    command = [sys.executable, "-m", "erplink.cli.world_child", "--orders", str(orders)]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            parts = urlsplit(read_ready(line).url)
            with httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", trust_env=False, timeout=30) as door:
                yield World(line, door)
        finally:
            process.kill()


@frozen
class Moment:
    """``seconds`` after a run has made so many ``calls`` and has ``said`` something.

    Calls are counted, not seconds alone: so a slow machine is disturbed as often on its way as a fast one.
    """

    calls: int
    seconds: float
    said: str = ""


@frozen
class Demo:
    """``erplink demo`` on one folder and one world, as often as it takes."""

    folder: Path
    world: World
    options: tuple[str, ...] = ()

    def start(self, *more: str, out: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        """Begin a run."""
        self.folder.mkdir(exist_ok=True)
        return subprocess.Popen(
            [*COMMAND, "demo", "--folder", str(self.folder), *self.options, *more],
            cwd=self.folder,
            env=environment({"ERPLINK_DEMO_WORLD": self.world.line, "PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def finish(self, *more: str) -> Ended:
        """A run to its end."""
        return ended(self.start(*more))

    def strike(self, moment: Moment) -> str:
        """A run that is killed at a moment; the stage it was in, or empty if it was done."""
        enough = self.world.calls + moment.calls
        said = self.folder.with_suffix(".txt")
        with said.open("w", encoding="utf-8") as out, self.start(out=out) as process:
            while process.poll() is None and (self.world.calls < enough or moment.said not in said.read_text("utf-8")):
                _passed(process, TICK)
            if _passed(process, moment.seconds):
                assert process.returncode == 0, process.communicate()[1]
                return ""
            process.kill()
            process.communicate()
        return self.stage(said.read_text(encoding="utf-8"))

    def stage(self, said: str) -> str:
        """What a run was at when it ended, by what it said last and by what stands in its database."""
        if ENDING in said:
            return "report"
        if GIFTS in said:
            return "redeem"
        if READING not in said:
            return "start"
        with closing(sqlite3.connect(self.folder / "erplink.db")) as database:
            for stage, question in _OPEN.items():
                if database.execute(f"select exists ({question})").fetchone()[0]:
                    return stage
        return "between"

    def ledger(self) -> str:
        """The canonical ledger."""
        return export(self.folder)


_OPEN = {
    "pull": "select 1 from erplink_cursors where until is not null",
    "decide": "select 1 from erplink_parties where pending",
    "push": "select 1 from erplink_outbox where state = 'pending'",
}
"""What stands in the database while a stage is not done, in the order of the stages."""


def _passed(process: subprocess.Popen[str], seconds: float) -> bool:
    """Whether a run ends within some seconds."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a run to end."""
    with process:
        try:
            out, err = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
        return Ended(process.returncode, out, err)
