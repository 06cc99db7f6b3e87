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

_VERBS = {
    "intake": "took in",
    "pull": "read",
    "inbox": "worked off",
    "decide": "decided for",
    "push": "wrote",
    "mirror": "compared",
    "reconcile": "compared",
}


@frozen
class Timing:
    """How long a stage took, in seconds of wall time."""

    stage: str
    seconds: float


@define
class _Step:
    """What is being worked on: its name, the line that tells how far it is, its bar where there are bars."""

    name: str
    line: str
    told_at: float
    bar: TaskID | None


@define
class Live:
    """Where progress is shown, and what each stage took so far. One thread tells.

    ``spent`` divides the stages that told of steps: seconds up to each step, by what the step was.
    """

    console: Console
    timings: list[Timing] = field(factory=list)
    spent: dict[str, float] = field(factory=dict)
    _mark: float = 0.0
    _bars: Bars | None = None
    _step: _Step | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """One stage of the work: shows what ``tell`` is told, and times it. Repeated stages add up."""
        self.say(f"{name} …")
        begun = self._mark = monotonic()
        self._bars = _bars(self.console) if self.console.is_terminal else None
        try:
            with self._bars or nullcontext():
                yield
                self._finish()
        finally:
            self._bars = self._step = None
            self._note(Timing(name, monotonic() - begun))

    def say(self, line: str) -> None:
        """Print a line of text, never as markup."""
        self.console.print(line, markup=False, highlight=False)

    def tell(self, progress: Progress) -> None:
        """Show one step forward."""
        now = monotonic()
        self.spent[progress.stage] = self.spent.get(progress.stage, 0.0) + now - self._mark
        self._mark = now
        verb, what = _VERBS[progress.stage], in_words(progress.what)
        name = f"{verb} {what}"
        if self._step is None or self._step.name != name:
            self._finish()
            bar = None if self._bars is None else self._bars.add_task(name, total=progress.total)
            self._step = _Step(name, "", now, bar)
        of = f" of {progress.total:,}" if progress.total and progress.total != progress.done else ""
        self._step.line = f"  {verb} {progress.done:,}{of} {what}"
        if self._bars is not None and self._step.bar is not None:
            self._bars.update(self._step.bar, completed=progress.done, total=progress.total)
        elif now - self._step.told_at > _QUIET:
            self.say(self._step.line)
            self._step.told_at = now

    def _finish(self) -> None:
        """The step is over: its line is said, or its bar is full."""
        step, self._step = self._step, None
        if step is None:
            return
        if self._bars is None or step.bar is None:
            self.say(step.line)
            return
        done = next(task.completed for task in self._bars.tasks if task.id == step.bar)
        self._bars.update(step.bar, total=done or 1, completed=done or 1)

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
