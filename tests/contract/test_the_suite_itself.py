"""The suite finds what it is to find, claims nothing it cannot show, and works where there is nothing but pytest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.model.documents import Entity
from erplink.testing.contract import Shape, suite
from erplink.testing.contract.doors import DOORS
from erplink.testing.contract.subjects.kingdee import KingdeeSubject
from erplink.wire.adapter import Capability
from tests.contract.apart import failures, run
from tests.contract.sabotage import SABOTEURS, Saboteur
from tests.documents import blocks

BROKEN = """
from erplink.testing.contract import suite
from tests.contract.apart import failures, run
from tests.contract.sabotage import SABOTEURS, SabotagedSubject

for saboteur in SABOTEURS:
    made = suite(SabotagedSubject(saboteur=saboteur))
    globals().update({name: case for name, case in made.items() if name.endswith(saboteur.case)})
"""
ENTITIES = ("returns", "receipts", "refunds", "receivables", "shipments", "products", "prices")
LEFT_OUT = (*ENTITIES, "html_page", "error_in_200", "locked", "session_lost")
SOME = " and not ".join(("blocking", *LEFT_OUT))
"""One door, two entities, and not every fault: what is broken shows in these as well."""
PROJECT = """
from erplink.testing.contract import suite
from notebook import NotebookSubject
globals().update(suite(NotebookSubject()))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, set[str]]:
    """The tests that failed, by class."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "test_broken.py").write_text(BROKEN, encoding="utf-8")
    code, said, cases = run(folder, "-k", SOME)
    assert code == 1, said
    return failures(cases)


@pytest.mark.slow
@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda one: one.name)
def test_a_broken_adapter_is_found_by_the_tests_that_should_find_it(
    saboteur: Saboteur, found: Mapping[str, set[str]]
) -> None:
    words = "".join(word[:1].upper() + word[1:] for word in saboteur.name.split("_"))
    assert found[f"Test{words}{saboteur.case}"] == saboteur.found_by


def test_no_part_of_the_contract_is_without_an_adapter_that_breaks_it() -> None:
    cases = {name.removeprefix("TestKingdee") for name in suite(KingdeeSubject())}
    assert {saboteur.case for saboteur in SABOTEURS} == cases


@frozen
class Other(KingdeeSubject):
    """The Kingdee subject with other claims."""

    offers: tuple[Capability, ...] = field(kw_only=True)


@pytest.mark.parametrize(
    "capability",
    [Capability("returns", "update"), Capability("stock", "act"), Capability("stock", "list")],
    ids=lambda one: f"{one.entity}-{one.verb}",
)
def test_to_declare_is_to_prove(capability: Capability) -> None:
    with pytest.raises(ConfigInvalid, match=f"nothing proves that kingdee can {capability.verb} {capability.entity}"):
        suite(Other(offers=(*KingdeeSubject().offers, capability)))


def test_a_shape_that_says_how_makes_it_provable() -> None:
    offers = (Capability("returns", "update"), Capability("returns", "get"))
    with pytest.raises(ConfigInvalid, match="update returns"):
        suite(Other(offers=offers))
    shapes: dict[Entity, Shape] = {"returns": Shape(update=("customer", "甲", "乙"))}
    assert "TestKingdeeUpdates" in suite(Other(offers=offers, shapes=shapes))


def test_only_what_is_declared_is_tested() -> None:
    made = suite(Other(offers=(Capability("orders", "get"),)))
    names = {name.removeprefix("TestKingdee") for name in made}
    assert {"Reads", "Texts", "Session"} <= names
    assert names.isdisjoint({"Changes", "Keys", "Creates", "Updates", "Acts", "Stock"})
    reads: Any = made["TestKingdeeReads"]
    assert reads.test_a_list_has_every_document_once_as_it_was_put_in is None
    assert reads.test_a_document_comes_as_it_was_put_in is not None


@pytest.fixture
def project(tmp_path: Path, repository: Path) -> Path:
    """A project of somebody else: the adapter and the subject of the how-to page, and a test module of three lines."""
    page = repository / "docs" / "how-to" / "prove-an-adapter.md"
    samples = [block.text for block in blocks(page) if block.language == "python"]
    (tmp_path / "notebook.py").write_text("\n".join(samples), encoding="utf-8")
    (tmp_path / "test_notebook.py").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def outcomes(cases: list[ET.Element]) -> Counter[str]:
    return Counter(
        next((child.tag for child in case if child.tag in {"failure", "error", "skipped"}), "passed") for case in cases
    )


def test_it_runs_in_a_project_that_has_nothing_but_pytest(project: Path) -> None:
    code, said, cases = run(project, "-rs", "-W", "error", path=str(project))
    assert code == 0, said
    assert outcomes(cases)["passed"] > 60
    assert all(any(way in str(case.get("name")) for case in cases) for way in DOORS)
    assert "nothing comes between us and a list" in said
    assert "it has our own clock" in said


def test_it_runs_in_parallel_and_by_keyword_and_without_trio(project: Path) -> None:
    (project / "conftest.py").write_text("import sys\nsys.modules['trio'] = None\n", encoding="utf-8")
    code, said, cases = run(project, "-n", "2", "-k", "Reads and (trio or asyncio)", path=str(project))
    assert code == 0, said
    assert outcomes(cases) == {"passed": 4, "skipped": 4}
