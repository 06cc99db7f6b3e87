"""Everything one demo run has to tell: for the terminal, for the report, and as JSON for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from attrs import asdict, define, field, frozen

from erplink.cli.live import Timing
from erplink.cli.rounds import Work
from erplink.cli.sheets import Sheet, fault_sheet, overview_sheets, seed_sheet
from erplink.facade.observe import Event
from erplink.link.values import Overview, Published, Redemption


@define
class CallCount:
    """Counts the client's calls by what came of them. Told from several threads at once."""

    outcomes: Counter[str] = field(factory=Counter)
    _lock: Lock = field(factory=Lock, repr=False)

    def __call__(self, event: Event) -> None:
        """Count one finished call."""
        if event.name != "erp.call":
            return
        outcome = type(event.error).__name__ if event.error is not None else str(event.facts.get("verdict", "ok"))
        with self._lock:
            self.outcomes[outcome] += 1


@frozen
class Summary:
    """One run. ``seed`` is what the world was made of, ``faults`` what it did wrong (None when it behaved).

    ``unchanged``: books, outbox and ERP are as they were before it.
    """

    folder: Path
    source: str
    space: str
    database: str
    policy: Published
    seed: Mapping[str, Any]
    work: Work
    unchanged: bool
    calls: Mapping[str, int]
    faults: Mapping[str, int] | None
    gifts: tuple[Redemption, ...]
    overview: Overview
    timings: tuple[Timing, ...]
    spent: Mapping[str, float]
    peak_megabytes: int | None

    @property
    def report(self) -> Path:
        """Where the HTML report lies."""
        return self.folder / "report.html"

    def verdict(self) -> str:
        """One or two sentences: what this run did, or why it did nothing."""
        documents = sum(self.overview.documents.values())
        if self.unchanged:
            return (
                f"Nothing changed. Each of the {documents:,} documents has been booked before, under keys that derive "
                "from the document; the gifts were asked for; and the ERP shows every balance as the books have it."
            )
        done = (
            f"{self.work.entries:,} entries booked from {documents:,} documents, {self.work.written:,} writes done in "
            f"the ERP, {self.work.refused:,} refused."
        )
        breaks = f" {self.work.breaks} interrupted syncs were taken up again." if self.work.breaks else ""
        return done + breaks

    def sheets(self) -> tuple[Sheet, ...]:
        """Every table of the run, in reading order."""
        rules = (seed_sheet(self.seed, self.overview.currency),) if "rules" in self.seed else ()
        faults = (fault_sheet(self.calls, self.faults, self.work.breaks),) if self.faults is not None else ()
        return (*overview_sheets(self.overview, self.gifts), *rules, *faults)

    def facts(self) -> tuple[tuple[str, str], ...]:
        """(name, value) of the run itself."""
        peak = "not told by this system" if self.peak_megabytes is None else f"{self.peak_megabytes:,} MiB"
        return (
            ("documents from", self.source),
            ("policy", f"{self.policy.id}, version {self.policy.version}, {self.policy.hash[:12]}"),
            ("database", f"{self.database} (space {self.space})"),
            ("calls", f"{sum(self.calls.values()):,}, of which {_passing(self.calls):,} failed for a passing reason"),
            ("wall time", ", ".join(f"{timing.stage} {timing.seconds:.1f} s" for timing in self.timings)),
            ("of that", ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self.spent.items())),
            ("peak memory of the client", peak),
        )

    def as_json(self) -> dict[str, Any]:
        """The same figures for a program: plain JSON values, points as whole numbers, amounts in minor units."""
        view = self.overview
        return {
            "unchanged": self.unchanged,
            "verdict": self.verdict(),
            "folder": str(self.folder),
            "report": str(self.report),
            "database": self.database,
            "space": self.space,
            "policy": {"id": self.policy.id, "version": self.policy.version, "hash": self.policy.hash},
            "seed": dict(self.seed),
            "work": asdict(self.work),
            "calls": dict(self.calls),
            "faults": None if self.faults is None else dict(self.faults),
            "gifts": [asdict(gift) for gift in self.gifts],
            "currency": view.currency,
            "documents": dict(view.documents),
            "members": view.members,
            "outstanding": view.outstanding,
            "debt": view.debt,
            "uncollected": view.uncollected,
            "monthly": [asdict(month) for month in view.monthly],
            "top": [asdict(standing) for standing in view.top],
            "writes": {f"{operation}:{state}": number for (operation, state), number in sorted(view.writes.items())},
            "refused": [{"operation": w.operation, "target": w.target, "why": w.outcome} for w in view.refused],
            "left_over": [{"reason": r, "lines": n, "amount": a} for r, n, a in view.left_over_sums],
            "left_out": dict(view.tallies),
            "conflicts": [{"kind": kind, "customer": code} for kind, code, _ in view.doubts],
            "seconds": {timing.stage: round(timing.seconds, 3) for timing in self.timings},
            "spent": {stage: round(seconds, 3) for stage, seconds in self.spent.items()},
            "peak_megabytes": self.peak_megabytes,
        }


def _passing(calls: Mapping[str, int]) -> int:
    return sum(number for outcome, number in calls.items() if outcome in _PASSING)


_PASSING = frozenset({"Unreachable", "Busy", "ServerFault", "RetryError", "SendFailed", "session lost"})
