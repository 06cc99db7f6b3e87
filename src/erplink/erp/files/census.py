"""Which documents occur more than once in the files of a walk, at eight bytes for each of them.

The numbers of documents are told apart by 64 bits of a hash, whose secret is made anew in every process.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from attrs import define, field

_BUCKETS = 256
_WORD = (1 << 64) - 1


@define
class Census:
    """Built file by file, in the order of the walk. ``surveyed`` counts the files."""

    surveyed: int = 0
    _hashes: list[array[int]] = field(factory=lambda: [array("Q") for _ in range(_BUCKETS)], repr=False)
    _files: list[array[int]] = field(factory=lambda: [array("I") for _ in range(_BUCKETS)], repr=False)
    _last: dict[int, int] = field(factory=dict, repr=False)
    _apart: set[tuple[int, int]] = field(factory=set, repr=False)

    def add(self, numbers: Iterable[str]) -> None:
        """Take in one file: the number of every document, as often as its rows begin anew."""
        hashes, files, place = self._hashes, self._files, self.surveyed
        for number in numbers:
            found = hash(number) & _WORD
            bucket = found % _BUCKETS
            hashes[bucket].append(found)
            files[bucket].append(place)
        self.surveyed += 1

    def close(self) -> None:
        """Find what occurs more than once, and forget the rest."""
        for hashes, files in zip(self._hashes, self._files, strict=True):
            seen: dict[int, int] = {}
            for found, place in zip(hashes, files, strict=True):
                before = seen.get(found)
                if before == place:
                    self._apart.add((place, found))
                elif before is not None:
                    self._last[found] = place
                seen[found] = place
        self._hashes, self._files = [], []

    def is_apart(self, place: int, number: str) -> bool:
        """Whether the rows of a document stand in several places of a file."""
        return bool(self._apart) and (place, hash(number) & _WORD) in self._apart

    def is_superseded(self, place: int, number: str) -> bool:
        """Whether a later file of the walk has the document too."""
        return bool(self._last) and self._last.get(hash(number) & _WORD, place) > place

    def told(self, place: int, numbers: Iterable[str]) -> None:
        """Note that documents were told as a file has them, for which those of earlier files were left out."""
        if self._last:
            for number in numbers:
                found = hash(number) & _WORD
                if self._last.get(found) == place:
                    del self._last[found]

    def owes(self, place: int) -> bool:
        """Whether documents of earlier files were left out for those of a file that have not been told."""
        return place in self._last.values()

    def is_owed(self, place: int, number: str) -> bool:
        """Whether it is one of them."""
        return self._last.get(hash(number) & _WORD) == place
