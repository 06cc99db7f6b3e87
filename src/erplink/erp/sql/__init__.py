"""Any database that SQLAlchemy speaks to, described by a manifest of ``kind = "sql"``."""

from __future__ import annotations

from erplink.erp.sql.settings import from_manifest
from erplink.erp.sql.words import SqlManifest as Manifest

__all__ = ["Manifest", "from_manifest"]
