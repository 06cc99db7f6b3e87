"""A SOAP manifest keeps the contract in the house ``rpc``."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.soap import SoapSubject
from erplink.testing.worlds.soap import house

globals().update(suite(SoapSubject(house("rpc"))))
