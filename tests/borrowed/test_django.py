"""Inside ``transaction.atomic()``, savepoints too, with Django's own converters, adapters and time zone."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.borrowed import django_story
from tests.borrowed.shop import prepare
from tests.databases import Databases

WAYS = [("sqlite", "sqlite3"), ("postgresql", "psycopg"), ("postgresql", "psycopg2")]


@pytest.mark.parametrize(("databases", "driver"), WAYS, indirect=["databases"])
def test_django_decides_what_stands(databases: Databases, driver: str) -> None:
    url = databases.url()
    prepare(url)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        story = process.submit(django_story.tell, url, driver).result()
    assert "begin one first; in Django inside transaction.atomic()" in str(story.pop("refused"))
    assert story == {"points": 79, "visits": ["after", "committed", "outer"], "same": True, "driver": driver}
