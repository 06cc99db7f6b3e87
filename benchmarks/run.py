"""Run the benchmarks beside this file, each in an interpreter of its own.

`python benchmarks/run.py` runs all of them, `python benchmarks/run.py import_cost` only those named.
The exit code is the number of those that missed their target.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return how many missed their target."""
    known = {
        path.stem: path
        for path in sorted(HERE.glob("*.py"))
        if path != Path(__file__).resolve() and path.stem[0] != "_"
    }
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    missed = 0
    for name in names or known:
        print(f"== {name}", flush=True)
        missed += subprocess.run([sys.executable, str(known[name])], check=False).returncode != 0
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
