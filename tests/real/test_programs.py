"""How outside programs are kept, started and ended, whatever happens meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.brokers.own_server import free_port
from tests.cli.shell import environment
from tests.real import cache
from tests.real.cache import kept, needed
from tests.real.programs import ProgramFailed, run, served

STAY = """
import socket, sys
door = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listens", flush=True)
while True:
    door.accept()[0].close()
"""
HOLD = f"""
import sys
from pathlib import Path
from tests.real.programs import served
command = [sys.executable, "-c", {STAY!r}, sys.argv[1]]
with served(command, int(sys.argv[1]), Path(sys.argv[2])):
    print("served", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "HOME", tmp_path / "home")
    return tmp_path / "home"


def listens(port: int) -> bool:
    probe = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
    return subprocess.run([sys.executable, "-c", probe], stderr=subprocess.DEVNULL, check=False).returncode == 0


def test_a_program_is_there_during_the_block_and_gone_after_it(tmp_path: Path) -> None:
    port = free_port()
    with served([sys.executable, "-c", STAY, str(port)], port, tmp_path / "log"):
        assert listens(port)
    assert not listens(port)
    assert (tmp_path / "log").read_text() == "listens\n"


def test_a_program_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print('no such database'); sys.exit(3)"]
    with pytest.raises(ProgramFailed, match=r"ended with 3:\nno such database"), served(command, 1, tmp_path / "log"):
        pytest.fail("it does not listen")


def test_a_program_that_never_listens_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    slow = pytest.raises(ProgramFailed, match=r"did not listen after 0 s")
    with slow, served(command, 1, tmp_path / "log", seconds=0.2):
        pytest.fail("it does not listen")


def test_no_program_outlives_a_killed_test(tmp_path: Path, repository: Path) -> None:
    port = free_port()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(port), str(tmp_path / "log")],
        cwd=repository,
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "served\n"
        holder.kill()
    assert any(not listens(port) for _ in range(200))


def test_a_program_that_fails_shows_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match=r"ended with 1:\nno network"):
        run([sys.executable, "-c", "raise SystemExit('no network')"], tmp_path)


def test_what_is_kept_is_made_once_and_whole(home: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "half").touch()
        if len(made) == 1:
            raise KeyboardInterrupt
        (folder / "whole").touch()

    with pytest.raises(KeyboardInterrupt):
        kept("thing", "1.0", make=make)
    assert list(home.iterdir()) == []
    first, again = kept("thing", "1.0", make=make), kept("thing", "1.0", make=make)
    assert (first, len(made)) == (again, 2)
    assert sorted(path.name for path in first.iterdir()) == ["half", "whole"]
    assert kept("thing", "2.0", make=make) != first
    assert len(made) == 3


def test_of_two_runs_at_once_the_first_counts(home: Path) -> None:
    def make(folder: Path, who: str = "second") -> None:
        if who == "second":
            kept("thing", "1.0", make=lambda other: make(other, "first"))
        (folder / who).touch()

    assert [path.name for path in kept("thing", "1.0", make=make).iterdir()] == ["first"]
    assert len(list(home.iterdir())) == 1


def test_what_cannot_be_installed_is_skipped_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with (
        pytest.raises(pytest.skip.Exception, match=r"^cannot install this from there: pip ended with 1$"),
        needed("this from there"),
    ):
        raise ProgramFailed("pip ended with 1:\nno network")


def test_where_ci_promises_it_that_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"no network, but CI is set"), needed("this from there"):
        raise ProgramFailed("pip ended with 1:\nno network")
