"""One entity made ready: its files, how each is read, and how it is written. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from erplink.erp.files.columns import Mapped
from erplink.erp.files.folder import Folder, Found
from erplink.erp.files.table import Damaged, How, format_of
from erplink.erp.files.words import FileEntity, TableWords
from erplink.errors import FileInvalid
from erplink.model.documents import Entity
from erplink.wire.adapter import Capability, Verb


@frozen
class Pair:
    """A file with heads, and the one with their lines where that is another one."""

    head: Found
    lines: Found | None = None

    @property
    def name(self) -> str:
        """The name of the file with the heads."""
        return self.head.name

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among others: in the order of writing, then by name."""
        written = self.head.written if self.lines is None else max(self.head.written, self.lines.written)
        return written, self.name

    @property
    def mark(self) -> str:
        """What changes when the content of either does."""
        return self.head.mark if self.lines is None else f"{self.head.mark}+{self.lines.mark}"

    @property
    def arrived(self) -> datetime:
        """The instant both were there."""
        return self.head.arrived if self.lines is None else max(self.head.arrived, self.lines.arrived)


@frozen
class FilePlan:
    """Everything that can be done with one entity. ``besides`` are folders in which no file of it is looked for."""

    entity: Entity
    words: FileEntity
    mapped: Mapped
    besides: tuple[str, ...]

    def pairs(self, folder: Folder) -> list[Pair]:
        """The files there are, in the order of writing. One whose lines are not there yet waits for them."""
        heads = folder.matching(self.words.files, self.besides)
        if not self._second:
            return [Pair(head) for head in heads]
        lines = {found.wild: found for found in folder.matching([self._second], self.besides)}
        pairs = [Pair(head, lines[head.wild]) for head in heads if head.wild in lines]
        return sorted(pairs, key=lambda pair: pair.place)

    def waiting(self, folder: Folder) -> list[str]:
        """Files whose lines are not there yet."""
        if not self._second:
            return []
        there = {pair.name for pair in self.pairs(folder)}
        return [head.name for head in folder.matching(self.words.files, self.besides) if head.name not in there]

    def capabilities(self) -> tuple[Capability, ...]:
        """What can be done, with what is known of it."""
        changes = "arrived_at modified_at" if self.mapped.mapping.modified else "arrived_at"
        offered: dict[Verb, Mapping[str, str] | None] = {
            "list": {"order": "written_at"},
            "changes": {"order": "written_at", "changes": changes},
            "get": {"cost": "scan"},
            "keys": {"order": "id", "cost": "scan"} if self.words.complete else None,
            "create": {"idempotency": "key", "effect": "handed_over"} if self.words.create is not None else None,
            "update": {"idempotency": "natural", "effect": "handed_over"} if self.words.update is not None else None,
        }
        return tuple(Capability(self.entity, verb, traits) for verb, traits in offered.items() if traits is not None)

    @property
    def _second(self) -> str:
        lines = self.words.lines
        return lines.files if lines is not None and lines.files is not None else ""


def how(found: Found, words: TableWords) -> How:
    """How a file is read. Raises ``Damaged`` where neither words nor ending say so."""
    if found.is_report:
        return How("csv" if found.name.endswith(".csv") else "xlsx", is_report=True)
    known = words.format or format_of(found.name)
    if known is None:
        step = "narrow the pattern, or write format = csv, xlsx or parquet"
        raise Damaged(FileInvalid("the ending does not say the format", where=found.name, next_step=step))
    return How(known, words.sheet, words.header, words.encoding, words.delimiter)
