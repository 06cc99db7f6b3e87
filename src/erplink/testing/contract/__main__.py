"""``python -m erplink.testing.contract PAGE``: write the matrix of capabilities."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from erplink.testing.contract.matrix import matrix
from erplink.testing.contract.subjects import shipped


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and write the page; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m erplink.testing.contract", description=__doc__)
    parser.add_argument("page", type=Path, help="the Markdown file to write")
    given = parser.parse_args(arguments)
    given.page.write_text(matrix(shipped()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
