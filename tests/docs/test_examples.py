"""Every example runs as the script it is, and prints what its docstring says."""

from __future__ import annotations

import ast
import runpy
import textwrap
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))


def promised(example: Path) -> list[str]:
    docstring = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8"))) or ""
    _, _, output = docstring.partition("\nPrints:\n")
    return [line.strip() for line in textwrap.dedent(output).splitlines() if line.strip()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_it_promises(example: Path, stage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = promised(example)
    assert expected, f"the docstring of {example.name} must end with a paragraph 'Prints:'"
    runpy.run_path(str(example), run_name="__main__")
    printed = iter([line.strip() for line in capsys.readouterr().out.splitlines()])
    missing = [line for line in expected if line not in printed]  # an iterator: the order counts
    assert missing == []
