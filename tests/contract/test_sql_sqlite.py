"""A manifest of a database keeps the contract on SQLite."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.sql import SqlSubject

globals().update(suite(SqlSubject()))
