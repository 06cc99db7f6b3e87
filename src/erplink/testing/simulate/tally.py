"""What many runs amount to: how many, how far they came, what struck where, and which of them broke a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from erplink.testing.simulate.faults import KINDS, kinds_of
from erplink.testing.simulate.shrink import shrink
from erplink.testing.simulate.story import tell
from erplink.testing.simulate.trial import Pair, Trial, run_seed

SHAPE = 1
_SHORT = {
    "crash before": "before",
    "crash midway": "midway",
    "crash after": "after",
    "crash in flight": "flight",
    "no connection": "noconn",
    "request lost": "reqlost",
    "reply lost": "replost",
    "gateway error": "502",
    "busy": "503",
    "twice": "twice",
    "session lost": "session",
    "database away": "dbaway",
    "stall": "stall",
    "slow": "slow",
    "clock skew": "skew",
    "late document": "late",
}


class Broken(msgspec.Struct, frozen=True):
    """A seed that broke a rule, and its shortest story once it is told."""

    seed: int
    rule: str
    story: str = ""


class Report(msgspec.Struct, omit_defaults=True):
    """Totals over runs: ``pairs`` counts each await point and kind of fault as ``point|kind``.

    ``next`` is the first seed that was not run.
    """

    shape: int = SHAPE
    next: int = 0
    seeds: int = 0
    steps: int = 0
    fewest_steps: int = 0
    faults: int = 0
    fewest_faults: int = 0
    seconds: float = 0.0
    pairs: dict[str, int] = {}
    broken: list[Broken] = []

    def add(self, trial: Trial) -> None:
        """One more run."""
        faults = len(trial.script.faults)
        self.fewest_steps = min(trial.steps, self.fewest_steps) if self.seeds else trial.steps
        self.fewest_faults = min(faults, self.fewest_faults) if self.seeds else faults
        self.seeds += 1
        self.steps += trial.steps
        self.faults += faults
        self._count({_name(pair): number for pair, number in trial.pairs.items()})

    def merge(self, other: Report) -> None:
        """The runs of another report too."""
        if other.seeds:
            self.fewest_steps = min(self.fewest_steps, other.fewest_steps) if self.seeds else other.fewest_steps
            self.fewest_faults = min(self.fewest_faults, other.fewest_faults) if self.seeds else other.fewest_faults
        self.seeds += other.seeds
        self.steps += other.steps
        self.faults += other.faults
        self.seconds += other.seconds
        self.broken += other.broken
        self._count(other.pairs)

    def rarest(self) -> tuple[str, int]:
        """The pair that was met least often, of those that can be, and how often."""
        numbers = {f"{point}, {kind}": self.pairs.get(_name((point, kind)), 0) for point, kind in self.possible()}
        return min(numbers.items(), key=lambda each: each[1], default=("", 0))

    def possible(self) -> list[Pair]:
        """Every pair that can be met, of the points that were come to."""
        points = sorted({pair.partition("|")[0] for pair in self.pairs})
        return [(point, kind) for point in points for kind in kinds_of(point)]

    def table(self) -> str:
        """How often each kind of fault struck at each await point; a dash where it cannot."""
        points = sorted({pair.partition("|")[0] for pair in self.pairs})
        width = max((len(point) for point in points), default=0)
        head = " ".join(f"{_SHORT[kind]:>7}" for kind in KINDS)
        rows = [f"{'await point':{width}} {head}"]
        for point in points:
            able = kinds_of(point)
            cells = [str(self.pairs.get(_name((point, kind)), 0)) if kind in able else "-" for kind in KINDS]
            rows.append(f"{point:{width}} {' '.join(f'{cell:>7}' for cell in cells)}")
        return "\n".join(rows)

    def _count(self, pairs: Mapping[str, int]) -> None:
        counter = Counter(self.pairs)
        counter.update(pairs)
        self.pairs = dict(sorted(counter.items()))


def total(trials: Iterable[Trial]) -> Report:
    """The report of some runs."""
    report = Report()
    for trial in trials:
        report.add(trial)
        if trial.broken:
            report.broken.append(Broken(trial.script.seed, trial.broken))
    return report


def with_stories(report: Report, stories: int = 3) -> Report:
    """The same report, with the stories of the first seeds that broke a rule; to shrink one takes up to minutes."""
    first, rest = report.broken[:stories], report.broken[stories:]
    told = [Broken(broken.seed, broken.rule, tell(shrink(run_seed(broken.seed)))) for broken in first]
    return msgspec.structs.replace(report, broken=told + rest)


def load(path: Path) -> Report:
    """The totals in a state file; none are there yet if it is missing."""
    return msgspec.json.decode(path.read_bytes(), type=Report) if path.exists() else Report()


def save(path: Path, report: Report) -> None:
    """Keep the totals, whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(msgspec.json.encode(report))
    beside.replace(path)


def _name(pair: Pair) -> str:
    return f"{pair[0]}|{pair[1]}"
