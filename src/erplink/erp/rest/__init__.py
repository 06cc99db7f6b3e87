"""Any system with JSON over HTTP (REST, JSON-RPC), described by a manifest of ``kind = "rest"``."""

from __future__ import annotations

from erplink.erp.rest.settings import from_manifest

__all__ = ["from_manifest"]
