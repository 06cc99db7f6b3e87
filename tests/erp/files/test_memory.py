"""A file of any length is read with the memory of a page."""

from __future__ import annotations

import csv
import subprocess
import sys

import pytest

from tests.erp.files.shop import HEADINGS, Shop, line

ROWS = 500_000
MEGABYTES = 32
"""Pages and the census; the rows alone would take some hundred."""

READING = """
import re, sys
from erplink import connect
from erplink.facade.manifest import load_manifest
from erplink.facade.step import iterate
from erplink.wire.adapter import Window

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024

with connect(load_manifest(sys.argv[1])) as erp:
    before, count = most(), 0
    for page in iterate(erp.adapter.pages("orders", Window())):
        count += len(page.items)
    print(count, most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its greatest memory")
def test_half_a_million_rows_take_no_more_memory_than_a_few_pages(shop: Shop) -> None:
    (shop.folder / "in").mkdir()
    with (shop.folder / "in" / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(line(f"SO{n // 2:07d}", f"M{n % 500:04d}", "2", f"{n % 100}.50") for n in range(ROWS))
    shop.orders()
    path = str(shop.folder / "files.toml")
    done = subprocess.run(
        [sys.executable, "-c", READING, path], capture_output=True, text=True, check=True, timeout=120
    )
    documents, grown = map(int, done.stdout.split())
    assert documents == ROWS // 2
    assert 0 < grown < MEGABYTES
