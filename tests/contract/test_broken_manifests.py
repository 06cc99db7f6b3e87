"""A manifest with a mistake in it fails the test of the contract that it should."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.contract.apart import failures, run
from tests.contract.broken_manifests import MISTAKES, Mistake

MODULE = """
from erplink.testing.contract import suite
from tests.contract.broken_manifests import MISTAKES

for mistake in MISTAKES:
    made = suite(mistake.subject())
    globals().update({name: case for name, case in made.items() if name.endswith(mistake.case)})
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """The tests that failed, by class."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "test_broken.py").write_text(MODULE, encoding="utf-8")
    code, said, cases = run(folder, "-k", "blocking and orders")
    assert code == 1, said
    return failures(cases)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name)
def test_a_mistake_is_found_by_the_tests_that_should_find_it(mistake: Mistake, found: Mapping[str, set[str]]) -> None:
    words = "".join(word[:1].upper() + word[1:] for word in f"{mistake.family}-{mistake.name}".split("-"))
    assert found[f"Test{words}{mistake.case}"] == mistake.found_by
