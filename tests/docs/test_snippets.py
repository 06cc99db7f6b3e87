"""Every Python block of the READMEs and the docs runs, top to bottom, one namespace per page.

A text block right after a Python block is what has been printed there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents import blocks

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
STORIES = {ROOT / "docs" / "how-to" / f"connect-{what}.md" for what in ("a-database", "your-own-erp")}
"""Pages whose commands and files count too; each has a test of its own."""
WITH_PYTHON = [page for page in PAGES if page not in STORIES and any(b.language == "python" for b in blocks(page))]


def test_there_are_samples_to_run() -> None:
    assert {ROOT / "README.md", ROOT / "docs" / "tutorial" / "quickstart.md"} <= set(WITH_PYTHON)


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_samples_of_a_page_run(
    page: Path,
    stage: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if any('os.environ["ERPLINK_DB"]' in block.text for block in blocks(page)):
        monkeypatch.setenv("ERPLINK_DB", request.getfixturevalue("on_postgresql"))
    if any("ERPLINK_COSMIC_" in block.text for block in blocks(page)):
        request.getfixturevalue("on_open_platforms")
    namespace: dict[str, object] = {"__name__": "__main__"}
    before, printed, shown = "", "", ""
    for block in blocks(page):
        if block.language == "python":
            padded = "\n" * (block.line - 1) + block.text  # a traceback then names the line of the page
            exec(compile(padded, str(page), "exec"), namespace)
            printed = capsys.readouterr().out
            shown += printed
        elif block.language == "text" and before == "python":
            assert block.text in printed, f"{page.name}:{block.line}"
        before = block.language
    assert shown.strip(), "the samples of a page show something"
