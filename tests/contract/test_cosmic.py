"""A 苍穹 keeps the contract."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.cosmic import CosmicSubject

globals().update(suite(CosmicSubject()))
