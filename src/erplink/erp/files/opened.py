"""A file under way: opened, its columns found, its documents taken a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice

from attrs import define, field, frozen

from erplink.erp.files.binding import Binding, bound
from erplink.erp.files.columns import Column
from erplink.erp.files.folder import Folder, Found
from erplink.erp.files.grouping import Group, Tally, beginnings, groups
from erplink.erp.files.plan import FilePlan, Pair, how
from erplink.erp.files.reading import Outcome, Problem, RowsReader
from erplink.erp.files.recording import Recordings
from erplink.erp.files.spool import Spool
from erplink.erp.files.table import Damaged, Source, Table, open_table
from erplink.erp.files.words import TableWords
from erplink.errors import FileInvalid
from erplink.wire.adapter import Broken


@frozen
class Chunk:
    """Some documents of a file. ``upto`` is the row they end with; ``changed``: the file is not what it was.

    ``finished``: there is no more, either because that was all or because of what ``damaged`` says.
    """

    outcomes: list[Outcome]
    upto: int
    finished: bool
    changed: bool = False
    damaged: FileInvalid | None = None


@define
class Opened:
    """A file, and the one with its lines, being read. ``tally`` counts the rows met so far."""

    pair: Pair
    heads: Table
    binding: Binding
    reader: RowsReader
    found: Iterator[Group] = field(repr=False)
    tally: Tally = field(factory=Tally)
    lines: Table | None = None
    lines_binding: Binding | None = None
    spool: Spool | None = None
    upto: int = 0

    def take(self, folder: Folder, limit: int, apart: Callable[[str], bool]) -> Chunk:
        """The next documents. The last ones come with ``finished``."""
        taken: list[Group] = []
        damaged: FileInvalid | None = None
        try:
            for group in islice(self.found, limit):
                taken.append(group)  # noqa: PERF402 - what came before the damage counts
        except Damaged as error:
            damaged = error.error
        finished = damaged is not None or len(taken) < limit
        outcomes = self.reader.read([(group, self.lines_of(group)) for group in taken], apart)
        if taken:
            self.upto = taken[-1].rows[-1][0]
        if finished and damaged is None and self.spool is not None:
            outcomes += [_headless(group) for group in self.spool.left()]
        return Chunk(outcomes, self.upto, finished, not self.is_same(folder), damaged)

    def is_same(self, folder: Folder) -> bool:
        """Whether the files are still what they were when they were listed."""
        return now(folder, self.pair) == self.pair.mark

    def broken(self, outcome: Outcome) -> Broken:
        """What is told of a document that cannot be read."""
        lines = self.pair.lines.name if self.pair.lines is not None else self.pair.name
        return self.reader.broken(outcome, (self.pair.name, lines))

    def close(self) -> None:
        """Give the files back. Closing twice is fine."""
        self.heads.close()
        if self.lines is not None:
            self.lines.close()
        if self.spool is not None:
            self.spool.close()

    def lines_of(self, group: Group) -> Group | None:
        """The lines of a document, where they are in a second file and there are some."""
        return self.spool.take(group.number) if self.spool is not None else None


def now(folder: Folder, pair: Pair) -> str:
    """The mark of a pair as it is by now; empty when one of the two is gone."""
    found = [folder.look(one.name) for one in (pair.head, pair.lines) if one is not None]
    return "" if None in found else "+".join(one.mark for one in found if one is not None)


def open_pair(folder: Folder, plan: FilePlan, pair: Pair, kept: Recordings | None = None) -> Opened:
    """Open a file and, where lines have one of their own, read those into a spool. ``kept`` is what was read before.

    Raises ``Damaged``, ``FileInvalid``, ``ConfigInvalid``.
    """
    mapped, words = plan.mapped, plan.words
    with ExitStack() as stack:
        before = kept.take(pair.head.name, pair.head.mark) if kept is not None else None
        if before is None:
            table, binding = _opened(folder, pair.head, words, mapped.needed, stack)
        else:
            stack.callback(before.close)
            table, binding = before, bound(before, mapped.needed)
        alone = mapped.mapping.lines is None or pair.lines is not None
        tally = Tally()
        found = groups(table.rows, binding.at[mapped.mapping.number], tally, alone=alone)
        if pair.lines is None or words.lines is None or mapped.parent is None:
            reader = RowsReader(mapped, binding)
            opened = Opened(pair, table, binding, reader, found, tally)
        else:
            lines, of_lines = _opened(folder, pair.lines, words.lines, mapped.needed_of_lines, stack)
            spool = Spool()
            stack.callback(spool.close)
            spool.fill(groups(lines.rows, of_lines.at[mapped.parent.key], Tally(), alone=False))
            reader = RowsReader(mapped, binding, of_lines)
            opened = Opened(pair, table, binding, reader, found, tally, lines, of_lines, spool)
        stack.pop_all()
        return opened


def numbers(folder: Folder, plan: FilePlan, pair: Pair, kept: Recordings | None = None) -> Iterator[str]:
    """The number of each document of a file, as often as its rows begin anew. Closes the file at the end.

    Where reading takes long, the rows are ``kept`` for the next time.
    """
    mapped = plan.mapped
    with ExitStack() as stack:
        names = next(column.names for column in mapped.heads if column.key == mapped.mapping.number)
        table, binding = _opened(folder, pair.head, plan.words, mapped.needed, stack, names)
        alone = mapped.mapping.lines is None or pair.lines is not None
        slow = kept is not None and how(pair.head, plan.words).format == "xlsx"
        rows = kept.keep(table, pair.head.mark).rows if slow and kept is not None else table.rows
        yield from beginnings(rows, binding.at[mapped.mapping.number], alone=alone)


def _opened(
    folder: Folder,
    found: Found,
    words: TableWords,
    columns: Sequence[Column],
    stack: ExitStack,
    enough: Sequence[str] | None = None,
) -> tuple[Table, Binding]:
    wanted = frozenset(" ".join(name.split()) for column in columns for name in column.names)
    source = Source(folder.path(found.name), found.name, how(found, words), wanted)
    table = open_table(source, columns=enough)
    stack.callback(table.close)
    return table, bound(table, columns if enough is None else [one for one in columns if set(one.names) & {*enough}])


def _headless(group: Group) -> Outcome:
    """Lines of a document that is not there."""
    return Outcome(Group(group.number), None, (Problem("lines", group.first, "no_head"),), group)
