"""A stand-in for a Kingdee 苍穹 (Cosmic): its logins, query, save, submit and audit, over the books of a small shop."""

from __future__ import annotations

from erplink.testing.worlds.cosmic.serve import Running, run, serve
from erplink.testing.worlds.cosmic.settings import CosmicWorld, Credentials

__all__ = ["CosmicWorld", "Credentials", "Running", "run", "serve"]
