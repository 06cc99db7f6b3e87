"""What a reply says about each of several documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from erplink.wire.redact import redact


@frozen
class Heard:
    """What a reply says: ids of the documents it names as done, and words (with their field) about others, by place.

    ``words`` of a place that the reply did not name for sure are all there are.
    """

    done: Mapping[str, str]
    by_place: Mapping[int, tuple[str, str]]
    unplaced: tuple[str, str]

    def about(self, place: int) -> tuple[str, str]:
        """Words and field about the document of a place in the request."""
        return self.by_place.get(place, self.unplaced)


def heard(result: Mapping[str, Any], numbers: Sequence[str]) -> Heard:
    """A common reply read with the numbers that were asked about.

    Places (DIndex) count from 0 in the request, or in each of the server's own batches where it was told to make
    several: they are trusted only as far as the documents that were done stand where the reply says.
    """
    status = result.get("ResponseStatus")
    status = status if isinstance(status, dict) else {}
    entities = [one for one in status.get("SuccessEntitys") or () if isinstance(one, dict)]
    errors = [one for one in status.get("Errors") or () if isinstance(one, dict)]
    done = {str(one.get("Number") or ""): str(one.get("Id") or "") for one in entities}
    places = [(_place(one), one) for one in errors]
    free = {place for place, number in enumerate(numbers) if number not in done}
    trusted = all(
        0 <= _place(one) < len(numbers) and numbers[_place(one)] == str(one.get("Number") or "") for one in entities
    ) and all(place in free for place, _ in places)
    said = [_words(one) for _, one in places]
    unplaced = (
        "; ".join(dict.fromkeys(words for words, _ in said)) or "no reason was given",
        said[0][1] if len(said) == 1 else "",
    )
    by_place: dict[int, tuple[str, str]] = {}
    if trusted:
        for place, one in places:
            by_place.setdefault(place, _words(one))
    return Heard(done, by_place, unplaced)


def _place(one: Mapping[str, Any]) -> int:
    try:
        return int(one.get("DIndex") or 0)
    except (TypeError, ValueError):
        return -1


def _words(error: Mapping[str, Any]) -> tuple[str, str]:
    return redact(str(error.get("Message") or "no reason was given")), str(error.get("FieldName") or "")
