"""The reference of manifests of databases lists every word there is, with what holds when it is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from erplink.erp.sql import intermediate, table_words, words
from erplink.text.parts import Part
from tests.docs.tables import tables
from tests.docs.test_manifest_reference import told

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "manifest-sql.md"
PARTS: dict[str, type[BaseModel]] = {
    "database": words.Database,
    "limits": words.SqlLimits,
    "entities": words.SqlEntity,
    "where": table_words.Condition,
    "lines": table_words.SqlLines,
    "stock": words.SqlStock,
    "inbound": intermediate.Inbound,
    "outbound create": intermediate.OutboundCreate,
    "lines of an outbound create": intermediate.OutboundLines,
    "outbound update": intermediate.OutboundUpdate,
}
FOUND = tables(PAGE)
BY_NAME = {"Entities", "Inbounds", "Outbounds", "Outbound", "SqlManifest", "Head", "Part"}
"""Parts whose words are the names of entities and sections."""


@pytest.mark.parametrize("title", PARTS)
def test_every_word_is_listed_with_its_default(title: str) -> None:
    fields = PARTS[title].model_fields
    rows = {row[0]: row for row in FOUND[title]}
    names = {name: f"`{field.alias or name}`" for name, field in fields.items()}
    assert list(rows) == [*names.values()]
    assert [rows[names[name]][:2] for name, field in fields.items() if not told(field, rows[names[name]][1])] == []


def test_every_part_is_on_the_page() -> None:
    rooms = (words, table_words, intermediate)
    kinds = {each for room in rooms for each in vars(room).values() if isinstance(each, type)}
    assert {kind.__name__ for kind in kinds if issubclass(kind, Part)} == {
        *BY_NAME,
        *(part.__name__ for part in PARTS.values()),
    }
