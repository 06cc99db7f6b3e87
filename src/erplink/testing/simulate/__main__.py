"""``python -m erplink.testing.simulate``: run seeds, print what came of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from erplink.testing.simulate import fleet
from erplink.testing.simulate.shrink import shrink
from erplink.testing.simulate.story import tell
from erplink.testing.simulate.tally import Report, with_stories
from erplink.testing.simulate.trial import run_seed


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 1 if a rule was broken."""
    asked = _parser().parse_args(arguments)
    if asked.replay is not None:
        trial = run_seed(asked.replay)
        _say(tell(shrink(trial) if trial.broken else trial))
        return 1 if trial.broken else 0
    seconds = asked.minutes * 60 if asked.minutes is not None else None
    if asked.seeds is None and seconds is None:
        asked.seeds = 1_000
    task = fleet.Task(asked.seeds, seconds, asked.first, asked.processes or fleet.Task().processes, asked.state)
    report = with_stories(fleet.run(task, _quiet if asked.json else _progress))
    _say(msgspec.json.format(msgspec.json.encode(report)).decode() if asked.json else summary(report))
    return 1 if report.broken else 0


def summary(report: Report) -> str:
    """What came of it, for a person."""
    pair, times = report.rarest()
    rate = report.seeds / max(report.seconds, 1e-9)
    lines = [
        report.table(),
        "",
        f"{report.seeds} seeds, {report.steps} steps, {report.faults} faults, in {report.seconds:.0f} s ({rate:.1f}/s)",
        f"each seed: at least {report.fewest_steps} steps and {report.fewest_faults} faults",
        f"rarest pair: {pair}, {times} times",
    ]
    for broken in report.broken:
        lines += ["", broken.story or f"seed {broken.seed}: {broken.rule}"]
    lines.append(f"{len(report.broken)} seeds broke a rule" if report.broken else "nothing lost, nothing doubled")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m erplink.testing.simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, help="how many seeds to run (default: 1000, if no time is given)")
    parser.add_argument("--minutes", type=float, help="for how long to run")
    parser.add_argument("--first", type=int, default=0, help="the first seed (a state file knows it)")
    parser.add_argument("--processes", type=int, help="how many processes (default: one per core)")
    parser.add_argument("--state", type=Path, help="a file that keeps the totals, so that runs add up")
    parser.add_argument("--json", action="store_true", help="print the totals as JSON")
    parser.add_argument("--replay", type=int, metavar="SEED", help="run one seed, and tell its story")
    return parser


def _progress(report: Report) -> None:
    rate = report.seeds / max(report.seconds, 1e-9)
    broken = f", {len(report.broken)} broke a rule" if report.broken else ""
    sys.stderr.write(f"\r{report.seeds} seeds, {rate:.1f}/s, {report.steps} steps, {report.faults} faults{broken} ")
    sys.stderr.flush()


def _quiet(report: Report) -> None:
    """Nothing until the end."""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
