"""The simulator itself: what it runs, that it repeats itself, that it tells short stories, that runs add up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from erplink.testing.simulate import Trial, replay, run_script, shrink, simulate, tell
from erplink.testing.simulate.__main__ import main
from erplink.testing.simulate.fleet import Task, run
from erplink.testing.simulate.tally import load
from tests.simulation.switches import no_probe

SEEDS = range(24)


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [replay(seed) for seed in SEEDS]


def test_nothing_is_lost_and_nothing_doubled(trials: list[Trial]) -> None:
    assert {trial.script.seed: trial.broken for trial in trials if trial.broken} == {}


def test_each_seed_is_long_enough_and_hostile_enough(trials: list[Trial]) -> None:
    assert min(trial.steps for trial in trials) >= 60
    assert min(len(trial.script.faults) for trial in trials) >= 3
    for trial in trials:
        assert {"w1", "w2"} <= {line.actor for line in trial.story}
        assert {"people", "till"} <= {line.actor.partition(" ")[0] for line in trial.story}


def test_a_script_gives_the_same_run_as_its_seed(trials: list[Trial]) -> None:
    for trial in trials[:5]:
        again = run_script(trial.script)
        assert again.story == trial.story
        assert again.script == trial.script


STORIES = """
import sys
from erplink.testing.simulate import replay, tell
for seed in map(int, sys.argv[1:]):
    trial = replay(seed)
    print(tell(trial), trial.pairs.total(), trial.script)
"""


def stories(*seeds: int, hashes: str) -> list[str]:
    """What another process tells of these seeds, in this order."""
    done = subprocess.run(
        [sys.executable, "-c", STORIES, *map(str, seeds)],
        env={**os.environ, "PYTHONHASHSEED": hashes},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return sorted(done.stdout.split("seed "))


def test_a_seed_is_the_same_in_every_process_and_after_any_other_seed() -> None:
    assert stories(3, 11, 4, hashes="1") == stories(4, 3, 11, hashes="2")


def test_a_planted_defect_is_told_in_a_short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    no_probe(monkeypatch)
    broken = next(trial for trial in map(replay, range(200)) if trial.broken)
    short = shrink(broken, tries=60)
    assert "was made 2 times" in short.broken
    assert len(short.script.faults) <= len(broken.script.faults)
    assert len(short.script.scenario.deeds) < len(broken.script.scenario.deeds)
    story = tell(short).splitlines()
    assert len(story) <= 24
    assert sum("send:orders.create" in line for line in story) >= 2
    assert run_script(short.script).broken == short.broken


def test_a_run_that_holds_is_not_shortened(trials: list[Trial]) -> None:
    assert shrink(trials[0]) is trials[0]


def test_the_table_names_every_point_and_every_fault_that_fits_there() -> None:
    report = simulate(range(100, 106))
    head, *rows = report.table().splitlines()
    assert {"before", "midway", "replost", "skew", "late"} <= set(head.split())
    create = next(row.split() for row in rows if row.startswith("send:orders.create "))
    assert create[head.split()[1:].index("midway")] == "-", "a call is no transaction"
    assert report.seeds == 6
    assert report.broken == []


def test_runs_add_up_in_a_state_file(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    first = run(Task(seeds=3, processes=2, state=state))
    told: list[int] = []
    second = run(Task(seeds=2, processes=1, state=state), lambda report: told.append(report.seeds))
    assert (first.seeds, first.next) == (3, 3)
    assert (second.seeds, second.next) == (5, 5)
    assert told == [5]
    alone = simulate(5)
    assert load(state).pairs == second.pairs == alone.pairs
    assert (second.steps, second.faults) == (alone.steps, alone.faults)


def test_the_command_prints_figures_and_can_be_read_by_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "2", "--processes", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["seeds"] == 2
    assert said["pairs"]
    assert main(["--seeds", "2", "--processes", "1"]) == 0
    said = capsys.readouterr().out
    assert "2 seeds" in said
    assert "nothing lost, nothing doubled" in said
    assert main(["--replay", "1"]) == 0
    assert capsys.readouterr().out.startswith("seed 1: everything holds")


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
def test_no_process_goes_on_when_the_one_that_began_them_is_killed() -> None:
    program = (
        "import sys; from erplink.testing.simulate import fleet\n"
        "fleet.BLOCK = 1\n"
        "fleet.run(fleet.Task(processes=1), lambda report: print(report.seeds, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, encoding="utf-8") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "1\n"
        running.kill()
        try:
            running.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            pytest.fail("somebody still holds the pipe")


def test_a_time_that_is_over_ends_a_run() -> None:
    assert run(Task(seconds=0.0, processes=1)).seeds == 0
