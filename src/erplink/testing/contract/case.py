"""What every class of the suite stands on: a running system, a door, and one run per door, entity and fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier
from typing import Any, ClassVar, TypeVar

import pytest
from attrs import field, frozen

from erplink.errors import ErplinkError
from erplink.model.documents import Entity
from erplink.testing.contract.doors import DOORS, Door, Opened, door
from erplink.testing.contract.hurry import Hurry, Pauses
from erplink.testing.contract.promise import Promise, promise_of, shape_of
from erplink.testing.contract.subject import Fault, Shape, Subject, System
from erplink.wire.adapter import Verb

T = TypeVar("T")


@frozen
class Lab:
    """An empty system, and the door by which it is entered. ``pauses`` are those of every connection."""

    subject: Subject
    system: System
    door: Door
    pauses: Pauses = field(factory=Pauses)

    def open(self, *, page: int = 50, parallel: int = 1, timeout: float = 60.0) -> AbstractContextManager[Opened]:
        """A connection whose pauses take no time."""
        settings = Hurry(self.system.settings(page=page), self.pauses)
        return self.door.open(settings, parallel=parallel, timeout=timeout)

    def trait(self, entity: Entity, verb: Verb, name: str) -> str:
        """What the adapter says of a capability; empty where it says nothing."""
        found = [one.traits.get(name, "") for one in self.subject.offers if (one.entity, one.verb) == (entity, verb)]
        return found[0] if found else ""

    def shape(self, entity: Entity) -> Shape:
        """What the system keeps of an entity."""
        return shape_of(self.subject, entity)


PASSING: tuple[Fault, ...] = (
    "session_lost",
    "dropped",
    "reply_lost",
    "cut_short",
    "html_page",
    "server_error",
    "error_in_200",
    "busy",
    "busy_for_seconds",
    "busy_until_date",
    "locked",
)
"""What a patient client survives."""
HERD = 20


def passing_but(fault: Fault) -> tuple[Fault, ...]:
    """All of them but one."""
    left: list[Fault] = [one for one in PASSING if one != fault]
    return tuple(left)


def herd(job: Callable[[int], T]) -> list[T | ErplinkError]:
    """What becomes of a job that many threads do at the same time; behind an asynchronous door they are tasks."""
    start = Barrier(HERD)

    def run(place: int) -> T | ErplinkError:
        start.wait()
        try:
            return job(place)
        except ErplinkError as error:
            return error

    with ThreadPoolExecutor(HERD) as pool:
        return list(pool.map(run, range(HERD)))


class Case:
    """Tests of one promise. ``suite`` makes a class of them for each subject."""

    subject: ClassVar[Subject]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One run per door, entity and fault."""
        promise = promise_of(metafunc.function) or Promise(())
        if "lab" in metafunc.fixturenames:
            reasons = [self.subject.without[one] for one in promise.features if one in self.subject.without]
            metafunc.parametrize("way", [_param(name, *reasons) for name in DOORS], indirect=True, ids=DOORS)
        if "entity" in metafunc.fixturenames:
            metafunc.parametrize("entity", promise.entities_of(self.subject))
        if "fault" in metafunc.fixturenames:
            known = self.subject.without
            faults = [_param(fault, *([known[fault]] if fault in known else [])) for fault in promise.faults]
            metafunc.parametrize("fault", faults, ids=promise.faults)

    @pytest.fixture(scope="class")
    @classmethod
    def running(cls) -> Iterator[System]:
        """One system for the tests of a class."""
        with cls.subject.start() as system:
            yield system

    @pytest.fixture
    def way(self, request: pytest.FixtureRequest) -> Iterator[Door]:
        """The door of this run."""
        if request.param == "trio":
            pytest.importorskip("trio")
        with door(request.param) as way:
            yield way

    @pytest.fixture
    def lab(self, running: System, way: Door) -> Lab:
        """The system as new, and the door."""
        running.empty()
        return Lab(self.subject, running, way)


def _param(value: Any, *reasons: str) -> Any:  # noqa: ANN401 - what pytest takes and gives
    return pytest.param(value, marks=[pytest.mark.skip(reason=reason) for reason in reasons])
