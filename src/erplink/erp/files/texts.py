"""What can be wrong with a cell, a row or a document, in words for whoever has to put it right, Chinese and English."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from erplink.erp.files.words import Language

Code = Literal[
    "empty",
    "number",
    "whole",
    "time",
    "day_or_month",
    "flag",
    "text",
    "not_mapped",
    "shortened",
    "digits_lost",
    "became_date",
    "formula_error",
    "too_long",
    "too_many_cells",
    "too_many_rows",
    "no_number",
    "head_differs",
    "apart",
    "twice",
    "no_head",
    "no_lines",
    "neighbour",
]


class Unfit(ValueError):
    """A cell that cannot be what its column should hold. ``found`` is a pattern of it, never the cell itself."""

    def __init__(self, code: Code, found: str = "") -> None:
        super().__init__(f"{WORDS['en'][code].problem}{f', it looks like {found!r}' if found else ''}")
        self.code: Code = code
        self.found = found


@frozen
class Told:
    """A problem, and what to do about it."""

    problem: str
    advice: str


def pattern(cell: object) -> str:
    """What a cell looks like, without saying what it holds: it may be somebody's name or phone.

    >>> pattern("199.5O元"), pattern(" 张三 Zhang"), pattern("")
    ('000.0A字', '字字 Aaaaa', 'nothing')
    """
    text = " ".join(str(cell).split())
    if not text:
        return "nothing"
    signs = "".join(map(_sign, text[:_SHOWN]))
    return f"{signs}…" if len(text) > _SHOWN else signs


_SHOWN = 20


def _sign(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind.startswith("N"):
        return "0"
    if kind == "Lo":
        return "字"
    return {"Lu": "A", "Ll": "a"}.get(kind, sign)


WORDS: Mapping[Language, Mapping[Code, Told]] = {
    "en": {
        "empty": Told("the cell is empty", "fill it in; if a formula belongs here, open and save the file in Excel"),
        "number": Told("not a number", "write plain digits such as 1234.50"),
        "whole": Told("not a whole number", "write digits without a fraction"),
        "time": Told("not a date", "write it like 2026-11-01 or 2026-11-01 08:00"),
        "day_or_month": Told("day and month cannot be told apart", "write the year first, like 2026-11-01"),
        "flag": Told("neither yes nor no", "write yes or no, or 1 or 0"),
        "text": Told("not a text", "write a text or a number"),
        "not_mapped": Told("a word that is not known here", "use one of the words agreed for this column"),
        "shortened": Told(
            "a long number that Excel has shortened, like 1.23E+12",
            "format the column as text, then put the whole number in again",
        ),
        "digits_lost": Told(
            "a number of more than 15 digits, of which Excel has lost the last ones",
            "format the column as text, then put the whole number in again",
        ),
        "became_date": Told(
            "a code that Excel has turned into a date", "format the column as text, then put the code in again"
        ),
        "formula_error": Told("a formula that failed, like #N/A", "correct the formula, or write the value"),
        "too_long": Told("the text is too long", "shorten it"),
        "too_many_cells": Told(
            "the row has more cells than there are headings", "put texts that hold the delimiter in double quotes"
        ),
        "too_many_rows": Told(
            "a document of more than 100,000 rows", "check whether this column is the number of the document"
        ),
        "no_number": Told("the row belongs to no document", "fill in the number, or remove the row"),
        "head_differs": Told(
            "another value than in the first row of this document", "make all rows of the document say the same here"
        ),
        "apart": Told(
            "rows of this document also stand elsewhere in the file", "sort the file by the number of the document"
        ),
        "twice": Told("the number comes twice", "keep one of the rows"),
        "no_head": Told("lines of a document that is not there", "add the document to the first file, or remove these"),
        "no_lines": Told("the document has no lines", "add its lines to the second file, or remove it"),
        "neighbour": Told("another row of this document is wrong", "nothing; keep the row"),
    },
    "zh": {
        "empty": Told("单元格为空", "请填写；如果这里应是公式，请用 Excel 打开并保存一次"),
        "number": Told("不是数字", "请只写数字，例如 1234.50"),
        "whole": Told("不是整数", "请写不带小数的数字"),
        "time": Told("不是日期", "请写成 2026-11-01 或 2026-11-01 08:00"),
        "day_or_month": Told("分不清日和月", "请把年份写在最前，例如 2026-11-01"),
        "flag": Told("既不是“是”也不是“否”", "请写 是 或 否，或者 1 或 0"),
        "text": Told("不是文本", "请写文本或数字"),
        "not_mapped": Told("这里不认识的词", "请使用本列约定的词"),
        "shortened": Told("长数字被 Excel 缩写成 1.23E+12 的样子", "请把该列设为“文本”格式，再重新填写完整的数字"),
        "digits_lost": Told(
            "超过 15 位的数字，末尾几位已被 Excel 丢掉", "请把该列设为“文本”格式，再重新填写完整的数字"
        ),
        "became_date": Told("编码被 Excel 变成了日期", "请把该列设为“文本”格式，再重新填写编码"),
        "formula_error": Told("公式出错，例如 #N/A", "请改正公式，或直接填写数值"),
        "too_long": Told("文字太长", "请缩短"),
        "too_many_cells": Told("这一行的单元格比表头多", "含有分隔符的文字请加双引号"),
        "too_many_rows": Told("一张单据超过 100,000 行", "请检查这一列是不是单号"),
        "no_number": Told("这一行不属于任何单据", "请填写单号，或删除该行"),
        "head_differs": Told("与本单第一行的值不同", "请让本单各行的这一列一致"),
        "apart": Told("本单的行在文件中没有放在一起", "请按单号排序"),
        "twice": Told("单号重复", "请只保留一行"),
        "no_head": Told("明细所属的单据不存在", "请在第一个文件中补上单据，或删除这些明细"),
        "no_lines": Told("单据没有明细", "请在第二个文件中补上明细，或删除该单据"),
        "neighbour": Told("本单其他行有误", "无需修改，请保留该行"),
    },
}

TITLES: Mapping[Language, tuple[str, str, str, str]] = {
    "en": ("row", "column", "problem", "what to do"),
    "zh": ("行号", "列", "问题", "建议"),
}
"""The columns that a report adds."""
