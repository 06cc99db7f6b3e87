"""What tests of files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.erp.files.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty folder to put a manifest and files into."""
    return Shop(tmp_path)
