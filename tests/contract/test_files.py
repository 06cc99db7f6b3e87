"""Files keep the contract, as text, as workbooks and as Parquet."""

from __future__ import annotations

from erplink.testing.contract import suite
from erplink.testing.contract.subjects.files import FilesSubject

globals().update(suite(FilesSubject()))

CELLS = ("Reads", "Texts", "Exactness", "Statuses", "Broken", "Creates", "Stock")
"""What a format may spoil."""

for subject in (FilesSubject("xlsx"), FilesSubject("parquet")):
    globals().update({name: case for name, case in suite(subject).items() if name.endswith(CELLS)})
