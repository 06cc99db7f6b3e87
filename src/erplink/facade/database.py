"""One transaction from either world: in this thread, or in a worker thread awaited by a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import anyio.to_thread

from erplink.errors import StoreUnavailable
from erplink.wire.io import Database

T = TypeVar("T")
C = TypeVar("C")
P = ParamSpec("P")

TURNS = 5
"""How often a transaction is run that meets others again and again."""


def transact(db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a plain function over a connection, in one transaction.

    When two transactions waited for each other and the database ended this one, nothing of it is left, and it is run
    again at once, a few times.
    """
    for _ in range(TURNS - 1):
        try:
            with db.begin() as connection:
                return fn(connection, *args, **kwargs)
        except StoreUnavailable as error:
            if error.retry_after != 0:
                raise
    with db.begin() as connection:
        return fn(connection, *args, **kwargs)


async def transact_async(db: Database[C], fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Like ``transact``, in a worker thread; never abandoned half-way."""
    return await anyio.to_thread.run_sync(lambda: transact(db, fn, *args, **kwargs))
