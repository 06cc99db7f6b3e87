"""Rows of any form by any keys, streamed in the order of their document's id."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from attrs import frozen

from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.batch import id_key
from erplink.erp.kingdee.query import both
from erplink.erp.kingdee.slices import ROUND_CAP
from erplink.errors import ConfigInvalid, ServerFault

Cells = Mapping[str, Any]


@frozen
class Selection:
    """What is asked for: form and keys, a filter in the ERP's own words, and the entry whose lines are asked for."""

    form: str
    keys: tuple[str, ...]
    where: str
    entry: str


async def rows(desk: Desk, chosen: Selection) -> AsyncGenerator[Cells, None]:
    """Each row once, by key; with an ``entry`` one row per line of it, else one per document."""
    if not chosen.keys:
        raise ConfigInvalid("no key is asked for", where=chosen.form, next_step="name the keys of the fields")
    walk = _Walk(desk, chosen, id_key(chosen.form), f"{chosen.entry}_FEntryID" if chosen.entry else "")
    after, line = "", ""
    while True:
        page, cut = await walk.page(after, line)
        for _, _, cells in page:
            yield cells
        if not cut:
            return
        last, entry, _ = page[-1]
        if (last, entry) == (after, line):
            raise ServerFault("the reply does not go on where the last one ended", where=chosen.form, sent="no")
        after, line = last, entry


@frozen
class _Walk:
    desk: Desk
    chosen: Selection
    key: str
    entry: str

    async def page(self, after: str, line: str) -> tuple[list[tuple[str, str, Cells]], bool]:
        """The rows behind a row, each with the ids of its document and line, and whether there may be more."""
        own = [self.key, *([self.entry] if self.entry else [])]
        limit = self.desk.settings.page
        behind = self._behind(after, line)
        where = f"({self.chosen.where})" if self.chosen.where else ""
        found = await self.desk.rows(
            self.chosen.form,
            ",".join([*own, *self.chosen.keys]),
            both(behind, where),
            order=",".join(f"{one} ASC" for one in own),
            limit=limit,
        )
        rows: list[tuple[str, str, Cells]] = [
            (str(row[0]), str(row[1]) if self.entry else "", dict(zip(self.chosen.keys, row[len(own) :], strict=True)))
            for row in found
        ]
        return rows, bool(rows) and (len(rows) >= limit or len(rows) % ROUND_CAP == 0)

    def _behind(self, after: str, line: str) -> str:
        if not after:
            return ""
        if not self.entry:
            return f"{self.key}>{after}"
        return f"({self.key}>{after} or ({self.key}={after} and {self.entry}>{line}))"
