"""Which encoding a text file is in: what its first bytes say, else UTF-8 if all of it is, else GB18030."""

from __future__ import annotations

import codecs
from itertools import islice
from typing import BinaryIO

from erplink.errors import FileInvalid

_BLOCK = 1 << 20
_ACCIDENTS = 2
"""How many characters a text in GB18030 may begin with that look like UTF-8 by accident (联通 is two)."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(file: BinaryIO, name: str) -> str:
    """The encoding of a whole file, which is then at its beginning again.

    Raises ``FileInvalid`` for a text that is in neither, or partly in one and partly in the other: with the row.
    """
    first = file.read(4)
    file.seek(0)
    for bom, encoding in _BOMS:
        if first.startswith(bom):
            return encoding
    bad = _first_bad(file, "utf-8")
    file.seek(0)
    if bad is None:
        return "utf-8"
    row, seen = bad
    if seen > _ACCIDENTS:
        step = "put the file together from parts of one encoding, or save it anew as UTF-8"
        raise FileInvalid(
            "the text is UTF-8 at first, and something else here", where=f"{name}, line {row}", next_step=step
        )
    other = _first_bad(file, "gb18030")
    file.seek(0)
    if other is not None:
        step = "save it as UTF-8, or name its encoding in the manifest"
        raise FileInvalid("the text is neither UTF-8 nor GB18030", where=f"{name}, line {other[0]}", next_step=step)
    return "gb18030"


def _first_bad(file: BinaryIO, encoding: str) -> tuple[int, int] | None:
    """The line of the first byte that does not belong, and how many characters beyond ASCII came before it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, strange = 1, 0
    while True:
        block = file.read(_BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, errors="ignore")
            return lines + good.count("\n"), strange + _strange(good)
        lines += text.count("\n")
        strange += _strange(text)
        if not block:
            return None


def _strange(text: str) -> int:
    """Signs beyond ASCII, as far as it matters how many there are."""
    if text.isascii():
        return 0
    return sum(1 for _ in islice((sign for sign in text if not sign.isascii()), _ACCIDENTS + 1))
