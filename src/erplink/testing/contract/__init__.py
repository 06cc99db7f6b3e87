"""One contract, many ERPs: what an adapter promises, as tests that anybody can run against anybody's adapter."""

from __future__ import annotations

from erplink.testing.contract.matrix import matrix
from erplink.testing.contract.subject import Shape, Subject, System, declared
from erplink.testing.contract.suite import suite

__all__ = ["Shape", "Subject", "System", "declared", "matrix", "suite"]
