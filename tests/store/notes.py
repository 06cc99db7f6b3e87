"""Something small to keep, and how a test says what an error has to say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy.engine import make_url

from erplink import ErplinkError, StoreUnavailable
from erplink.store import policies
from erplink.store.database import Connection, open_store
from erplink.store.policies import Published

NOW = datetime.fromisoformat("2026-04-01T00:00:00+08:00")


def note(connection: Connection, name: str = "one", size: int = 1) -> None:
    """Keep something of a size."""
    policies.publish(connection, "acme", Published(name, 1, name, "x" * size, None, "me"), NOW)


def noted(url: str) -> list[str]:
    store = open_store(url)
    with store.begin() as connection:
        found = [each.id for each in policies.published(connection, "acme")]
    store.close()
    return found


@contextmanager
def raises(kind: type[ErplinkError], *words: str) -> Iterator[None]:
    """The block ends with an error of this kind that names all these words, and no password."""
    with pytest.raises(kind) as caught:
        yield
    said = str(caught.value)
    assert [word for word in words if word not in said] == [], said
    assert "s3cret" not in said
    assert len(said.splitlines()) == 1
    if isinstance(caught.value, StoreUnavailable):
        assert caught.value.sent == "no"


def with_options(url: str, **options: str) -> str:
    return make_url(url).update_query_dict(options).render_as_string(hide_password=False)
