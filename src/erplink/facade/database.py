"""One transaction from either world: in this thread, in a worker thread awaited by a task, or the caller's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Concatenate, ParamSpec, TypeVar, cast

import anyio.to_thread
from attrs import field, frozen

from erplink.errors import StoreUnavailable
from erplink.store.database import Connection, Store
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


async def transact_async(
    db: Database[C] | LentAsync, fn: Callable[Concatenate[C, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Like ``transact``, in a worker thread; never abandoned half-way. Inside what was lent, in the caller's task."""
    if isinstance(db, LentAsync):
        return await db.store.run_lent(
            db.connection, cast("Callable[Concatenate[Connection, P], T]", fn), *args, **kwargs
        )
    return await anyio.to_thread.run_sync(lambda: transact(db, fn, *args, **kwargs))


@frozen
class Lent:
    """The caller's transaction, as ``transact`` takes one: nothing begins, and nothing ends."""

    store: Store
    connection: object = field(repr=False)

    def begin(self) -> AbstractContextManager[Connection]:
        """A connection in the transaction that was begun."""
        return self.store.lend(self.connection)


@frozen
class LentAsync:
    """The transaction of a caller whose connection is awaited."""

    store: Store
    connection: object = field(repr=False)
