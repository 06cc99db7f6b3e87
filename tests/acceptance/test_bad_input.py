"""Bad input on a folder that has books already: one sentence, and the books stay byte for byte what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import HEADER, erplink, orders_file

BAD = {
    "a missing column": ("--orders", "x.csv", "order_no,sku,quantity,paid_at,customer\n1,A,1,2026-01-01,C1\n", "price"),
    "a letter in an amount": ("--orders", "x.csv", f"{HEADER}\n1,A,1,2026-01-01,1x0,C1,\n", "row 2"),
    "a typo in a policy": (
        "--policy",
        "x.yaml",
        'programme: x\nid: x\nzone: Asia/Shanghai\npoints: {rules: [{id: b, kind: rate, per_yaun: "1"}]}\n',
        "line 4",
    ),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an orders file, and books that were made of it."""
    folder = tmp_path_factory.mktemp("shop")
    done = erplink("demo", "--orders", orders_file(folder), "--folder", "books", cwd=folder)
    assert done.code == 0, done.err
    return folder


@pytest.mark.parametrize("case", BAD)
def test_books_that_are_there_are_left_alone(case: str, shop: Path) -> None:
    option, name, text, where = BAD[case]
    (shop / name).write_text(text, encoding="utf-8")
    before = contents(shop / "books")
    done = erplink("demo", option, name, "--folder", "books", cwd=shop)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1, done.err
    assert name in done.err
    assert where in done.err
    assert contents(shop / "books") == before


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".log"}
