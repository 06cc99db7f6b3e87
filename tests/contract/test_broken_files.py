"""An adapter of files that is broken fails the test of the contract that it should."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.contract.apart import failures, run
from tests.contract.broken_files import BREAKAGES, Breakage

MODULE = """
from erplink.testing.contract import suite
from tests.contract.broken_files import BREAKAGES, BrokenSubject

for breakage in BREAKAGES:
    made = suite(BrokenSubject(breakage=breakage))
    globals().update({name: case for name, case in made.items() if name.endswith(breakage.case)})
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """The tests that failed, by class."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "test_broken.py").write_text(MODULE, encoding="utf-8")
    code, said, cases = run(folder, "-k", "blocking and orders")
    assert code == 1, said
    return failures(cases)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda one: one.kind.__name__)
def test_what_is_broken_is_found_by_the_tests_that_should_find_it(
    breakage: Breakage, found: Mapping[str, set[str]]
) -> None:
    assert found[f"TestFiles{breakage.kind.__name__}{breakage.case}"] == breakage.found_by
