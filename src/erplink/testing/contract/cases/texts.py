"""Text is a row of code points, and no system along the way makes something else of it."""

from __future__ import annotations

import pytest

from erplink.errors import NotFound
from erplink.model.documents import Entity
from erplink.testing.contract.case import Case, Lab
from erplink.testing.contract.promise import each, one
from erplink.testing.contract.specimens import specimen, text_of

TEXTS = (
    "普通的中文",
    "𠮷野家 𫝆天 㐂",
    "🎁 送你 👨‍👩‍👧",
    "ＡＢＣ　全角（１２３）",
    'O\'Neill "said" `it`',
    "back\\slash \\n \\u4e2d \\",
    "<b>&amp;</b> & ]]> <!--",
    "100% _ [a-z] ${x} {{y}} ;--",
    "两行\n第二行",
    "=1+1",
    "0012",
    "1e5",
    "null",
    "true",
    "2026-01-01",
    "cafe\u0301 café",
    "字" * 200,
)
NUMBERS = (
    "000123",
    "A'1",
    'A"1',
    "A\\1",
    "<A>&1",
    "甲-1",
    "ＡＢ１",
    "𠮷1",
    "A 1",
    "A/1",
    "A%1_",
    "A?1#2=3",
    "A+1",
    "1e5",
)
FORGED = ("' or '1'='1", "x' or 1=1 --", "*", "%", "../N0001", "N0001/", "N000_")


class TestTexts(Case):
    """Chinese, rare characters, emoji, quotes, marks of every language that lies on the way."""

    @each("list")
    def test_text_comes_as_it_was_written(self, lab: Lab, entity: Entity) -> None:
        texts = {f"N{place:04d}": text for place, text in enumerate(TEXTS) if _fits(lab, entity, text)}
        lab.system.plant([specimen(entity, number, text=text) for number, text in texts.items()])
        with lab.open() as erp:
            assert {document.number: text_of(document) for document in erp.of(entity).list()} == texts

    @each("get")
    def test_a_number_may_hold_any_sign_and_keeps_its_zeros(self, lab: Lab, entity: Entity) -> None:
        numbers = [number for number in NUMBERS if _fits(lab, entity, number)]
        lab.system.plant([specimen(entity, number, text=f"of {place}") for place, number in enumerate(numbers)])
        with lab.open() as erp:
            found = [erp.of(entity).get(number) for number in numbers]
        assert [(document.number, text_of(document)) for document in found] == [
            (number, f"of {place}") for place, number in enumerate(numbers)
        ]

    @one("get")
    def test_a_number_is_never_taken_for_a_condition(self, lab: Lab, entity: Entity) -> None:
        lab.system.plant([specimen(entity, "N0001")])
        with lab.open() as erp:
            for forged in FORGED:
                with pytest.raises(NotFound):
                    erp.of(entity).get(forged)


def _fits(lab: Lab, entity: Entity, text: str) -> bool:
    try:
        text.encode(lab.shape(entity).charset)
    except UnicodeEncodeError:
        return False
    return True
