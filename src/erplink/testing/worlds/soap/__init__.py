"""A stand-in for a self-built ERP with SOAP, in the many ways in which such services speak."""

from __future__ import annotations

from erplink.testing.worlds.soap.houses import HOUSES, house
from erplink.testing.worlds.soap.serve import Running, announcement, run, serve
from erplink.testing.worlds.soap.settings import Credentials, SoapWorld
from erplink.testing.worlds.soap.wsdl import save_wsdl

__all__ = ["HOUSES", "Credentials", "Running", "SoapWorld", "announcement", "house", "run", "save_wsdl", "serve"]
