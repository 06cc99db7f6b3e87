"""Planning a pull: how many documents to ask for at once, and whether a reply may have been cut."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TypeVar

T = TypeVar("T")

CHUNK_DOCUMENTS = 2000
"""Documents held in memory at once, at most; with many lanes 500 for each, and fewer where replies are short."""
CHUNK_ROWS = 40_000
"""Rows held in memory at once, about; with many lanes three full ranges for each lane."""
_ROUNDS = 3
"""Ranges for each lane of a chunk, at least: while one lane waits for the server, another reads what it got."""
_LANE_DOCUMENTS = 500
_FILL = 0.85
ROUND_CAP = 100
"""Caps of servers on the rows of a reply are multiples of this."""
_FIRST_GUESS = 25.0
_NEWEST = 0.75


class Density:
    """Rows per document of one form, and how long a reply can be, learned from what was read so far."""

    def __init__(self, *, rows_per_document: float = _FIRST_GUESS) -> None:
        self.rows_per_document = rows_per_document
        self._longest = 0

    def learn(self, rows: int, documents: int) -> None:
        """Take a chunk into account; the newest weighs most."""
        if documents:
            learned = _NEWEST * rows / documents + (1 - _NEWEST) * self.rows_per_document
            self.rows_per_document = max(learned, 1.0)

    def may_be_cut(self, rows: int, limit: int) -> bool:
        """Whether a reply of so many rows may go on: it is full, or as long as a lower cap of the server could make it.

        Caps of servers are round numbers (2000, 10000), whatever Limit was asked for, and not below a reply they gave.

        >>> density = Density()
        >>> [density.may_be_cut(rows, 2000) for rows in (0, 1000, 1001, 1000, 2000)]
        [False, True, False, False, True]
        """
        cut = rows >= limit or (rows > 0 and rows % ROUND_CAP == 0 and rows >= self._longest)
        self._longest = max(self._longest, rows)
        return cut

    def chunk(self, limit: int, lanes: int) -> int:
        """How many documents to fetch before they are handed out: enough to keep all lanes busy."""
        of_range = limit * _FILL
        ranges = max(int(CHUNK_ROWS / of_range), _ROUNDS * lanes)
        documents = ranges * max(int(of_range / self.rows_per_document), 1)
        most = max(min(CHUNK_DOCUMENTS, limit), lanes * min(_LANE_DOCUMENTS, limit))
        return max(min(most, documents), 1)


def spans(heads: Sequence[T], rows: float, limit: int) -> list[Sequence[T]]:
    """Ranges that cover ``heads`` in order, each expected to stay below ``limit`` rows; ``rows`` is what all may hold.

    >>> spans([3, 5, 9, 12], rows=100, limit=100)
    [[3, 5], [9, 12]]
    """
    if not heads:
        return []
    wanted = ceil(rows / (limit * _FILL))
    size = ceil(len(heads) / min(max(wanted, 1), len(heads)))
    return [heads[start : start + size] for start in range(0, len(heads), size)]
