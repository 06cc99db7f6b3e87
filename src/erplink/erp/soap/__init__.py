"""Any system with SOAP, described by a manifest of ``kind = "soap"``. zeep writes envelopes, lxml reads replies."""

from __future__ import annotations

from erplink.erp.soap.settings import from_manifest
from erplink.erp.soap.words import SoapManifest as Manifest

__all__ = ["Manifest", "from_manifest"]
