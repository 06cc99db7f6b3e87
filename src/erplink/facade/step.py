"""The whole synchronous bridge: a coroutine that awaits nothing but a synchronous Io ends in one step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import aclosing
from typing import Any, Protocol, TypeVar, runtime_checkable

from erplink.errors import ProtocolBroken

T = TypeVar("T")


@runtime_checkable
class Closable(Protocol):
    """An asynchronous generator, as far as ending it goes."""

    async def aclose(self) -> object:
        """End it; its ``finally`` blocks run."""
        ...


def step(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, run to its end here and now, in this thread and context.

    Raises:
        ProtocolBroken: it suspended: it awaited something that is not a synchronous ``Io``.

    >>> async def answer() -> int:
    ...     return 42
    >>> step(answer())
    42
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    name = getattr(coroutine, "__qualname__", repr(coroutine))
    coroutine.close()
    raise ProtocolBroken(
        f"the coroutine {name} suspended in a synchronous call",
        next_step="let it await nothing but its Io, or use the asynchronous facade",
    )


def iterate(source: AsyncIterator[T]) -> Iterator[T]:
    """The items of an asynchronous iterator, one step each; an abandoned source is closed."""
    try:
        while True:
            try:
                item = step(_next(source))
            except StopAsyncIteration:
                return
            yield item
    finally:
        if isinstance(source, Closable):
            step(_close(source))


async def _next(source: AsyncIterator[T]) -> T:
    return await anext(source)


async def _close(source: Closable) -> None:
    async with aclosing(source):
        pass
