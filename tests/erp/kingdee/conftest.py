from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.erp.kingdee.shop import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erp.kingdee.shop import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop of its own, for tests that write or break things."""
    with opened() as running:
        yield running


@pytest.fixture(scope="module")
def quiet_shop() -> Iterator[Shop]:
    """A shop shared by the reading tests of a module."""
    with opened() as running:
        yield running
