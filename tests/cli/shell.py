"""Run the command line as a user does: as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

COMMAND = [sys.executable, "-m", "erplink.cli"]
HEADER = "order_no,sku,quantity,paid_at,unit_price,customer,name"


@frozen
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without erplink's own variables, with ``more``."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("ERPLINK_")}
    return {**own, "PYTHONIOENCODING": "utf-8", **(more or {})}


def erplink(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run ``erplink`` to its end."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def running(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start ``erplink`` and let it run; use the result in a ``with`` block."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=_listen_to_ctrl_c if os.name == "posix" else None,  # noqa: PLW1509 - a test that starts processes has no threads
    )


def _listen_to_ctrl_c() -> None:
    """A shell starts what it puts in the background deaf to SIGINT; these tests may be run from there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def export(folder: Path) -> str:
    """The canonical ledger of a demo folder."""
    done = erplink("export", "--db", f"sqlite:///{folder / 'erplink.db'}", "--space", "demo", cwd=folder)
    assert done.code == 0, done.err
    return done.out


def orders_file(folder: Path) -> Path:
    """A small orders file: sales of six customers, a return that names no order, a write-off, a walk-in, a gift."""
    rows = [
        f"{1000 + n},M{n % 4},{2 + n % 3},2026-03-{1 + n:02} 10:00,{100 + 10 * n}.50,C{n % 6},商品{n % 4}"
        for n in range(24)
    ]
    rows += [
        "C2000,M1,-1,2026-04-02 09:00,110.50,C1,商品1",
        "C2001,M9,-5,2026-04-03 09:00,10.00,C2,从未购买",
        "3000,M2,-7,2026-04-04 09:00,1.00,,报损",
        "3001,M2,1,2026-04-05 09:00,99.00,,散客商品",
        "3002,M3,1,2026-04-06 09:00,0,C3,赠品",
        "3003,POST,1,2026-04-07 09:00,18.00,C4,邮费",
    ]
    path = folder / "orders.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path
