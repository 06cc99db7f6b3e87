"""The simulator sees: each mechanism that keeps things single and whole is missed when it is switched off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from erplink.testing.simulate import replay, shrink, tell
from erplink.testing.simulate.trial import ground
from tests.simulation.switches import SWITCHES

WITHIN = 1_000

pytestmark = pytest.mark.simulation


@pytest.mark.parametrize("off", SWITCHES, ids=lambda off: off.__name__)
def test_a_mechanism_that_is_switched_off_is_missed(
    off: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ground()  # the past of the companies is sound
    off(monkeypatch)
    found = next((trial for trial in map(replay, range(WITHIN)) if trial.broken), None)
    assert found is not None, f"{WITHIN} seeds did not miss it"
    print(f"\n{off.__doc__}\n{tell(shrink(found, 100))}")
