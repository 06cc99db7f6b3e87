from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.erp.kingdee.cosmic.ierp import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erp.kingdee.cosmic.ierp import Ierp


@pytest.fixture
def ierp() -> Iterator[Ierp]:
    """A 苍穹 of its own, for tests that write or break things."""
    with opened() as running:
        yield running


@pytest.fixture(scope="module")
def quiet() -> Iterator[Ierp]:
    """A 苍穹 shared by the reading tests of a module."""
    with opened() as running:
        yield running
