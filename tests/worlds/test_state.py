"""A world with a state file is the same ERP after any end, also a sudden one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from erplink.errors import FileInvalid
from erplink.testing.worlds.kingdee import Credentials, KingdeeWorld
from tests.worlds.calls import Caller, calling, gift_order, status

ORDER = "SAL_SaleOrder"
SOURCE = Path(__file__).parents[2] / "src"


@contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], Caller]]:
    command = [sys.executable, "-m", "erplink.testing.worlds.kingdee", *options]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        try:
            assert child.stdout is not None
            told: dict[str, Any] = json.loads(child.stdout.readline())
            names = ("acct_id", "username", "password", "app_id", "app_secret")
            caller = Caller(told["url"], Credentials(*(told[name] for name in names)))
            with caller.http:
                caller.login()
                yield child, caller
        finally:
            child.kill()


def write_until_it_dies(caller: Caller, accepted: list[str]) -> None:
    try:
        for count in range(100_000):
            model = gift_order(f"K-{count:05d}")
            reply = caller.form("Save", ORDER, Model=model, IsAutoSubmitAndAudit="true")
            if status(reply)["IsSuccess"]:
                accepted.append(model["FBillNo"])
    except httpx.TransportError:
        return


@pytest.mark.parametrize("after", [1, 23, 60])
def test_whatever_was_answered_before_a_kill_is_there_after_it(tmp_path: Path, after: int) -> None:
    state, accepted = tmp_path / "erp.journal", list[str]()
    with process("--sample", "--state", str(state)) as (child, caller):
        writer = threading.Thread(target=write_until_it_dies, args=(caller, accepted))
        writer.start()
        while len(accepted) < after:
            writer.join(0.001)
        child.send_signal(signal.SIGKILL)
        writer.join()
    with calling(KingdeeWorld(sample=True, state=state)) as again:
        numbers = {one["number"] for one in again.world("export") if one["form"] == ORDER}
        assert set(accepted) <= numbers
        assert len(numbers) <= len(accepted) + 1
        [[last]] = again.query(ORDER, "FID", f"FBillNo='{accepted[-1]}'")
        fresh = again.form("Save", ORDER, Model=gift_order("FRESH"))["Result"]["Id"]
        assert fresh > last


def test_a_restarted_world_exports_the_same(tmp_path: Path) -> None:
    world = KingdeeWorld(sample=True, state=tmp_path / "erp.journal")
    with calling(world) as caller:
        line = {"FMaterialId": {"FNumber": "M101"}, "FQty": 2.5, "FTaxPrice": 11.3, "FEntryTaxRate": 13}
        caller.form("Save", ORDER, Model=gift_order("R-1", FSaleOrderEntry=[line]))
        caller.form("Save", ORDER, Model=gift_order("R-2"))
        caller.form("Delete", ORDER, Numbers=["R-2"])
        caller.form("Save", ORDER, Model=gift_order("R-3"), IsAutoSubmitAndAudit="true")
        caller.form("Save", "BD_Customer", Model={"FCUSTID": 100001, "F_ERPL_Points": 650})
        caller.form("Draft", ORDER, Model={})
        before = caller.world("export")
        rows = caller.query(ORDER, "FID,FBillNo,FModifyDate,FSaleOrderEntry_FEntryID,FAllAmount", "FID>100600")
    with calling(world) as caller:
        assert caller.world("export") == before
        assert caller.query(ORDER, "FID,FBillNo,FModifyDate,FSaleOrderEntry_FEntryID,FAllAmount", "FID>100600") == rows


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    state = tmp_path / "erp.journal"
    world = KingdeeWorld(sample=True, state=state)
    with calling(world) as caller:
        caller.form("Save", ORDER, Model=gift_order("T-1"))
        before = caller.world("export")
        caller.form("Save", ORDER, Model=gift_order("T-2"))
    state.write_bytes(state.read_bytes()[:-10])
    for _ in range(2):
        with calling(world) as caller:
            assert caller.world("export") == before


def test_a_state_file_of_other_documents_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "erp.journal"
    with calling(KingdeeWorld(state=state)):
        pass
    with (
        pytest.raises(FileInvalid, match="belongs to a world with other documents"),
        calling(KingdeeWorld(sample=True, state=state)),
    ):
        pass


def test_a_process_stops_when_told() -> None:
    with process("--sample", "--limit", "10") as (child, caller):
        assert len(caller.query(ORDER, "FID")) == 10
        caller.http.post(f"{caller.root}_world/latency", json={"seconds": 0.01}).raise_for_status()
        caller.http.post(f"{caller.root}_world/stop").raise_for_status()
        assert child.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--orders", "orders.csv"), "row 1: the column for time is missing"),
        (("--zone", "Asia/Atlantis"), "zone 'Asia/Atlantis' is unknown"),
        (("--faults", '{"kind": "earthquake"}'), "fault kind 'earthquake' is unknown"),
        (("--port", "99999"), "port 99999 cannot be used"),
    ],
)
def test_bad_input_ends_the_process_with_one_sentence(tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "orders.csv").write_text("order_no,sku,qty\n")
    ended = subprocess.run(
        [sys.executable, "-m", "erplink.testing.worlds.kingdee", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
    assert sentence in ended.stderr
