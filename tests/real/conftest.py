"""Real systems, each started once for a module and holding its seed; a test that writes takes a module of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.tryton import Tryton, running


@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    """Tryton with its seed."""
    with running(tmp_path_factory.mktemp("tryton")) as system:
        yield system
