"""A manifest keeps the contract in the house ``modern``."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.rest import RestSubject
from erplink.testing.worlds.rest import house

globals().update(suite(RestSubject(house("modern"))))
