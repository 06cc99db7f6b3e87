"""Behind every door the same facade, and nothing is left when it is shut."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from erplink.errors import NotFound
from erplink.testing.contract.doors import DOORS, DoorName, door
from erplink.testing.contract.specimens import crowd
from erplink.testing.contract.subject import System
from erplink.testing.contract.subjects.kingdee import KingdeeSubject


@pytest.fixture(scope="module")
def running() -> Iterator[System]:
    with KingdeeSubject().start() as system:
        yield system


@pytest.fixture
def system(running: System) -> System:
    running.empty()
    return running


@pytest.mark.parametrize("name", DOORS)
def test_a_door_leaves_no_thread_behind(system: System, name: DoorName) -> None:
    system.plant(crowd("orders", 9))
    before = set(threading.enumerate())
    with door(name) as way, way.open(system.settings(page=2), parallel=3) as erp:
        assert len(list(erp.of("orders").list())) == 9
    assert set(threading.enumerate()) == before


class Interrupted(Exception):
    """A test fails in the middle."""


@pytest.mark.parametrize("name", DOORS)
def test_a_door_leaves_no_thread_behind_when_a_test_fails(system: System, name: DoorName) -> None:
    system.plant(crowd("orders", 9))
    before = set(threading.enumerate())
    with pytest.raises(Interrupted):
        _fail_amid_a_stream(system, name)
    assert set(threading.enumerate()) == before


def _fail_amid_a_stream(system: System, name: DoorName) -> None:
    with door(name) as way, way.open(system.settings(page=2), parallel=3) as erp:
        for _ in erp.of("orders").list():
            raise Interrupted


@pytest.mark.parametrize("name", DOORS)
def test_an_error_comes_through_a_door_as_it_is(system: System, name: DoorName) -> None:
    with door(name) as way, way.open(system.settings(page=2)) as erp, pytest.raises(NotFound, match="N0001"):
        erp.of("orders").get("N0001")
