"""The page that connects a database, followed literally: what it says is typed, and what it shows comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_connect_your_own_erp import typed
from tests.documents import blocks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "connect-a-database.md"


def test_the_page_is_followed_literally(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = tmp_path / "erp.toml"
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed = ""
    for block in blocks(PAGE):
        if block.language == "toml":
            before = manifest.read_text(encoding="utf-8") + "\n" if manifest.exists() else ""
            manifest.write_text(before + block.text, encoding="utf-8")
        elif block.language == "bash":
            printed = typed(block.text, tmp_path)
        elif block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, str(PAGE), "exec"), namespace)
            printed = capsys.readouterr().out
        else:
            assert block.language == "text"
            for line in block.text.strip().splitlines():
                assert line in printed, f"{PAGE.name}:{block.line}"
