"""The reference of manifests of files lists every word there is, with what holds when it is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from erplink.erp.files import words
from erplink.erp.files.cells import flag, number
from erplink.facade.manifest import load_manifest, starter
from erplink.manifest.head import Head
from tests.docs.tables import tables
from tests.docs.test_manifest_reference import told
from tests.documents import blocks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "manifest-files.md"
FOUND = tables(PAGE)
PARTS: dict[str, type[BaseModel]] = {
    "An entity": words.FileEntity,
    "A column": words.ColumnWords,
    "A case": words.ColumnCase,
    "lines": words.LinesInFile,
    "create and update": words.CreateFile,
    "stock": words.FileStock,
}


@pytest.mark.parametrize("title", PARTS)
def test_every_word_is_listed_with_its_default(title: str) -> None:
    assert_listed(title, PARTS[title], set())


def test_every_word_of_the_manifest_itself_is_listed() -> None:
    assert_listed("The manifest", words.FilesManifest, set(Head.model_fields))


def assert_listed(title: str, part: type[BaseModel], but: set[str]) -> None:
    fields = {field.alias or name: field for name, field in part.model_fields.items() if name not in but}
    rows = {row[0].strip("`"): row for row in FOUND[title]}
    assert list(rows) == list(fields)
    assert {name: rows[name][1] for name, field in fields.items() if not told(field, rows[name][1])} == {}


def test_the_manifests_of_the_page_and_the_one_to_begin_with_are_good(tmp_path: Path) -> None:
    shown = [block.text for block in blocks(PAGE) if block.language == "toml"]
    assert shown
    for text in (*shown, starter("files")):
        (tmp_path / "files.toml").write_text(text, encoding="utf-8")
        load_manifest(tmp_path / "files.toml")


def test_cells_of_the_page_are_read() -> None:
    rows = {row[0]: row[1] for row in FOUND["What cells may look like"]}
    written = rows["number"].partition(", full-width")[0].replace("`", "").split(", ")
    assert [str(number(cell)) for cell in written] == ["1234.50", "1234.50", "1234.50", "99", "0.125", "-3.10", "-3.10"]
    pairs = [pair.split("/") for pair in rows["flag"].partition(";")[0].split(", ")]
    assert [(flag(yes), flag(no)) for yes, no in pairs] == [(True, False)] * len(pairs)
