"""The simulator sees: each mechanism that keeps things single and whole is missed when it is switched off."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from erplink.testing.simulate import replay, shrink, tell
from erplink.testing.simulate.trial import ground
from tests.simulation.switches import SWITCHES

WITHIN = 1_000

pytestmark = pytest.mark.simulation


@pytest.mark.parametrize(("off", "rule"), SWITCHES.items(), ids=[off.__name__ for off in SWITCHES])
def test_a_mechanism_that_is_switched_off_is_missed(
    off: Callable[[pytest.MonkeyPatch], None], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground()  # the past of the companies is sound
    off(monkeypatch)
    found = next((trial for trial in map(replay, range(WITHIN)) if trial.broken), None)
    assert found is not None, f"{WITHIN} seeds did not miss it"
    assert re.search(rule, found.broken), f"{found.broken} in seed {found.script.seed}"
    print(f"\n{off.__doc__}\n{tell(shrink(found, 100))}")
