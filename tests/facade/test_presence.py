"""Who holds something and was killed: known for certain, or not claimed at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from erplink.facade.presence import gone, me

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells whether a process runs")


def test_a_process_is_gone_when_it_was_killed_and_not_before() -> None:
    program = "from erplink.facade.presence import me; print(me(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as other:
        assert other.stdout is not None
        name = other.stdout.readline().strip()
        assert not gone(name)
        other.kill()
        other.wait()
        assert gone(name)


def test_another_process_of_the_same_number_is_somebody_else() -> None:
    host, room, pid, start = me().split(":")
    assert not gone(f"{host}:{room}:{pid}:{start}")
    assert gone(f"{host}:{room}:{pid}:{int(start) - 1}")


@pytest.mark.parametrize("place", [0, 1])
def test_of_other_machines_and_containers_nothing_is_known(place: int) -> None:
    parts = me().split(":")
    parts[place] += "x"
    parts[3] = "1"
    assert not gone(":".join(parts))


def test_a_name_that_is_no_process_is_not_gone() -> None:
    assert not gone("worker-1")
