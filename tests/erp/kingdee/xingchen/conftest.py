from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.erp.kingdee.xingchen.jdy import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erp.kingdee.xingchen.jdy import Jdy


@pytest.fixture
def jdy() -> Iterator[Jdy]:
    """A company of its own, for tests that break things."""
    with opened() as running:
        yield running


@pytest.fixture(scope="module")
def quiet() -> Iterator[Jdy]:
    """A company shared by the reading tests of a module."""
    with opened() as running:
        yield running
