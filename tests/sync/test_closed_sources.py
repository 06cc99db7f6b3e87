"""Nobody is decided for while older documents are known to be missing: the tier before an order is frozen with it."""

from __future__ import annotations

from pathlib import Path

from erplink.facade.clock import utc_now
from erplink.facade.erp import Erp
from erplink.facade.step import step
from erplink.policy.programme import load_policy
from erplink.store.database import open_store
from erplink.sync.decide import Rules, decide_all
from erplink.sync.engine import Attached, cursors_of, feeds_of
from erplink.sync.progress import silent
from erplink.sync.pull import pull
from erplink.sync.run import Run
from tests.link.company import PLAIN, company

ROW = ("1001", "C1", "2026-03-02 10:00", "M1", 10, "100.00")


def attached(erp: Erp) -> Attached:
    return Attached("kingdee", erp.adapter, erp.io, frozenset(), 1)


def test_a_decision_waits_until_every_feed_that_counts_was_read_to_its_end(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'books.db'}")
    run = Run(store, "acme", utc_now, silent)
    rules = Rules(load_policy(PLAIN, "plain"))
    with company(tmp_path, ROW) as shop, shop.connect() as erp:
        each = attached(erp)
        feeds = feeds_of("acme", each)
        seen = []
        for feed in feeds:
            step(pull(erp.io, run, erp.adapter, feed))
            decided = step(decide_all(erp.io, run, rules, cursors_of("acme", [each], rules.policy.assembly)))
            seen.append((feed.entity, decided.people))
    store.close()
    assert [people for _, people in seen if people] == [1]
    assert dict(seen)["returns"] == 1  # the last one that counts: a receipt is no fact of this programme


def test_a_system_that_is_behind_holds_up_nobody_elsewhere(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'books.db'}")
    run = Run(store, "acme", utc_now, silent)
    rules = Rules(load_policy(PLAIN, "plain"))
    with company(tmp_path, ROW) as shop, shop.connect() as erp:
        near, far = attached(erp), Attached("far", erp.adapter, erp.io, frozenset(), 1)
        for feed in feeds_of("acme", near):
            step(pull(erp.io, run, erp.adapter, feed))
        decided = step(decide_all(erp.io, run, rules, cursors_of("acme", [near, far], rules.policy.assembly)))
    store.close()
    assert decided.people == 1
