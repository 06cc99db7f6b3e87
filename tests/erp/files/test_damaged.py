"""A file that is not what it should be is told with its name and what to do, and holds up no other."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from erplink.errors import ConfigInvalid, FileInvalid
from tests.erp.files.shop import HEAD, HEADINGS, ORDERS, Shop, line

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
LOCKED = OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 100


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * (65 << 20))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("orders-2.xlsx", b"PK\x03\x04 broken off", "the workbook is damaged"),
        ("orders-2.xlsx", b"", "the file is no workbook"),
        ("orders-2.xlsx", "单据编号,客户编码".encode(), "the file is no workbook"),
        ("orders-2.xlsx", LOCKED, "the workbook is protected by a password"),
        ("orders-2.xlsx", OLE, "the workbook is of the old format xls"),
        ("orders-2.xlsx", bomb(), "the workbook unpacks to more than a sheet can be"),
        ("orders-2.parquet", b"PAR1 broken off PAR1", "the Parquet file is damaged"),
        ("orders-2.parquet", b"", "the Parquet file is damaged"),
        ("orders-2.csv", OLE, "the file is no CSV: it is a workbook or Parquet"),
        ("orders-2.csv", b"PK\x03\x04", "the file is no CSV: it is a workbook or Parquet"),
        ("orders-2.csv", b"\xef\xbb\xbf<html><table>", "no column is called"),
        ("orders-2.csv", b"  <html><table><tr>", "it is a page of HTML or XML"),
        ("orders-2.csv", b"\xff\xff\xff\xff\x00", "neither UTF-8 nor GB18030"),
        ("orders-2.pdf", b"%PDF", "the ending does not say the format"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(shop: Shop, name: str, content: bytes, said: str) -> None:
    shop.csv("orders-1.csv", [line()])
    (shop.folder / "in" / name).write_bytes(content)
    if said.startswith("no column"):
        with pytest.raises(FileInvalid, match=said):
            shop.pages()
        return
    shop.csv("orders-3.csv", [line("SO3")])
    documents, (broken,) = shop.read()
    assert set(documents) == {"SO1", "SO3"}
    assert isinstance(broken.error, FileInvalid)
    assert said in str(broken.error)
    assert name in str(broken.error)
    assert broken.error.next_step
    with shop.open() as erp, pytest.raises(FileInvalid, match=name):
        list(erp.orders.list())
    with shop.open() as erp:
        assert erp.orders.get("SO1").number == "SO1"


def test_a_workbook_that_breaks_off_amid_its_rows(shop: Shop) -> None:
    path = shop.xlsx("orders.xlsx", [line(f"SO{n}") for n in range(100)])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet][: len(parts[sheet]) // 2]
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    documents, broken = shop.read()
    assert 40 < len(documents) < 60
    assert "the workbook is damaged" in str(broken[-1].error)


def test_a_quote_that_is_never_closed_swallows_nothing_silently(shop: Shop) -> None:
    path = shop.csv("orders.csv", [line(), line("SO2", note="MARK"), line("SO3"), line("SO4")])
    path.write_text(path.read_text(encoding="utf-8").replace("MARK", '"张三'), encoding="utf-8")
    documents, (broken,) = shop.read()
    assert set(documents) <= {"SO1"}
    assert "row 3 is not CSV" in str(broken.error)
    assert "nothing behind it was read" in str(broken.error)
    assert "张三" not in str(broken.error)


def test_a_cell_of_many_megabytes_is_told(shop: Shop) -> None:
    shop.csv("orders.csv", [line(), line("SO2", note="x" * 200_000)])
    _, (broken,) = shop.read()
    assert "row 3 is not CSV: field larger than field limit" in str(broken.error)


def test_parts_of_two_encodings_are_told_with_the_line(shop: Shop) -> None:
    path = shop.csv("orders.csv", [line(note="中文"), line("SO2")])
    path.write_bytes(path.read_bytes() + "SO3,C1,已审核,2026-11-01,备注,M1,1,9.9\r\n".encode("gb18030"))
    documents, (broken,) = shop.read()
    assert documents == {}
    assert "the text is UTF-8 at first, and something else here (in/orders.csv, line 4)" in str(broken.error)


def test_the_two_signs_that_look_like_utf_8_by_accident_are_gb18030(shop: Shop) -> None:
    shop.csv("orders.csv", [[*line(), "x"]], ("联通", *HEADINGS), encoding="gb18030")
    rows = [["联通", *line()]]
    shop.csv("orders.csv", rows, ("联通", *HEADINGS), encoding="gb18030")
    assert set(shop.read()[0]) == {"SO1"}


def test_a_named_encoding_that_is_wrong_is_told(shop: Shop) -> None:
    shop.csv("orders.csv", [line()], encoding="gb18030")
    files = shop.describe(HEAD, ORDERS.replace('files = "in/orders*"', 'files = "in/orders*"\nencoding = "utf-8"'))
    _, (broken,) = shop.read(files)
    assert "a text is not utf-8 (in/orders.csv, at about row 1): name the right encoding" in str(broken.error)


def test_what_excel_and_others_leave_lying_is_not_read(shop: Shop) -> None:
    shop.csv("orders.csv", [line()])
    for name in ("~$orders.xlsx", ".orders-2.csv", ".~lock.orders.csv#", "orders.csv.part", "orders.csv.TMP"):
        (shop.folder / "in" / name).write_bytes(b"\0")
    files = shop.describe(HEAD, ORDERS.replace('"in/orders*"', '["in/orders*", "in/*orders*"]'))
    assert set(shop.read(files)[0]) == {"SO1"}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_that_may_not_be_read_is_told(shop: Shop) -> None:
    shop.csv("orders.csv", [line()]).chmod(0o600)
    files = shop.orders()
    shop.pages(files)
    for each in (shop.folder, *shop.folder.parents):
        if str(each).startswith("/tmp/"):
            each.chmod(0o755)
    with become_nobody(), pytest.raises(FileInvalid) as caught:
        shop.pages(files)
    assert str(caught.value).startswith(
        "the file cannot be opened: no permission, or another program has it open (in/orders.csv): close it in Excel"
    )


@contextmanager
def become_nobody() -> Iterator[None]:
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_link_that_leads_outside_is_not_followed(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "orders.csv"
    outside.write_text("secret", encoding="utf-8")
    (shop.folder / "in").mkdir()
    (shop.folder / "in" / "orders.csv").symlink_to(outside)
    with pytest.raises(ConfigInvalid, match="in/orders.csv leads out of the folder of the manifest"):
        shop.pages()


def test_a_folder_that_is_a_link_to_outside_is_not_followed(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (shop.folder / "in").symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(ConfigInvalid, match="leads out of the folder of the manifest"):
        shop.pages()


def test_a_folder_that_is_not_there_yet_has_no_files_and_one_that_vanished_is_told(shop: Shop) -> None:
    files = shop.orders()
    assert shop.pages(files) == []
    (shop.folder / "files.toml").unlink()
    shop.folder.rmdir()
    with pytest.raises(ConfigInvalid, match="is not there"):
        shop.pages(files)


def test_a_name_that_is_not_utf_8_is_told(shop: Shop) -> None:
    shop.csv("orders.csv", [line()])
    try:
        Path(os.fsdecode(os.fsencode(shop.folder / "in") + b"/orders-\xb6\xa9.csv")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such names")
    with pytest.raises(FileInvalid, match="is not UTF-8.*rename it"):
        shop.pages()
