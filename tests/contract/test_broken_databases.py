"""An adapter that walks a table by its stamps alone fails the tests of the contract that it should."""

from __future__ import annotations

from pathlib import Path

from tests.contract.apart import failures, run
from tests.contract.broken_databases import FOUND_BY

MODULE = """
from erplink.testing.contract import suite
from tests.contract.broken_databases import BrokenDatabase

made = suite(BrokenDatabase(label="broken"))
globals().update({name: case for name, case in made.items() if name.endswith("Changes")})
"""


def test_rows_that_share_a_stamp_with_the_end_of_a_page_are_missed(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text(MODULE, encoding="utf-8")
    code, said, cases = run(tmp_path, "-k", "blocking and orders")
    assert code == 1, said
    assert failures(cases)["TestBrokenChanges"] == FOUND_BY
