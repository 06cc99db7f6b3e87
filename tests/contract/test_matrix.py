"""The page of capabilities says what the adapters declare."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import field, frozen

from erplink.errors import ConfigInvalid
from erplink.testing.contract.__main__ import main
from erplink.testing.contract.matrix import matrix
from erplink.testing.contract.subjects import shipped
from erplink.testing.contract.subjects.kingdee import KingdeeSubject
from erplink.wire.adapter import Capability


def test_the_page_is_current(repository: Path, tmp_path: Path) -> None:
    page = tmp_path / "capabilities.md"
    assert main([str(page)]) == 0
    kept = repository / "docs" / "reference" / "capabilities.md"
    assert page.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), (
        "run python -m erplink.testing.contract docs/reference/capabilities.md"
    )


def test_every_capability_of_every_system_is_on_it() -> None:
    lines = matrix(shipped()).splitlines()
    for subject in shipped():
        for one in subject.offers:
            assert [line for line in lines if line.startswith(f"| {one.entity} | {one.verb} |")]
            assert all(f"`{name}={value}`" in "\n".join(lines) for name, value in one.traits.items())


@frozen
class Boaster(KingdeeSubject):
    offers: tuple[Capability, ...] = field(default=(Capability("orders", "get", {"speed": "light"}),))


def test_a_trait_that_nobody_explained_is_named() -> None:
    with pytest.raises(ConfigInvalid, match="speed=light is not explained"):
        matrix([Boaster()])
