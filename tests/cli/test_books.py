"""Commands that look into books want books that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import erplink

ERP = ("--url", "http://127.0.0.1:9/k3cloud/", "--acct-id", "a", "--username", "u")


@pytest.mark.parametrize(
    "command",
    [
        ("dead", "list"),
        ("dead", "show", "1"),
        ("dead", "replay", "1"),
        ("dead", "drop", "1"),
        ("health",),
        ("export",),
        ("book",),
        ("reconcile", *ERP),
        ("worker", "--once", *ERP),
    ],
    ids=" ".join,
)
def test_a_database_whose_name_is_written_wrong_is_no_empty_company(tmp_path: Path, command: tuple[str, ...]) -> None:
    options = ("--db", "sqlite:///shpo.db", "--space", "acme")
    done = erplink(*command, *options, cwd=tmp_path, env={"ERPLINK_PASSWORD": "p"})
    assert done.code == 2
    assert done.err == "erplink: there is no such file (sqlite:///shpo.db): check its name and folder\n"
    assert [*tmp_path.iterdir()] == []
