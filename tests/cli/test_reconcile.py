"""``erplink reconcile``: a plan to read, and a repair on request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erplink.store import tables as t
from tests.cli.shell import Ended, erplink
from tests.link.company import Company, company

ROWS = (
    ("1001", "C1", "2026-03-01 10:00", "M1", 1, "100.00"),
    ("1002", "C2", "2026-03-01 11:00", "M1", 1, "30.00"),
)


def run(erp: Company, *options: str) -> Ended:
    known = erp.running.credentials
    where = ("--url", erp.running.url, "--acct-id", known.acct_id, "--username", known.username)
    books = ("--db", erp.database(), "--space", "acme", "--app-id", known.app_id)
    return erplink("reconcile", *books, *where, *options, cwd=erp.folder, env={"ERPLINK_APP_SECRET": known.app_secret})


def test_it_tells_what_differs_and_repairs_it_when_asked_to(tmp_path: Path) -> None:
    with company(tmp_path, *ROWS) as erp, erp.link() as link:
        link.sync()
        ledger = link.export()
        well = run(erp)
        assert (well.code, well.out.splitlines()[-1]) == (0, "Nothing differs."), well.err
        with link._desk.store.begin() as connection:
            d = t.documents.c
            connection.execute(t.documents.delete().where(d.entity == "orders", d.number == "1002"))
        plan = run(erp)
        assert plan.code == 3
        assert "1002" in plan.out
        assert "not kept here" in plan.out
        assert "nothing was changed; --repair makes it good" in plan.out
        told = json.loads(run(erp, "--json").out)
        assert [(each["entity"], each["kind"], each["number"]) for each in told["counts"]] == [("orders", "missing", 1)]
        done = run(erp, "--repair")
        assert (done.code, done.out.splitlines()[-1]) == (0, "to be read by the next sync: 1")
        erp.clock.advance(2)
        link.sync()
        assert run(erp, "--entity", "orders", "--plan").code == 0
        assert link.export() == ledger


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--entity", "invoices"), "'invoices' is no entity"), (("--show", "-1"), "--show")],
)
def test_what_cannot_be_asked_for_is_said(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    with company(tmp_path, *ROWS) as erp, erp.link():
        done = run(erp, *options)
        assert done.code == 2
        assert words in done.err
