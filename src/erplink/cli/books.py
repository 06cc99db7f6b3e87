"""The books a command works on."""

from __future__ import annotations

from erplink.link import Link
from erplink.store.database import see_file


def opened(db: str, space: str) -> Link:
    """A space of a database that is there; none is made, for a name written wrong would look like a company with none.

    Raises what ``Link.open`` raises.
    """
    see_file(db)
    return Link.open(db, space=space)
