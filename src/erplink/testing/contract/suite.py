"""From a subject to test classes that pytest collects."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from types import FunctionType, ModuleType

from erplink.errors import ConfigInvalid
from erplink.model.documents import Entity
from erplink.testing.contract.promise import promise_of
from erplink.testing.contract.subject import Subject
from erplink.wire.adapter import Verb

CASES = (
    "declares",
    "reads",
    "texts",
    "exactness",
    "statuses",
    "broken",
    "paging",
    "changes",
    "keys",
    "session",
    "errors",
    "creates",
    "updates",
    "acts",
    "stock",
    "raw",
    "secrets",
)
"""The modules with the promises."""


def suite(subject: Subject) -> dict[str, type]:
    """The test classes for a subject, by name; a test module puts them among its globals.

    Only what the adapter offers is tested, and what it offers and no test can prove is an error.

    Raises:
        ConfigInvalid: a capability that cannot be proven: the sentence says what is missing.

    >>> from erplink.testing.contract.subjects.kingdee import KingdeeSubject
    >>> "TestKingdeeReads" in suite(KingdeeSubject())
    True
    """
    import pytest

    modules = [f"{__package__}.cases.{name}" for name in CASES]
    pytest.register_assert_rewrite(*(name for name in modules if name not in sys.modules))
    cases = [case for name in modules for case in _cases(import_module(name))]
    _check(subject, cases)
    made = [_for(subject, case) for case in cases]
    return {one.__name__: one for one in made if any(callable(getattr(one, name)) for name in _tests(one))}


def _cases(module: ModuleType) -> list[type]:
    return [
        found
        for name, found in vars(module).items()
        if name.startswith("Test") and isinstance(found, type) and found.__module__ == module.__name__
    ]


def _for(subject: Subject, case: type) -> type:
    """The class for one subject; tests that do not concern it are hidden from pytest."""
    idle = dict.fromkeys(name for name in _tests(case) if not _concerns(subject, getattr(case, name)))
    told = {"subject": subject, "__doc__": case.__doc__, "__module__": case.__module__}
    return type(f"Test{_title(subject.name)}{case.__name__.removeprefix('Test')}", (case,), {**told, **idle})


def _tests(case: type) -> list[str]:
    return [name for name in dir(case) if name.startswith("test_")]


def _concerns(subject: Subject, test: FunctionType) -> bool:
    promise = promise_of(test)
    return promise is None or not promise.verbs or bool(promise.entities_of(subject))


def _check(subject: Subject, cases: list[type]) -> None:
    proven: set[tuple[Entity, Verb]] = set()
    for case in cases:
        for test in vars(case).values():
            promise = promise_of(test)
            if promise is not None and promise.every and not set(promise.features) & set(subject.without):
                proven |= {(entity, verb) for entity in promise.entities_of(subject) for verb in promise.verbs}
    for one in subject.offers:
        if (one.entity, one.verb) not in proven:
            raise ConfigInvalid(
                f"nothing proves that {subject.name} can {one.verb} {one.entity}",
                where="contract suite",
                next_step=f"say in the shape of {one.entity} how to try it, or do not declare it",
            )


def _title(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name))
