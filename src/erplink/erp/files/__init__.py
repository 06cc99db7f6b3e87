"""Exports and imports as CSV, Excel and Parquet, described by a manifest of ``kind = "files"``."""

from __future__ import annotations

from erplink.erp.files.settings import Files, from_manifest
from erplink.erp.files.words import FilesManifest as Manifest
from erplink.erp.files.writing import write_documents

__all__ = ["Files", "Manifest", "from_manifest", "write_documents"]
