"""A seeded simulator: the shipped sync under virtual time, with a hostile world, crashes and two workers.

Each seed is one company that lives through some hours: people order, edit, return and redeem; two workers pull, decide,
book and write back on one SQLite database; and at chosen await points something goes wrong. What must always hold is
checked after every step, everything else when all is quiet again. The same seed gives the same run, and a run that
breaks a rule is shortened to a story that a person can read.

>>> report = simulate(2)
>>> report.seeds, report.broken
(2, [])
"""

from __future__ import annotations

from collections.abc import Iterable

from erplink.testing.simulate.faults import Fault
from erplink.testing.simulate.scenario import Scenario
from erplink.testing.simulate.shrink import shrink
from erplink.testing.simulate.story import tell
from erplink.testing.simulate.tally import Broken, Report, total, with_stories
from erplink.testing.simulate.trial import Script, Trial, run_script, run_seed

__all__ = [
    "Broken",
    "Fault",
    "Report",
    "Scenario",
    "Script",
    "Trial",
    "replay",
    "run_script",
    "shrink",
    "simulate",
    "tell",
]


def simulate(seeds: int | Iterable[int]) -> Report:
    """Run these seeds (a number means that many, from 0) in this process, one after the other.

    ``Report.broken`` names the seeds that broke a rule, each with its story; ``Report.table()`` shows how often each
    kind of fault struck at each await point. Use ``python -m erplink.testing.simulate`` for many, on every core.
    """
    return with_stories(total(run_seed(seed) for seed in (range(seeds) if isinstance(seeds, int) else seeds)))


def replay(seed: int) -> Trial:
    """The same run again. ``tell`` tells its story, ``shrink`` makes the shortest of it that breaks the same rule."""
    return run_seed(seed)
