"""A manifest of a database keeps the contract on PostgreSQL."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.sql import SqlSubject
from tests.databases import server_or_skip

globals().update(suite(SqlSubject(server_or_skip())))
