"""Every mistake in a manifest of a database names the file, the line, the key, and what is allowed there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from erplink import connect
from erplink.errors import ConfigInvalid
from erplink.facade.manifest import load_manifest, schema_of, starter
from tests.erp.sql.between import INBOUND, OUTBOUND, REPORTS, UPDATES
from tests.erp.sql.old_erp import HEAD, ORDERS
from tests.erp.sql.test_reading import FLAT, STOCK

START = HEAD.replace("{url}", "sqlite:///erp.db").replace("{page}", "9")
LINES_AT = len(START.splitlines())


def complaint(folder: Path, text: str) -> str:
    (folder / "erp.db").touch()
    (folder / "erp.toml").write_text(START + text, encoding="utf-8")
    with pytest.raises(ConfigInvalid) as raised:
        load_manifest(folder / "erp.toml")
    return str(raised.value)


MISTAKES = [
    (ORDERS, 'table = "SEOrder"\n', 'tabel = "SEOrder"\n', ["unknown word 'tabel'", "did you mean table?"]),
    (ORDERS, 'table = "SEOrder"\n', "", ["entities.orders.table is missing"]),
    (ORDERS, 'number = "FBillNo"', 'numbr = "FBillNo"', ["unknown attribute 'numbr'", "did you mean number?"]),
    (ORDERS, 'number = "FBillNo"', 'number = "head.FBillNo"', ["'head.FBillNo' is no column", "stands in quotes"]),
    (ORDERS, 'number = "FBillNo"', 'number = { path = "FBillNo", write = true }', ["cannot be written", "outbound"]),
    (ORDERS, 'customer = "FCustNo"\n', "", ["orders need customer"]),
    (ORDERS, '"1" = "approved"', '"1" = "aproved"', ["status cannot be 'aproved'", "did you mean approved?"]),
    (ORDERS, "{ FCancellation = 0 }", '{ column = "F", is = 0, not = 1 }', ["exactly one of is, not and null"]),
    (ORDERS, "{ FCancellation = 0 }", '{ column = "F", is = [] }', ["cannot be empty"]),
    (ORDERS, "{ FCancellation = 0 }", '{ column = "a.b", is = 0 }', ["is no column"]),
    (ORDERS, "{ FCancellation = 0 }", '"FCancellation = 0 OR 1=1"', ["entities.orders.where"]),
    (ORDERS, 'parent = "FInterID"', "", ["table and parent go together"]),
    (ORDERS, 'table = "SEOrderEntry"\nparent = "FInterID"', "", ['path = "." where the head repeats']),
    (ORDERS, 'line = "FEntryID"\n', "", ["nothing says the order of the lines", "write order"]),
    (FLAT, 'order = "line"', 'order = "line"\nwhere = { x = 1 }', ["chosen by where of the entity"]),
    (FLAT, 'order = "line"', "", ["nothing says the order"]),
    (STOCK, 'on_hand = "FQty", ', "", ["stock needs on_hand"]),
    (STOCK, "available", "free", ["stock has no 'free'"]),
    (INBOUND, 'failed = "E"', 'failed = "D"', ["four values that differ"]),
    (INBOUND, 'table = "lines_out"\nparent = "order_id"', 'path = "."', ["lie in a table of their own"]),
    (INBOUND + ORDERS, 'table = "SEOrder"\n', 'table = "SEOrder"\n', ["under entities and under inbound", "keep one"]),
    (OUTBOUND, 'new = "N"', 'new = "N"\ndone = "D"', ["done and failed go together"]),
    (OUTBOUND, 'new = "N"', 'new = "N"\nwait = 5', ["message, made and wait go with done and failed"]),
    (REPORTS, 'failed = "E"', 'failed = "D"', ["must differ"]),
    (REPORTS, 'made = "erp_no"', 'made = "erp_no"\nwait = 601', ["outbound.orders.create.wait"]),
    (OUTBOUND, 'customer = "cust"', 'custmer = "cust"', ["unknown attribute 'custmer'"]),
    (UPDATES, 'row = "id"\n', "", ["outbound.customers.update.row is missing"]),
    (UPDATES, 'points = "points"', "points = { value = 3 }", ["points needs a column"]),
]


@pytest.mark.parametrize(("text", "was", "is_", "words"), MISTAKES)
def test_a_mistake_is_told_by_its_line(tmp_path: Path, text: str, was: str, is_: str, words: list[str]) -> None:
    assert was in text
    said = complaint(tmp_path, text.replace(was, is_, 1))
    assert "erp.toml, line " in said
    line = int(said.partition("erp.toml, line ")[2].partition(")")[0])
    assert line > LINES_AT
    assert [word for word in words if word not in said] == []


def test_created_goes_with_modified(tmp_path: Path) -> None:
    text = ORDERS.replace('modified = "FModified"\n', "").replace('"SEOrder"\n', '"SEOrder"\ncreated = "FDate"\n', 1)
    assert "created goes with modified" in complaint(tmp_path, text)


def test_what_a_manifest_says_is_what_is_offered(tmp_path: Path) -> None:
    def offered(text: str) -> set[str]:
        (tmp_path / "erp.db").touch()
        (tmp_path / "erp.toml").write_text(START + text, encoding="utf-8")
        with connect(load_manifest(tmp_path / "erp.toml")) as erp:
            return {f"{one.entity}.{one.verb}" for one in erp.adapter.offers}

    reads = {"orders.get", "orders.list", "orders.keys"}
    assert offered(ORDERS) == {*reads, "orders.changes"}
    assert offered(ORDERS.replace('modified = "FModified"\n', "")) == reads
    assert offered(INBOUND) == {"orders.get", "orders.changes"}
    assert offered(OUTBOUND) == {"orders.get", "orders.create"}
    assert offered(REPORTS) == {"orders.get", "orders.create", "orders.act"}
    assert offered(UPDATES + STOCK) == {"customers.update", "stock.get"}
    assert offered("") == set()


def test_a_manifest_to_begin_with_is_one_with_its_comments_and_without(tmp_path: Path) -> None:
    text = starter("sql")
    told = re.sub(r"(?m)^# (?=\[|[a-z_]+ = )(?!url|path|order)", "", text)
    assert told.count("\n[") > text.count("\n[") + 8
    for each in (text, told):
        (tmp_path / "erp.toml").write_text(each, encoding="utf-8")
        settings = load_manifest(tmp_path / "erp.toml", secrets={"password": "s3cret"})
        assert "s3cret" not in repr(settings)


def test_the_schema_knows_every_part() -> None:
    schema = json.loads(schema_of("sql"))
    assert schema["properties"]["kind"]["const"] == "sql"
    assert {"SqlEntity", "SqlLines", "Inbound", "OutboundCreate", "OutboundUpdate"} <= {*schema["$defs"]}
