"""The names under which things wait for one another."""

from __future__ import annotations


def known_as(system: str, entity: str, number: str) -> str:
    """The name of a record of a system: what depends on it is parked under this name until it is known.

    >>> known_as("kingdee", "customers", "C1")
    'kingdee:customers:C1'
    """
    return f"{system}:{entity}:{number}"
