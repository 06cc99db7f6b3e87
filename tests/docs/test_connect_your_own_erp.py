"""The page that connects an ERP in 15 minutes, followed literally: what it says is typed, and what it shows comes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from erplink.testing.worlds.rest import house, serve
from erplink.testing.worlds.shop.settings import Shop
from tests.documents import Block, blocks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "connect-your-own-erp.md"
SHOWN = "http://127.0.0.1:8000/api/"


def typed(command: str, folder: Path) -> str:
    """What a shell command prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ended.stdout + ended.stderr


def test_the_page_is_followed_literally(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = tmp_path / "erp.toml"
    written = ""
    namespace: dict[str, object] = {"__name__": "__main__"}
    with serve(house("classic", Shop(sample=True))) as running:
        printed = ""
        for block in blocks(PAGE):
            text = block.text.replace(SHOWN, running.url)
            if block.language == "toml":
                written = text if not written else f"{manifest.read_text(encoding='utf-8')}\n{text}"
                manifest.write_text(written, encoding="utf-8")
            elif block.language == "bash":
                printed = typed(text, tmp_path)
            elif block.language == "python":
                exec(compile("\n" * (block.line - 1) + text, str(PAGE), "exec"), namespace)
                printed = capsys.readouterr().out
            else:
                _assert_shown(block, text, printed, running.url)


def _assert_shown(block: Block, text: str, printed: str, url: str) -> None:
    port = url.split("/")[2]
    for line in text.replace("127.0.0.1:8000", port).strip().splitlines():
        assert line in printed, f"{PAGE.name}:{block.line} shows {line!r}, but this came:\n{printed}"
