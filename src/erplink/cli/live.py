"""Progress while work runs: bars on a terminal, one line per step elsewhere. Times each stage on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic

from attrs import define, field, frozen
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from erplink.cli.words import in_words
from erplink.link.values import Progress

_QUIET = 10.0
"""Seconds after which a long step says again how far it is, where there are no bars."""

_VERBS = {"pull": "read", "decide": "decided for", "push": "wrote"}


@frozen
class Timing:
    """How long a stage took, in seconds of wall time."""

    stage: str
    seconds: float


@define
class Live:
    """Where progress is shown, and what each stage took so far."""

    console: Console
    timings: list[Timing] = field(factory=list)
    _bars: Bars | None = None
    _tasks: dict[str, TaskID] = field(factory=dict)
    _last: tuple[str, str] = ("", "")
    _told_at: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """One stage of the work: shows what ``tell`` is told, and times it. Repeated stages add up."""
        self.say(f"{name} …")
        begun = monotonic()
        self._bars = _bars(self.console) if self.console.is_terminal else None
        self._tasks, self._last = {}, ("", "")
        try:
            with self._bars or nullcontext():
                yield
        finally:
            self._flush()
            self._bars = None
            self._note(Timing(name, monotonic() - begun))

    def say(self, line: str) -> None:
        """Print a line of text, never as markup."""
        self.console.print(line, markup=False, highlight=False)

    def tell(self, progress: Progress) -> None:
        """Show one step forward."""
        verb, what = _VERBS[progress.stage], in_words(progress.what)
        words = f"{verb} {what}"
        if self._bars is not None:
            task = self._tasks.get(words)
            if task is None:
                task = self._tasks[words] = self._bars.add_task(words, total=None)
            self._bars.update(task, completed=progress.done, total=progress.total or progress.done or None)
            return
        if words != self._last[0]:
            self._flush()
            self._told_at = monotonic()
        of = f" of {progress.total:,}" if progress.total and progress.total != progress.done else ""
        self._last = (words, f"  {verb} {progress.done:,}{of} {what}")
        if monotonic() - self._told_at > _QUIET:
            self.say(self._last[1])
            self._told_at = monotonic()

    def _flush(self) -> None:
        if self._bars is None and self._last[1]:
            self.say(self._last[1])
        self._last = ("", "")

    def _note(self, timing: Timing) -> None:
        for place, known in enumerate(self.timings):
            if known.stage == timing.stage:
                self.timings[place] = Timing(known.stage, known.seconds + timing.seconds)
                return
        self.timings.append(timing)


def _bars(console: Console) -> Bars:
    return Bars(
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
        console=console,
    )
