"""The systems that erplink itself proves: one module each, over the world of that system."""

from __future__ import annotations

from erplink.testing.contract.subject import Subject


def shipped() -> tuple[Subject, ...]:
    """All of them, as they are usually entered."""
    from erplink.testing.contract.subjects.cosmic import CosmicSubject
    from erplink.testing.contract.subjects.files import FilesSubject
    from erplink.testing.contract.subjects.kingdee import KingdeeSubject
    from erplink.testing.contract.subjects.rest import RestSubject
    from erplink.testing.contract.subjects.soap import SoapSubject
    from erplink.testing.contract.subjects.sql import SqlSubject
    from erplink.testing.contract.subjects.xingchen import XingchenSubject
    from erplink.testing.worlds import rest, soap

    by_rest = (RestSubject(world) for world in rest.HOUSES.values())
    by_soap = (SoapSubject(world) for world in soap.HOUSES.values())
    by_kingdee = (KingdeeSubject(), CosmicSubject(), XingchenSubject())
    return (*by_kingdee, *by_rest, *by_soap, SqlSubject(), FilesSubject())
