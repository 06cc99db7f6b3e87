"""The bridge: one step, a guard, streams that are closed when they are abandoned."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest

from erplink.errors import ProtocolBroken
from erplink.facade.step import iterate, step


class Bare:
    def __await__(self) -> object:
        yield self


async def suspends_bare() -> None:
    await Bare()  # type: ignore[misc]


async def counts(closed: list[str]) -> AsyncIterator[int]:
    try:
        for n in range(3):
            yield n
    finally:
        closed.append("closed")


def test_a_coroutine_that_suspends_is_named_and_closed() -> None:
    coroutine = suspends_bare()
    with pytest.raises(ProtocolBroken, match="suspends_bare suspended"):
        step(coroutine)
    with pytest.raises(RuntimeError, match="cannot reuse"):
        coroutine.send(None)


def test_what_a_coroutine_raises_comes_out_as_it_is() -> None:
    async def fails() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        step(fails())


def test_a_stream_ends_and_is_closed() -> None:
    closed: list[str] = []
    assert list(iterate(counts(closed))) == [0, 1, 2]
    assert closed == ["closed"]


def test_an_abandoned_stream_is_closed_at_once() -> None:
    closed: list[str] = []
    source = counts(closed)
    stream = iterate(source)
    assert next(stream) == 0
    stream.close()  # type: ignore[attr-defined]
    assert closed == ["closed"]
    with pytest.raises(StopAsyncIteration):
        step(_take(source))


async def _take(source: AsyncIterator[int]) -> int:
    return await anext(source)


def test_a_stream_inside_an_event_loop_is_stepped_all_the_same() -> None:
    async def notebook() -> list[int]:
        return list(iterate(counts([])))

    assert anyio.run(notebook) == [0, 1, 2]
