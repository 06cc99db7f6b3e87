"""Echo suppression: what a pull brings only because we wrote it is no news.

The rule, for each record that we wrote to and that has not been seen since:

- A field of the pulled version is **ours** when it is *like* a value that we wrote there: equal, or as a system may
  keep it (other case, width or blanks; a number in other digits; a text of eight or more characters cut short).
- The version is an **echo** when every field that differs from the kept version is ours, stamps aside. It is kept, and
  nobody is woken. A field that nobody of us wrote, or that holds something unlike, makes the whole version news.
- A write counts as **seen** once a version was kept that is like it in all its fields, or that was read after it,
  whatever that one shows. From then on every other value in that field is somebody's, also the one we wrote.

So a person's edit of another field is news in any case, and one of the same field is news unless it comes before our
write was seen and is like what we wrote. A write is known to be older than a pull by its number (``Echo.id``), no clock
is compared.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import frozen

from erplink.model.documents import Document, Entity, Scalar
from erplink.store import documents, echoes
from erplink.store.database import Connection
from erplink.store.echoes import Echo

MIRRORED = "mirror:"
"""How the keys of mirrored values begin: their echoes stay until the mirror has taken note that they were seen."""

_STAMPS = frozenset({"version"})
_CUT = 8
"""A text this short is not taken for one that was cut."""
_DIGITS = 28
"""Numbers of more digits are compared as texts."""


@frozen
class Verdict:
    """What a pulled version is: whether it is an echo, in which fields, which of our writes have been seen with it."""

    is_echo: bool
    seen: tuple[Echo, ...]
    fields: frozenset[str] = frozenset()


def judge(kept: Document | None, came: Document, written: Sequence[Echo], read_after: int) -> Verdict:
    """Compare a version that came with the kept one. Pure.

    ``written`` are our unseen writes to the record, in order; those up to id ``read_after`` were done before the
    version was read.
    """
    shown = fields_of(came)
    before = {} if kept is None else fields_of(kept)
    differ = {name for name in shown.keys() | before.keys() if shown.get(name) != before.get(name)}
    ours = {name for echo in written for name, value in echo.changes.items() if like(shown.get(name), value)}
    last = max((echo.id for echo in written if _is_back(echo, shown)), default=0)
    seen = tuple(echo for echo in written if echo.id <= max(last, read_after))
    return Verdict(kept is not None and differ <= ours, seen, frozenset(differ))


def fields_of(document: Document) -> dict[str, Any]:
    """Every field by its name, custom ones among the others, without the stamp of the version; empty is ``""``."""
    fields: dict[str, Any] = {name: getattr(document, name) for name in document.__struct_fields__}
    custom: Mapping[str, Scalar] = fields.pop("custom", {})
    return {name: plain(value) for name, value in {**custom, **fields}.items() if name not in _STAMPS}


def plain(value: Any) -> Any:  # noqa: ANN401 - a field of any type
    """A value by which fields are compared: nothing and the empty text are one."""
    return "" if value is None else value


def like(shown: Scalar, written: Scalar) -> bool:
    """Whether a system may show this after that was written to it.

    >>> like(" 王　芳 ", "王 芳"), like("AB-1", "ab-1"), like("007.50", Decimal("7.5")), like("wan", "wang")
    (True, True, True, False)
    """
    one, other = bare(shown), bare(written)
    return one == other or (len(one) >= _CUT and other.startswith(one) and not other.replace(".", "", 1).isdecimal())


def bare(value: Scalar) -> str:
    """A value without what systems do to values: as text, of one case and width, without idle blanks and zeros.

    >>> bare(" ＡＢ  c "), bare("007.50"), bare(None), bare(12)
    ('ab c', '7.5', '', '12')
    """
    text = " ".join(unicodedata.normalize("NFKC", str(plain(value))).split()).casefold()
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exact = number.is_finite() and max(len(number.as_tuple().digits), abs(number.adjusted())) < _DIGITS
    return f"{number.normalize():f}" if exact else text


def _is_back(echo: Echo, shown: Mapping[str, Any]) -> bool:
    return all(like(shown.get(name), value) for name, value in echo.changes.items())


def hear(
    connection: Connection, space: str, system: str, entity: Entity, came: Sequence[Document], read_after: int
) -> dict[str, frozenset[str]]:
    """The ids of documents about to be kept that are echoes, with the fields they echo; what has been seen is noted.

    Raises nothing of its own. Call it in the transaction that keeps the documents, before they are kept.
    """
    written = echoes.of_records(connection, space, system, entity, [each.number for each in came], seen=False)
    if not written:
        return {}
    concerned = [each for each in came if each.number in written]
    kept = documents.kept(connection, space, system, entity, [each.id for each in concerned])
    verdicts = [(each, judge(kept.get(each.id), each, written[each.number], read_after)) for each in concerned]
    seen = {echo.id: echo.key.startswith(MIRRORED) for _, verdict in verdicts for echo in verdict.seen}
    echoes.see(connection, [number for number, mirrored in seen.items() if mirrored])
    echoes.drop(connection, [number for number, mirrored in seen.items() if not mirrored])
    return {each.id: verdict.fields for each, verdict in verdicts if verdict.is_echo}
