"""What every test may rely on: no network outside loopback, the shared reference folder, hypothesis profiles."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import database, databases, own_home, postgresql, template
from tests.network import guard

__all__ = ["database", "databases", "own_home", "postgresql", "template"]  # fixtures for every test

REPOSITORY = Path(__file__).resolve().parent.parent

sys.addaudithook(guard)

settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the project, for tests about the project itself."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository (`ERPLINK_SHARED`), or a skip that says so."""
    folder = Path(os.environ.get("ERPLINK_SHARED") or REPOSITORY.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"the reference folder {folder} is not here; set ERPLINK_SHARED to run this test")
    return folder


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's proxies from carrying a loopback request away."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
