"""A stand-in for a self-built ERP with JSON over HTTP, in the many ways in which such systems speak."""

from __future__ import annotations

from erplink.testing.worlds.rest.houses import HOUSES, house
from erplink.testing.worlds.rest.serve import Running, announcement, run, serve
from erplink.testing.worlds.rest.settings import Credentials, RestWorld

__all__ = ["HOUSES", "Credentials", "RestWorld", "Running", "announcement", "house", "run", "serve"]
