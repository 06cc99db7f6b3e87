"""Files attached to documents, piece by piece, and none of them twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from erplink.erp.kingdee import AsyncKingdeeForms, KingdeeForms
from erplink.erp.kingdee.operations.attachments import PIECE
from erplink.errors import Conflict, NotFound, RetryError
from erplink.facade.step import step
from tests.erp.kingdee.test_batches import ORDER, Opened
from tests.erp.kingdee.test_writes import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erp.kingdee.shop import Shop

NUMBER = "XSDD000001"
LARGE = bytes(range(256)) * (3 * PIECE // 256 + 7)
"""Of four pieces, the last one short."""


def kept(shop: Shop) -> list[str]:
    return [one["head"]["FATTACHMENTNAME"] for one in shop.export() if one["form"] == "BOS_Attachment"]


def test_a_file_is_attached_listed_and_downloaded_again(shop: Shop) -> None:
    content = "合同 第一条".encode()
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        made = forms.attach(ORDER, NUMBER, "合同.txt", content)
        assert forms.attachments(ORDER, NUMBER) == (made,)
        assert forms.attachments(ORDER, "XSDD000002") == ()
        assert forms.download(made.id) == content
        with pytest.raises(NotFound, match="'NOPE'"):
            forms.attach(ORDER, "NOPE", "a", b"a")
        with pytest.raises(NotFound):
            forms.download("no-such-file")


def test_a_large_file_goes_in_pieces_from_any_stream(shop: Shop) -> None:
    def stream() -> Iterator[bytes]:
        for start in range(0, len(LARGE), 999_999):
            yield LARGE[start : start + 999_999]

    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        made = forms.attach(ORDER, NUMBER, "大.bin", stream())
        assert forms.download(made.id) == LARGE
        assert forms.part(made.id, len(LARGE) - 3).data == LARGE[-3:]
    assert shop.stats()["calls"]["AttachmentUpLoad"] == 4


def test_an_empty_file_and_one_that_fills_its_pieces(shop: Shop) -> None:
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        for name, content in (("empty", b""), ("full", bytes(PIECE)), ("one more", bytes(PIECE + 1))):
            assert forms.download(forms.attach(ORDER, NUMBER, name, content).id) == content


def test_the_same_name_again_is_what_is_there_and_another_content_a_conflict(shop: Shop) -> None:
    with shop.connect() as erp:
        forms = KingdeeForms(erp)
        first = forms.attach(ORDER, NUMBER, "发票.pdf", bytes(2000))
        assert forms.attach(ORDER, NUMBER, "发票.pdf", iter([bytes(1000), bytes(1000)])) == first
        with pytest.raises(Conflict, match="发票.pdf"):
            forms.attach(ORDER, NUMBER, "发票.pdf", bytes(3000))
        forms.attach(ORDER, "XSDD000002", "发票.pdf", bytes(3000))
    assert kept(shop) == ["发票.pdf"] * 2


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("piece", [1, 2, 4])
def test_each_fault_at_each_piece_leaves_one_whole_file(shop: Shop, kind: str, piece: int) -> None:
    shop.arm(
        {"kind": "slow", "seconds": 0, "next": piece - 1, "operation": "AttachmentUpLoad"}
        if piece > 1
        else {"clear": True},
        {"kind": kind, "next": 2, "operation": "AttachmentUpLoad"},
    )
    with shop.swift() as (adapter, _):
        made = step(AsyncKingdeeForms(Opened(adapter)).attach(ORDER, NUMBER, "大.bin", LARGE))
        assert step(AsyncKingdeeForms(Opened(adapter)).download(made.id)) == LARGE
    assert kept(shop) == ["大.bin"]
    assert shop.stats()["faults"][kind] >= 1


def test_a_small_file_whose_only_reply_is_lost_is_attached_once(shop: Shop) -> None:
    shop.arm({"kind": "drop_after_commit", "operation": "AttachmentUpLoad"})
    with shop.swift() as (adapter, _):
        forms = AsyncKingdeeForms(Opened(adapter))
        made = step(forms.attach(ORDER, NUMBER, "a.txt", b"a"))
        assert step(forms.download(made.id)) == b"a"
    assert kept(shop) == ["a.txt"]
    assert shop.stats()["calls"]["AttachmentUpLoad"] == 1


def test_a_server_that_forgot_what_was_sent_is_not_sent_the_rest(shop: Shop) -> None:
    with shop.swift() as (adapter, io):
        send = io.send

        async def forgetful(call: object) -> object:
            reply = await send(call)  # type: ignore[arg-type]
            for held in shop.running.site.uploads.values():
                held.clear()
            return reply

        io.send = forgetful  # type: ignore[method-assign, assignment]
        shop.arm(
            {"kind": "slow", "seconds": 0, "operation": "AttachmentUpLoad"},
            {"kind": "bad_gateway", "operation": "AttachmentUpLoad"},
        )
        with pytest.raises(RetryError, match="attach the file again"):
            step(AsyncKingdeeForms(Opened(adapter)).attach(ORDER, NUMBER, "大.bin", LARGE))
    assert kept(shop) == []


def test_base_data_have_files_too(shop: Shop) -> None:
    with shop.connect() as erp:
        made = KingdeeForms(erp).attach("BD_Customer", "CUST0001", "a.txt", "甲".encode())
        assert [one.id for one in KingdeeForms(erp).attachments("BD_Customer", "CUST0001")] == [made.id]
