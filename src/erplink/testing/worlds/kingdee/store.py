"""The documents of the world: compact rows by form, found by internal id or number."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from msgspec import Struct

from erplink.testing.worlds.kingdee.catalogue import FORMS, ORGANISATIONS
from erplink.testing.worlds.kingdee.forms import ENTRY_ID, NUMBER, PK, Cell, Form, Row
from erplink.testing.worlds.kingdee.settings import KingdeeWorld

FIRST_FID = 100001
FIRST_ENTRY = 200001
FIRST_ORGANISATION = 1


class Document(Struct, frozen=True, gc=False):
    """One document: head cells and one tuple of cells per entry line, in the order of its form's fields."""

    head: Row
    lines: tuple[Row, ...] = ()

    @property
    def fid(self) -> int:
        """The internal id."""
        return cast("int", self.head[PK])

    @property
    def number(self) -> str:
        """The document number; empty for a draft."""
        return str(self.head[NUMBER])


class Table:
    """All documents of one form, in the order of their internal ids."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.fids: list[int] = []
        self.documents: list[Document] = []
        self.by_number: dict[str, Document] = {}
        self.next_fid = FIRST_FID
        self.next_entry = FIRST_ENTRY
        self.next_number = 1
        self._made_of: dict[str, set[int]] | None = None

    def __iter__(self) -> Iterator[Document]:
        return iter(self.documents)

    def get(self, fid: int) -> Document | None:
        """The document of this internal id."""
        position = bisect_left(self.fids, fid)
        if position < len(self.fids) and self.fids[position] == fid:
            return self.documents[position]
        return None

    def find(self, number: str) -> Document | None:
        """The document of this number."""
        return self.by_number.get(number)

    def made_of(self, number: str) -> list[Document]:
        """The documents with a line that names this source document. Looked up in an index once it was asked for."""
        if self._made_of is None:
            self._made_of = {}
            for document in self.documents:
                self._note_sources(document)
        found = [self.get(fid) for fid in sorted(self._made_of.get(number, ()))]
        return [document for document in found if document is not None]

    def _note_sources(self, document: Document) -> None:
        if self._made_of is None:
            return
        for at in [self.form.line_at(key) for key in self.form.origin]:
            for line in document.lines:
                if line[at]:
                    self._made_of.setdefault(str(line[at]), set()).add(document.fid)

    def span(self, low: int, high: int) -> tuple[int, int]:
        """Positions of the documents with ``low <= internal id < high``."""
        return bisect_left(self.fids, low), bisect_left(self.fids, high)

    def put(self, document: Document) -> None:
        """Insert or replace by internal id; ids never handed out again."""
        fid = document.fid
        position = bisect_left(self.fids, fid)
        if position < len(self.fids) and self.fids[position] == fid:
            self.by_number.pop(self.documents[position].number, None)
            self.documents[position] = document
        else:
            self.fids.insert(position, fid)
            self.documents.insert(position, document)
        if document.number:
            self.by_number[document.number] = document
        self._note_sources(document)
        self._remember(document)

    def fill(self, documents: Iterable[Document]) -> None:
        """Append documents whose internal ids increase and lie above all present ones."""
        for document in documents:
            self.fids.append(document.fid)
            self.documents.append(document)
            self.by_number[document.number] = document
            self._note_sources(document)
        if self.documents:
            self.next_fid = self.fids[-1] + 1
            self.next_entry = 1 + max(
                (int(line[ENTRY_ID] or 0) for document in self.documents for line in document.lines[-1:]),
                default=FIRST_ENTRY - 1,
            )

    def remove(self, fid: int) -> None:
        """Forget the document of this internal id."""
        position = bisect_left(self.fids, fid)
        self.by_number.pop(self.documents[position].number, None)
        del self.fids[position], self.documents[position]

    def free_number(self) -> str:
        """The next automatic number that is not taken."""
        while True:
            number = f"{self.form.prefix}{self.next_number:06d}"
            self.next_number += 1
            if number not in self.by_number:
                return number

    def _remember(self, document: Document) -> None:
        self.next_fid = max(self.next_fid, document.fid + 1)
        entries = [int(line[ENTRY_ID] or 0) for line in document.lines]
        self.next_entry = max([self.next_entry, *(entry + 1 for entry in entries)])


def empty_tables(world: KingdeeWorld) -> Mapping[str, Table]:
    """One table per form, with the custom fields the world's settings allow; empty but for the organisations."""
    tables = {form_id: Table(form.with_custom(world.custom_fields.get(form_id, ()))) for form_id, form in FORMS.items()}
    organisations = tables["ORG_Organizations"]
    form = organisations.form
    for fid, (number, name) in enumerate(ORGANISATIONS.items(), start=FIRST_ORGANISATION):
        cells: dict[str, Cell] = {form.pk: fid, form.number: number, "FName": name, "FDocumentStatus": "C"}
        organisations.put(Document(tuple(cells.get(field.key, field.default) for field in form.head)))
    return tables
