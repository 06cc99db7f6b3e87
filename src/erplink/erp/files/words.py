"""The words of a manifest of ``kind = "files"``: which files, which columns, where they are written."""

from __future__ import annotations

import codecs
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from erplink.manifest.head import Head
from erplink.manifest.words import Constant, Names, TimeForm, Type, tuple_of_one
from erplink.text.parts import Part

Format = Literal["csv", "xlsx", "parquet"]
Language = Literal["zh", "en"]
OutEncoding = Literal["utf-8", "utf-8-bom", "gb18030"]


def _below(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or ":" in path or ".." in parts:
        raise ValueError(f"{path!r} must lie below the manifest's folder; write it like in/orders*.csv, with /")
    return path


def _charset(name: str) -> str:
    try:
        codecs.lookup(name if name != "auto" else "utf-8")
    except LookupError:
        raise ValueError(f"{name!r} is no encoding; write auto, utf-8, gb18030 or utf-16") from None
    return name


Below = Annotated[str, AfterValidator(_below)]
"""A file, a pattern or a folder below the folder of the manifest."""

BelowIfAny = Annotated[str, AfterValidator(lambda path: _below(path) if path else path)]
Patterns = Annotated[tuple[Below, ...], BeforeValidator(tuple_of_one), Field(min_length=1)]
"""One pattern or several."""

Heading = Annotated[str, Field(min_length=1)]
Encoding = Annotated[str, AfterValidator(_charset)]
Delimiter = Annotated[str, Field(pattern=r"^(auto|tab|[^\w\s\"]|\t)$")]


class ColumnCase(Part):
    """One row of a decision: ``when`` all these columns hold one of these texts, it ``is`` that."""

    when: dict[Heading, Constant | tuple[Constant, ...]]
    is_: Annotated[str, Field(alias="is")]


class ColumnWords(Part):
    """One attribute. Short: ``number = "单据编号"``, or ``number = ["单据编号", "订单号"]`` where headings differ.

    ``path`` is the heading of its column, ``also`` other headings it may have; ``value`` a constant instead; ``map``
    turns the words of the file into ours; ``cases`` decide by several columns. ``optional``: column or cell may be
    missing. ``write = false`` leaves it out of files that are written, a text is the heading it has there.
    """

    path: Heading | None = None
    also: Names = ()
    value: Constant | None = None
    type: Type | None = None
    time: TimeForm | None = None
    map: dict[str, str] | None = None
    cases: tuple[ColumnCase, ...] | None = None
    scale: Annotated[int, Field(ge=0, le=9)] = 0
    negate: bool = False
    optional: bool = False
    write: bool | str = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        named = given if isinstance(given, str | list) else given.get("path") if isinstance(given, dict) else None
        rest = given if isinstance(given, dict) else {}
        if isinstance(named, list):
            return {**rest, "path": named[0] if named else "", "also": [*named[1:], *rest.get("also", ())]}
        return {**rest, "path": named} if isinstance(named, str) else given

    @model_validator(mode="after")
    def _one_source(self) -> ColumnWords:
        named = [word for word in ("path", "value", "cases") if getattr(self, word) is not None]
        if len(named) != 1:
            said = " and ".join(named) if named else "nothing"
            raise ValueError(f"a field has exactly one of path, value and cases; this one has {said}")
        if self.path is None and (self.map is not None or self.also):
            raise ValueError("map and also go with a path")
        return self

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading that its column may have, the usual one first."""
        return () if self.path is None else (self.path, *self.also)


Columns = dict[str, ColumnWords]


class TableWords(Part):
    """How a file is read. ``format`` goes by the ending where nothing is said.

    ``sheet`` is a name, or the place of the sheet from 1. ``header`` is the row with the headings. ``encoding`` and
    ``delimiter`` concern CSV; ``auto`` finds them out.
    """

    format: Format | None = None
    sheet: str | Annotated[int, Field(ge=1)] = 1
    header: Annotated[int, Field(ge=1, le=1000)] = 1
    encoding: Encoding = "auto"
    delimiter: Delimiter = "auto"


class LinesInFile(TableWords):
    """The lines of a document: columns of the same file, or with ``files`` of a second one.

    Wildcards pair the two: ``orders-*.csv`` with ``lines-*.csv`` of the same ``*``. ``parent`` is the column of a line
    that holds the number of its document. ``only`` keeps lines where all these columns hold one of these values.
    """

    fields: Columns
    only: dict[Heading, Constant | tuple[Constant, ...]] = Field(default_factory=dict)
    files: Below | None = None
    parent: Names = ()

    @model_validator(mode="after")
    def _second_file(self) -> LinesInFile:
        if (self.files is None) != (not self.parent):
            raise ValueError("files and parent go together: the second file, and its column with the document's number")
        return self


class Written(Part):
    """Files that are handed over in a ``folder``, one for each document, for the other side to take them from there.

    ``values`` are columns that always hold the same. ``guard`` puts ``'`` before texts that a spreadsheet would take
    for a formula; what a program reads should be without.
    """

    folder: Below
    format: Format = "csv"
    encoding: OutEncoding = "utf-8-bom"
    values: dict[Heading, Constant] = Field(default_factory=dict)
    guard: bool = False


class CreateFile(Written):
    """New documents. ``number_prefix`` begins numbers that are derived from keys."""

    number_prefix: Annotated[str, Field(pattern="^[A-Z0-9-]{0,12}$")] = "ERPL-"


class FileEntity(TableWords):
    """One entity. ``files`` is a pattern or several; ``*`` is any part of a name, ``**`` any folders.

    ``complete``: the files together hold every document there is, so that what is missing was deleted. ``done`` is a
    folder that files are moved to when they were read to their end.
    """

    files: Patterns
    complete: bool = False
    done: Below | None = None
    fields: Columns
    custom: Columns = Field(default_factory=dict)
    lines: LinesInFile | None = None
    create: CreateFile | None = None
    update: Written | None = None

    @model_validator(mode="after")
    def _agrees(self) -> FileEntity:
        if self.complete and self.done is not None:
            raise ValueError("complete and done exclude each other: what was moved away would look deleted")
        if self.lines is not None and self.lines.files is not None and len(self.files) > 1:
            raise ValueError("lines in a second file go with one pattern under files")
        return self


class FileStock(TableWords):
    """Stock as the newest of the files has it."""

    files: Patterns
    fields: Columns


class Entities(Part):
    """What there is."""

    orders: FileEntity | None = None
    shipments: FileEntity | None = None
    returns: FileEntity | None = None
    receipts: FileEntity | None = None
    refunds: FileEntity | None = None
    receivables: FileEntity | None = None
    customers: FileEntity | None = None
    products: FileEntity | None = None
    prices: FileEntity | None = None
    stock: FileStock | None = None


class FilesManifest(Head):
    """The whole manifest.

    ``reports`` is the folder of the reports about rows that cannot be read (``""``: none), ``language`` what they are
    written in. A file is left alone until nobody has touched it for ``settle`` seconds. ``page`` is how many documents
    are read at once.
    """

    kind: Literal["files"]  # pyright: ignore[reportIncompatibleVariableOverride] - a word is never assigned to
    reports: BelowIfAny = "errors"
    language: Language = "zh"
    settle: Annotated[int, Field(ge=0, le=3600)] = 10
    page: Annotated[int, Field(ge=1, le=100_000)] = 1000
    entities: Entities = Entities()
