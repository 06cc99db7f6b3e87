"""The project's own pages keep what they promise to each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.documents import Block, blocks, headings

LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")


def meaning(block: Block) -> str:
    return ast.dump(ast.parse(block.text)) if block.language == "python" else block.text


def test_the_two_readmes_are_twins(repository: Path) -> None:
    english, chinese = repository / "README.md", repository / "README.zh-CN.md"
    assert headings(english) == headings(chinese)
    assert [(block.language, meaning(block)) for block in blocks(english)] == [
        (block.language, meaning(block)) for block in blocks(chinese)
    ]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_starts_with_the_demo_and_the_tests_in_one_line_each(repository: Path, name: str) -> None:
    commands = [block.text for block in blocks(repository / name) if block.language == "bash"]
    assert len(commands) >= 2
    assert all(command.count("\n") == 1 for command in commands[:2])
    assert commands[0].rstrip().endswith("erplink demo")
    assert commands[1].rstrip().endswith("pytest")


def test_every_link_between_pages_leads_somewhere(repository: Path) -> None:
    pages = [*repository.glob("*.md"), *(repository / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(repository)} -> {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_room_and_every_session_is_in_contributing(repository: Path) -> None:
    page = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| .+? \| `(\w+)(?:\.py|/\S*)` \| ", page, re.MULTILINE))
    package = repository / "src" / "erplink"
    rooms = {path.name for path in package.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert listed == rooms | {"errors"}
    sessions = re.findall(r"^@nox\.session.*\ndef (\w+)", (repository / "noxfile.py").read_text("utf-8"), re.MULTILINE)
    assert [name for name in sessions if f"`nox -s {name}" not in page] == []


def test_news_fragments_have_a_known_kind(repository: Path) -> None:
    fragments = [path for path in (repository / "changelog.d").iterdir() if path.name != "README.md"]
    kinds = {"breaking", "added", "changed", "fixed"}
    assert [path.name for path in fragments if path.suffixes[-2:-1] not in [[f".{kind}"] for kind in kinds]] == []


@pytest.mark.parametrize(
    ("text", "line", "language"), [("# T\n\n```python\nx = 1\n```\n", 4, "python"), ("```bash\nls\n```\n", 2, "bash")]
)
def test_a_fenced_block_knows_where_it_stands(tmp_path: Path, text: str, line: int, language: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert [(block.line, block.language) for block in blocks(page)] == [(line, language)]
