"""What each system can do, as a page: from the same declarations that the suite proves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from erplink.errors import ConfigInvalid
from erplink.model.documents import Entity
from erplink.testing.contract.subject import Subject
from erplink.wire.adapter import Capability, Verb

_HEAD = """\
# Capabilities

What each adapter declares, and the [contract suite](../how-to/prove-an-adapter.md) proves; whatever is not here raises
`Unsupported`. This page is written by `python -m erplink.testing.contract docs/reference/capabilities.md`.
"""
_TRAITS: Mapping[str, str] = {
    "changes=modified_at": "a window of changes is cut by the stamp of modification",
    "grain=second": "two stamps differ by a second at least, or not at all",
    "order=id": "documents come in the order of their internal id",
    "window=here": "it cannot be asked for a span of time: the whole list is read, and the rest left out",
    "idempotency=number": "a key always gives the same document number, which the system takes once",
    "idempotency=natural": "the same values again change nothing",
    "idempotency=key": "the system knows our key, and gives the same document again",
    "paging=page": "pages are asked for by their number",
    "paging=offset": "pages are asked for by how many records come before them",
    "paging=cursor": "a reply has what asks for the next page",
    "paging=next_link": "a reply has the address of the next page",
    "paging=link_header": "a header of the reply has the address of the next page",
    "paging=keyset": "pages are asked for by the last record before them",
    "paging=none": "all of it comes at once",
    "steady=time": "requests begin at the last stamp seen, so that what moves shifts nothing",
    "steady=overlap": "pages begin with the record before, so that it shows when others have moved",
    "steady=looking_back": "the page before is read again, so that it shows when others have moved",
    "order=written_at": "documents come file by file, in the order in which the files were written",
    "changes=arrived_at modified_at": "a window has what files hold that came in it, and what has its stamp in it",
    "cost=scan": "all files are gone through",
    "effect=handed_over": "a file is put where the other side takes it; it is in force when that has happened",
    "live=no": "as the newest export has it",
    "returns=done": "what is created is in force when it returns",
    "returns=written": "what is created is written down for the system, which does not say what it makes of it",
    "changes=claimed": "what changed is claimed, and given until it was kept",
    "actions=cancel": "what the system has not made yet can be withdrawn",
    "live=yes": "asked for at this moment, not taken from a copy",
    "per=warehouse": "one row for each",
}


def matrix(subjects: Sequence[Subject]) -> str:
    """The page: entity and verb down, systems across, traits in the cells; then what each is without, and why.

    Raises:
        ConfigInvalid: a trait that nobody explained.

    >>> from erplink.testing.contract.subjects import shipped
    >>> print(matrix(shipped()[:2]).splitlines()[7])
    | orders | get | yes | yes |
    """
    return "\n".join((_HEAD, *_table(subjects), *_traits(subjects), *_without(subjects)))


def _table(subjects: Sequence[Subject]) -> Iterator[str]:
    yield _row("entity", "verb", *(subject.name for subject in subjects))
    yield "|---" * (2 + len(subjects)) + "|"
    for entity in get_args(Entity):
        for verb in get_args(Verb):
            cells = [_cell(subject.offers, entity, verb) for subject in subjects]
            if any(cells):
                yield _row(entity, verb, *cells)


def _cell(offers: Sequence[Capability], entity: str, verb: str) -> str:
    for one in offers:
        if (one.entity, one.verb) == (entity, verb):
            return ", ".join(f"`{name}={value}`" for name, value in one.traits.items()) or "yes"
    return ""


def _traits(subjects: Sequence[Subject]) -> Iterator[str]:
    yield "\n## Traits\n"
    yield _row("trait", "says")
    yield "|---|---|"
    offers = [one for subject in subjects for one in subject.offers]
    for trait in dict.fromkeys(f"{name}={value}" for one in offers for name, value in one.traits.items()):
        if trait not in _TRAITS:
            step = "say what it means in erplink.testing.contract.matrix"
            raise ConfigInvalid(f"the trait {trait} is not explained", where="matrix of capabilities", next_step=step)
        yield _row(f"`{trait}`", _TRAITS[trait])


def _without(subjects: Sequence[Subject]) -> Iterator[str]:
    yield "\n## Left out\n"
    yield "What a system is without by its nature, so that no test of the suite can show it.\n"
    yield _row("system", "without", "because")
    yield "|---|---|---|"
    for subject in subjects:
        for feature, reason in subject.without.items():
            yield _row(subject.name, f"`{feature}`", reason)
        for entity, shape in subject.shapes.items():
            for name in sorted(shape.silent):
                yield _row(subject.name, f"`{entity}.{name}`", "it does not keep this field")
    yield ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
