"""Any system with JSON over HTTP (REST, JSON-RPC), described by a manifest of ``kind = "rest"``."""

from __future__ import annotations

from erplink.erp.rest.settings import from_manifest
from erplink.erp.rest.words import RestManifest as Manifest

__all__ = ["Manifest", "from_manifest"]
