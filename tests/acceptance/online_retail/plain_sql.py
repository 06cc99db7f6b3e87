"""The plain SQL answer to policy P1: see `points.sql` beside this file."""

from __future__ import annotations

from pathlib import Path

import duckdb

STATEMENT = Path(__file__).with_name("points.sql")

P1 = """
programme: Points
id: p1
zone: Asia/Shanghai
points:
  clock: completed_at
  rules:
    - {id: base, kind: rate, per_yuan: "1"}
"""


def points_by_customer(parquet: Path) -> dict[str, int]:
    """Points of every customer (code as text) who ever paid for goods, under `P1`."""
    with duckdb.connect() as connection:
        rows = connection.execute(STATEMENT.read_text(encoding="utf-8"), [str(parquet)]).fetchall()
    return {str(customer): int(points) for customer, points in rows}
