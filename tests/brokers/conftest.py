"""A stream of each broker in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.brokers.streams import KINDS, Stream, made, running


@pytest.fixture(params=KINDS)
def stream(request: pytest.FixtureRequest) -> Iterator[Stream]:
    """A fresh stream of each broker in turn."""
    with made(request.param, running(request.param)) as fresh:
        yield fresh
