"""The names that a company's space and its systems go by, in a database and in messages."""

from __future__ import annotations

from erplink.errors import ConfigInvalid
from erplink.store.cursors import ERRAND

LONGEST = 120


def space_named(name: str) -> str:
    """The name of a space, as it may be. Raises ``ConfigInvalid``.

    >>> space_named("acme")
    'acme'
    """
    return _fit(name, "space", "name the company, such as 'acme'")


def system_named(name: str, where: str) -> str:
    """The name of a system, as it may be. Raises ``ConfigInvalid``."""
    if name.startswith(ERRAND):
        raise ConfigInvalid(f"{name!r} begins with {ERRAND}", where=where, next_step="begin with a letter")
    return _fit(name, where, "name the system, such as 'kingdee'")


def _fit(name: str, where: str, next_step: str) -> str:
    if 0 < len(name) <= LONGEST and name.isprintable():
        return name
    raise ConfigInvalid(
        f"a name has 1 to {LONGEST} characters that can be printed; this one has {len(name)}",
        where=where,
        next_step=next_step,
    )
