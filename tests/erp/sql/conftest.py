"""What the tests of SQL stand on: an empty database of each kind in turn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.engine import make_url

from tests.databases import Server

KINDS = ("sqlite", "postgresql", "mariadb")
MARIADB = "mysql+pymysql://root@127.0.0.1:3306/"
"""A server that may be there; ``ERPLINK_TEST_MARIADB`` names another one."""

_numbers = count(1)


@frozen
class Place:
    """An empty database of a kind: how erplink reads its address, and a folder of one's own."""

    kind: str
    url: str
    folder: Path


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A database of each kind in turn; ``@on("postgresql")`` asks for some."""
    kind: str = request.param
    if kind == "sqlite":
        yield Place(kind, f"sqlite:///{tmp_path / 'erp.db'}", tmp_path)
    elif kind == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        with server.made() as name:
            yield Place(kind, server.address(name), tmp_path)
    else:
        with mariadb() as url:
            yield Place(kind, url, tmp_path)


def on(*kinds: str) -> pytest.MarkDecorator:
    """For tests of what only some kinds of databases do."""
    return pytest.mark.parametrize("place", kinds, indirect=True)


@contextmanager
def mariadb() -> Iterator[str]:
    """The address of a MariaDB database of one's own; gone after the block."""
    url = make_url(os.environ.get("ERPLINK_TEST_MARIADB") or MARIADB)
    name = f"erplink_test_{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(url, connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    except sa.exc.OperationalError:
        pytest.skip(f"no MariaDB at {url.host}:{url.port}; ERPLINK_TEST_MARIADB names one")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
        engine.dispose()
