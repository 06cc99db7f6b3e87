"""What `import erplink` costs, as a share of `import httpx` in the same environment.

Fresh interpreters, taken in turn so that both meet the same machine; the figure is the ratio of the medians.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

ROUNDS = 21
TARGET = 0.25
PROGRAM = "from time import perf_counter as t; a = t(); import {name}; print(t() - a)"


def seconds(name: str) -> float:
    """Seconds that a fresh interpreter spends on the import."""
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(name=name)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    """Print the ratio; 1 if it misses the target."""
    names = ("httpx", "erplink")
    for name in names:
        seconds(name)  # the first import writes byte code
    rounds = [[seconds(name) for name in names] for _ in range(ROUNDS)]
    yardstick, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = ours / yardstick
    print(f"import httpx {yardstick * 1e3:.1f} ms, import erplink {ours * 1e3:.1f} ms, medians of {ROUNDS}")
    print(f"ratio {ratio:.3f} (target at most {TARGET})")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
