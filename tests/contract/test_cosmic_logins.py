"""The other logins of a 苍穹 keep the contract, also where what was changed last comes first."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.cosmic import CosmicSubject

globals().update(suite(CosmicSubject("app_token", order="newest")))
globals().update(suite(CosmicSubject("digest")))
