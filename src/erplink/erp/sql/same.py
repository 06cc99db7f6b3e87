"""Whether a table keeps of a document what was written to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from erplink.mapping.codecs import Codec
from erplink.mapping.fields import DocumentMapping, Field
from erplink.mapping.native import native

_NONE: Mapping[str, Any] = {}


def same(mapping: DocumentMapping, wanted: msgspec.Struct, found: msgspec.Struct) -> bool:
    """Whether every field that is written holds the same, lines in any order."""
    custom, held = getattr(wanted, "custom", _NONE), getattr(found, "custom", _NONE)
    given = {one.attr: custom[one.attr] for one in mapping.custom if custom.get(one.attr) is not None}
    if not all(_alike(one.codec, given[one.attr], held.get(one.attr)) for one in mapping.custom if one.attr in given):
        return False
    if _cells(mapping.fields, wanted, wanted) != _cells(mapping.fields, wanted, found):
        return False
    if mapping.lines is None:
        return True
    fields, attr = mapping.lines.fields, mapping.lines.attr
    return _counted(fields, getattr(wanted, attr)) == _counted(fields, getattr(found, attr))


def _counted(fields: Sequence[Field], lines: Sequence[msgspec.Struct]) -> Counter[tuple[Any, ...]]:
    return Counter(_cells(fields, line, line) for line in lines)


def _cells(fields: Sequence[Field], wanted: msgspec.Struct, found: msgspec.Struct) -> tuple[Any, ...]:
    """The values of what was written of ``wanted``, as ``found`` has them."""
    written = [one for one in fields if one.save and getattr(wanted, one.attr) not in (None, "")]
    return tuple(_kept(one.codec, getattr(found, one.attr)) for one in written)


def _kept(codec: Codec, value: Any) -> Any:
    """A value as it is read when it was kept exactly."""
    cell = codec.coerce(native(codec.build(value)))
    return cell if codec.parse is None else codec.parse(cell)


def _alike(codec: Codec, wanted: Any, found: Any) -> bool:
    return bool(_kept(codec, wanted) == found) or str(wanted) == str(found)
