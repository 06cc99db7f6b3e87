"""Fresh databases for tests: the same test runs on SQLite and on PostgreSQL, each time on a database of its own."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from attrs import define, field, frozen
from sqlalchemy.engine import make_url

from erplink.store.database import open_store

ENGINES = ("sqlite", "postgresql")
RUNNING = "postgresql://postgres@127.0.0.1:5432/postgres"
"""A server that may be there already; ``ERPLINK_TEST_POSTGRES`` names another one."""

HAS_WHEEL = sys.platform != "win32" and sys.version_info < (3, 13)
"""Whether ``pgserver`` is built for this Python and system."""

_numbers = count(1)


@frozen
class Server:
    """A PostgreSQL server on which databases may be made and dropped."""

    url: str

    def run(self, statement: str, *values: object, database: str = "") -> list[tuple[object, ...]]:
        """Run one statement as the one who owns everything, on its own connection; the rows it gives."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def dsn(self, database: str = "") -> str:
        """The address of a database as libpq reads it."""
        url = make_url(self.url).set(drivername="postgresql")
        return (url.set(database=database) if database else url).render_as_string(hide_password=False)

    def address(self, database: str) -> str:
        """The address of a database as erplink reads it."""
        url = make_url(self.url).set(drivername="postgresql+psycopg", database=database)
        return url.render_as_string(hide_password=False)

    @contextmanager
    def made(self, template: str = "template1", options: str = "") -> Iterator[str]:
        """The name of a database of one's own, a copy of ``template``; it is gone after the block."""
        name = f"erplink_test_{os.getpid()}_{next(_numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server: the one that runs, else one that is started for this session."""
    named = os.environ.get("ERPLINK_TEST_POSTGRES", "")
    if named or _answers(RUNNING):
        yield Server(named or RUNNING)
        return
    if not HAS_WHEEL:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432, and the wheel pgserver is not built for this Python and system")
    with started() as server:
        yield server


def server_or_skip() -> str:
    """The address of a server that runs, for modules that have to know it; where there is none they are left out."""
    named = os.environ.get("ERPLINK_TEST_POSTGRES", "") or RUNNING
    if not _answers(named):
        pytest.skip("no PostgreSQL at 127.0.0.1:5432; ERPLINK_TEST_POSTGRES names one", allow_module_level=True)
    return named


@contextmanager
def started(home: Path | None = None) -> Iterator[Server]:
    """A server of the ``pgserver`` wheel, reached by a socket; started again in its ``home`` it is the same one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a machine without XDG_RUNTIME_DIR
        from pgserver.postgres_server import get_server

    with ExitStack() as stack:
        folder = home or Path(stack.enter_context(TemporaryDirectory(prefix="erplink-pg-")))
        folder.chmod(0o755)  # as root, pgserver runs the server as somebody else
        running = stack.enter_context(get_server(folder / "data", cleanup_mode="stop"))
        server = Server(running.get_uri())
        server.run("ALTER SYSTEM SET fsync = off")  # nobody cuts the power of a test
        server.run("SELECT pg_reload_conf()")
        yield server


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A folder in which a test may start a server of its own, stop it and start it again."""
    if not HAS_WHEEL:
        pytest.skip("the wheel pgserver is not built for this Python and system, so no server can be stopped at will")
    with TemporaryDirectory(prefix="erplink-pg-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def template(postgresql: Server) -> Iterator[str]:
    """The name of a database with erplink's tables and nothing in them."""
    with postgresql.made() as name:
        open_store(postgresql.address(name)).close()
        yield name


@define
class Databases:
    """Databases of one kind that live as long as a test; ``folder`` is the test's own."""

    engine: str
    folder: Path
    server: Server | None
    _template: str
    _stack: ExitStack
    _known: dict[str, str] = field(factory=dict)

    def url(self, name: str = "books") -> str:
        """The address of a database; the same name is the same database, and a new name a fresh one."""
        return self._known.setdefault(name, "") or self._make(name, self._template)

    def empty(self, name: str = "empty") -> str:
        """Likewise, of a database in which there is no table yet."""
        return self._known.setdefault(name, "") or self._make(name, "template1")

    def _make(self, name: str, template: str) -> str:
        if self.server is None:
            url = f"sqlite:///{self.folder / name}.db"
        else:
            url = self.server.address(self._stack.enter_context(self.server.made(template)))
        self._known[name] = url
        return url


@pytest.fixture(params=ENGINES)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Databases of each kind in turn; ``@only("postgresql")`` asks for one kind."""
    engine = request.param
    server = request.getfixturevalue("postgresql") if engine == "postgresql" else None
    ready = request.getfixturevalue("template") if engine == "postgresql" else ""
    with ExitStack() as stack:
        yield Databases(engine, tmp_path, server, ready, stack)


@pytest.fixture
def database(databases: Databases) -> str:
    """The address of a fresh database of each kind in turn."""
    return databases.url()


def only(engine: str) -> pytest.MarkDecorator:
    """For tests of what one kind of database does."""
    return pytest.mark.parametrize("databases", [engine], indirect=True)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True
