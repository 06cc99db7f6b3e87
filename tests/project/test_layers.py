"""The walls between the rooms stand: the tree passes, and each planted violation is caught by the wall meant for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = [
    ("rooms", "model", "import erplink.ledger"),
    ("rooms", "errors", "import erplink.model"),
    ("rooms", "store", "import erplink.erp.kingdee"),
    ("rooms", "wire", "import erplink.loyalty"),
    ("rooms", "sync", "import erplink.facade"),
    ("rooms", "policy", "import erplink.ledger"),
    ("rooms", "attic", "import erplink.errors"),
    ("protocol-knows-no-points", "wire", "import erplink.policy"),
    ("protocol-knows-no-points", "erp.kingdee", "import erplink.ledger"),
    ("store-makes-no-calls", "store", "import erplink.wire"),
    ("erps-are-strangers", "erp.planted", "import erplink.erp.kingdee"),
    ("one-door-to-sql", "sync", "import sqlalchemy.engine"),
    ("one-door-to-sql", "link", "import sqlite3"),
    ("one-door-to-the-world", "wire", "import httpx"),
    ("one-door-to-the-world", "sync", "import asyncio"),
    ("one-door-to-the-world", "erp.kingdee", "from threading import Lock"),
    ("one-door-to-the-world", "loyalty", "import anyio"),
    ("pure-core", "ledger", "import time"),
    ("pure-core", "loyalty", "import random"),
    ("worlds-share-no-code", "testing.worlds", "import erplink.erp.kingdee"),
    ("worlds-share-no-code", "testing.worlds", "import erplink.sync"),
]


def run_linter(sources: Path, repository: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--config", str(repository / "pyproject.toml"), *chosen],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources), "PYTHONIOENCODING": "utf-8", "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def copied(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = tmp_path_factory.mktemp("walls")
    shutil.copytree(
        repository / "src" / "erplink", sources / "erplink", ignore=shutil.ignore_patterns("__pycache__", "*.html")
    )
    return sources


def test_the_tree_keeps_every_wall(copied: Path, repository: Path) -> None:
    done = run_linter(copied, repository)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("contract", "room", "line"), PLANTED, ids=[f"{room}: {line}" for _, room, line in PLANTED])
def test_a_planted_violation_is_caught(copied: Path, repository: Path, contract: str, room: str, line: str) -> None:
    package = copied / "erplink" / room.replace(".", "/")
    module = package / "planted.py" if package.is_dir() else package.with_name(f"{package.name}.py")
    before = module.read_text(encoding="utf-8") if module.exists() else None
    module.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        done = run_linter(copied, repository, contract)
    finally:
        module.unlink() if before is None else module.write_text(before, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout, done.stdout
