"""From a failing run to the shortest one that fails in the same way: what is not needed for it is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from attrs import define, evolve

from erplink.testing.simulate.trial import Script, Trial, run_script

T = TypeVar("T")
_PARTICULAR = re.compile(r"ERPL-\w+|[0-9a-f]{32}|\d+")

TRIES = 400
"""How many runs are spent on one failure."""


def shrink(trial: Trial, tries: int = TRIES) -> Trial:
    """The shortest run found that breaks the same rule. A trial that broke none is given back as it is."""
    if not trial.broken:
        return trial
    search = _Search(trial, tries)
    while search.tries > 0 and search.round():
        pass
    return search.best


def rule_of(broken: str) -> str:
    """What did not hold, without the figures and names of this one run."""
    return _PARTICULAR.sub("#", broken)


@define
class _Search:
    best: Trial
    tries: int

    def round(self) -> bool:
        """Try to leave out each kind of thing once; whether anything could be."""
        before = self.best.script
        self._without(lambda script: script.faults, lambda script, kept: evolve(script, faults=tuple(kept)))
        self._without(
            lambda script: script.scenario.deeds,
            lambda script, kept: evolve(script, scenario=evolve(script.scenario, deeds=tuple(kept))),
        )
        for name in ("skews", "rounds"):
            self._without_entries(name)
        self._evenly()
        return self.best.script != before

    def _try(self, script: Script) -> bool:
        if self.tries <= 0 or script == self.best.script:
            return False
        self.tries -= 1
        trial = run_script(script)
        if rule_of(trial.broken) != rule_of(self.best.broken):
            return False
        # What was written down and did not strike is no part of the story.
        self.best = trial
        return True

    def _without(
        self, parts_of: Callable[[Script], Sequence[T]], with_parts: Callable[[Script, Sequence[T]], Script]
    ) -> None:
        size = max(len(parts_of(self.best.script)) // 2, 1)
        while size:
            start = 0
            while start < len(parts := parts_of(self.best.script)):
                if not self._try(with_parts(self.best.script, [*parts[:start], *parts[start + size :]])):
                    start += size
            size //= 2

    def _without_entries(self, name: str) -> None:
        entries: dict[str, int] = dict(getattr(self.best.script.scenario, name))
        for each, before in entries.items():
            for value in _smaller(before):
                scenario = self.best.script.scenario
                changed: dict[str, Any] = {name: {**getattr(scenario, name), each: value}}
                self._try(evolve(self.best.script, scenario=evolve(scenario, **changed)))

    def _evenly(self) -> None:
        """Give the steps of each process the same length, as far as that leaves the failure alone."""
        for actor in self.best.script.delays:
            delays = self.best.script.delays[actor]
            for kept in ((), delays[: len(delays) // 2], delays[: -len(delays) // 4]):
                if self._try(evolve(self.best.script, delays={**self.best.script.delays, actor: kept})):
                    break


def _smaller(value: int) -> Iterator[int]:
    if value:
        yield 0
    if value > 1:
        yield 1
