from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from erplink.cli.exits import error_of, exit_code
from erplink.cli.programmes import SHIPPED, choose
from erplink.cli.world_process import attached_to, read_ready, started
from erplink.errors import Busy, ConfigInvalid, ErplinkError, FileInvalid, LoginRefused, Refused, Unreachable
from tests.cli.shell import environment, erplink


@pytest.mark.parametrize(
    ("error", "code"),
    [(FileInvalid("x"), 2), (LoginRefused("x"), 3), (Refused("x"), 4), (Busy("x"), 5), (Unreachable("x"), 5)],
)
def test_the_exit_code_tells_what_to_do_and_survives_a_process(error: ErplinkError, code: int) -> None:
    assert exit_code(error) == code
    assert exit_code(error_of(code, "a sentence")) == code
    assert str(error_of(code, "a sentence")) == "a sentence"


@pytest.mark.parametrize(
    ("library", "command", "extra"),
    [
        ("typer", ["demo"], "erplink[cli]"),
        ("rich", ["demo"], "erplink[cli]"),
        ("matplotlib", ["demo"], "erplink[demo]"),
        ("starlette", ["demo"], "erplink[demo]"),
        ("uvicorn", ["mock", "kingdee"], "erplink[testing]"),
        ("pyarrow", ["demo", "--orders", "x.parquet"], "erplink[files]"),
    ],
)
def test_a_missing_library_is_one_sentence_that_names_the_extra(
    library: str, command: list[str], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "x.parquet").write_bytes(b"")
    program = f"import sys; sys.modules[{library!r}] = None; from erplink.cli import main; main({command!r})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert library in done.stderr
    assert f"pip install '{extra}'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_help_and_the_list_of_commands_need_no_world(tmp_path: Path) -> None:
    for command in ((), ("demo",), ("mock", "kingdee"), ("doctor",), ("export",)):
        done = erplink(*command, "--help", cwd=tmp_path)
        assert done.code == 0, done.err
        assert "Usage" in done.out


def test_the_world_answers_while_the_block_lasts_and_is_gone_after_it(tmp_path: Path) -> None:
    with started(["--sample"], tmp_path / "world.log") as world:
        assert world.stats()["documents"]["SAL_SaleOrder"] == 600
        assert world.ready.app_secret not in repr(world)
    with attached_to(world.ready) as gone, pytest.raises(Unreachable):
        gone.stats()


def test_the_worlds_own_sentence_and_exit_code_are_passed_on(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("nothing\n1\n", encoding="utf-8")
    with pytest.raises(ErplinkError, match="row 1") as caught, started(["--orders", str(bad)], tmp_path / "world.log"):
        pass
    assert exit_code(caught.value) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_a_world_does_not_outlive_a_killed_client(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from erplink.cli.world_process import started\n"
        "with started(['--sample'], Path('world.log')) as world:\n"
        "    print(world.ready.url, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as client:
        assert client.stdout is not None
        address = urlsplit(client.stdout.readline().strip())
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
            client.kill()
            assert line.recv(1) == b"", "the system closes the connection when the world is gone"


def test_a_first_line_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(ConfigInvalid, match="first line of a world"):
        read_ready('{"url": 1}')
    assert "s3cret" not in repr(
        read_ready(json.dumps(dict.fromkeys(("url", "acct_id", "username", "app_id"), "x") | {"app_secret": "s3cret"}))
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_policies_take_the_zone_and_currency_of_the_shop(name: str) -> None:
    chosen = choose(name, "Europe/London", "GBP")
    assert (chosen.zone, chosen.currency) == ("Europe/London", "GBP")
    assert choose(name, None, None).hash != chosen.hash
    assert "WALKIN" in chosen.assembly.anonymous


@pytest.mark.parametrize(("zone", "currency"), [("x: [", None), ('a"b', None), ("Mars/Olympus", None), (None, "{}")])
def test_an_odd_zone_or_currency_cannot_become_policy_text(zone: str | None, currency: str | None) -> None:
    with pytest.raises(ErplinkError) as caught:
        choose("demo", zone, currency)
    assert exit_code(caught.value) == 2
