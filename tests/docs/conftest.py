"""What the samples of the docs and the examples find: a sample Kingdee being served, and an empty folder to work in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Server


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a fresh sample world, name it in the environment, and work in a folder of its own."""
    from erplink.testing.worlds.kingdee import KingdeeWorld, serve

    world = KingdeeWorld(sample=True)
    monkeypatch.chdir(tmp_path)
    with serve(world) as running:
        login = world.credentials
        for name, value in {
            "URL": running.url,
            "ACCT_ID": login.acct_id,
            "USERNAME": login.username,
            "PASSWORD": login.password,
            "APP_ID": login.app_id,
            "APP_SECRET": login.app_secret,
        }.items():
            monkeypatch.setenv(f"ERPLINK_KINGDEE_{name}", value)
        yield tmp_path


@pytest.fixture
def on_open_platforms(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A 苍穹 and a company of 云星辰 with the sample shop, named in the environment as ``erplink mock`` does."""
    from attrs import asdict

    from erplink.testing.worlds import cosmic, xingchen
    from erplink.testing.worlds.shop import Shop

    sample = Shop(sample=True, session_seconds=7200.0)
    with cosmic.serve(cosmic.CosmicWorld(sample)) as one, xingchen.serve(xingchen.XingchenWorld(sample)) as other:
        for kind, running in (("COSMIC", one), ("XINGCHEN", other)):
            for name, value in {"url": running.url, **asdict(running.credentials)}.items():
                monkeypatch.setenv(f"ERPLINK_{kind}_{name.upper()}", value)
        yield


@pytest.fixture
def on_postgresql(postgresql: Server) -> Iterator[str]:
    """The address of an empty database on PostgreSQL."""
    with postgresql.made() as name:
        yield postgresql.address(name)


@pytest.fixture(autouse=True)
def _django_anew() -> Iterator[None]:
    """Django is configured once per process, and each script and each page is one of its own."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "django"]:
        del sys.modules[name]
