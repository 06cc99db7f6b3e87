"""No credential and no person shows in any text, value, error or recording."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erplink import connect
from erplink.errors import ConfigInvalid, ErplinkError
from erplink.facade.observe import Event
from erplink.wire.call import Call, Reply
from erplink.wire.dialect import Ticket, Verdict
from erplink.wire.http import judge_http
from erplink.wire.io import SendFailed
from erplink.wire.record import exchange
from erplink.wire.redact import redact, redact_url
from tests.wire.server import Request, Say, serving
from tests.wire.shop import PHONE, SECRET, Shop

UNIONID = "o6_bmasdasdsad6_2sgVt7hMZOPf"
IDENTITY = "11010519491231002X"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"password": "{SECRET}"}}',
        f'{{\\"AppSecret\\": \\"{SECRET}\\"}}',
        f"password={SECRET}&lcid=2052",
        f"pwd: {SECRET}",
        f"密码：{SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"Cookie: {SECRET}",
        f"'access_token': '{SECRET}'",
        f"kdservice-sessionid={SECRET}; path=/",
        f"X-Kd-Signature: {SECRET}",
        f'{{"appSecuret": "{SECRET}"}}',
        f"app-token: {SECRET}",
        f'{{"apptoken":"{SECRET}"}}',
        f"app_signature={SECRET}&app_key=1",
        f"x-acgw-identity: {SECRET}",
    ],
)
def test_secrets_are_masked_by_name(text: str) -> None:
    assert SECRET not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize("value", [PHONE, f"+86 {PHONE}", "139-0000-1111", UNIONID, IDENTITY, "a1" * 32])
@pytest.mark.parametrize("text", ["{}", "客户{}不存在", '["C1","{}",5]', "phone {}, please"])
def test_people_are_masked_by_shape(value: str, text: str) -> None:
    assert value not in redact(text.replace("{}", value))


@pytest.mark.parametrize(
    "text", ["SO20260101000123", "单据编号 XSDD000017 已经被使用", "12.50", "2026-11-01T08:00:00", "order 10042"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def test_json_is_masked_in_depth_and_stays_json() -> None:
    masked = redact({"Model": {"FTEL": PHONE, "rows": [[1, PHONE, None]], "n": int(PHONE)}, "sign": "", "ok": True})
    assert masked == {"Model": {"FTEL": "***", "rows": [[1, "***", None]], "n": "***"}, "sign": "", "ok": True}


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_masking_twice_changes_nothing_more(value: object) -> None:
    once = redact(value)
    assert redact(once) == once


@given(secret=st.text(min_size=4, max_size=30).filter(lambda text: text.strip("*") == text and "***" not in text))
def test_a_known_secret_shows_nowhere_in_a_recording(secret: str) -> None:
    call = Call("login", f"http://erp.test/?x={redact_url('')}", msgspec.json.encode({"parameters": ["5f0c", secret]}))
    kept = exchange(call, Reply(200, msgspec.json.encode([secret])), 0.1, [secret])
    assert msgspec.json.decode(kept)["reply"]["body"] == ["***"]
    assert msgspec.json.decode(kept)["request"]["body"] == {"parameters": ["5f0c", "***"]}


def test_values_of_the_wire_hide_what_they_carry() -> None:
    call = Call("q", f"https://me:{SECRET}@erp.test/q?token={SECRET}", SECRET.encode(), {"authorization": SECRET})
    reply = Reply(200, SECRET.encode(), {"x": SECRET}, {"sid": SECRET})
    ticket = Ticket({"cookie": SECRET})
    for value in (call, reply, ticket, Verdict(ticket=ticket), call.where, Shop("http://x", SECRET)):
        assert SECRET not in repr(value)
        assert SECRET not in str(value)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503])
def test_errors_made_of_replies_carry_no_secret(status: int) -> None:
    call = Call("q", f"https://me:{SECRET}@erp.test/q?token={SECRET}")
    body = f"<html><title>password={SECRET} {PHONE}</title></html>" if status != 400 else f"token={SECRET} {PHONE}"
    error = judge_http(call, Reply(status, body.encode(), {"location": f"https://x/?token={SECRET}"}))
    assert error is not None
    assert SECRET not in f"{error!r} {error} {vars(error)}"
    assert PHONE not in f"{error!r} {error} {vars(error)}"


def hostile(request: Request) -> Say:
    if request.path == "/login":
        return Say(msgspec.json.encode({"token": SECRET}), cookies=(f"sid={SECRET}",))
    return Say(f'{{"number": "SO1", "phone": "{PHONE}"}}'.encode(), headers={"X-Phone": PHONE})


def broken(request: Request) -> Say:
    return Say(f"<html><title>{PHONE} password: {SECRET}</title></html>".encode(), status=500)


@pytest.mark.parametrize("route", [hostile, broken])
def test_nothing_leaks_through_logs_events_errors_or_recordings(
    route: Callable[[Request], Say], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Event] = []
    caplog.set_level(logging.DEBUG)
    said = ""
    with serving(route) as server, connect(Shop(server.url), observe=events.append, record=tmp_path / "kept") as erp:
        try:
            erp.orders.get("SO1")
        except ErplinkError as error:
            said = f"{error!r} {error}"
    kept = "".join(path.read_text() for path in sorted((tmp_path / "kept").iterdir()))
    assert "integration" in kept
    for text in (kept, repr(events), said, caplog.text, repr(erp)):
        assert SECRET not in text
        assert PHONE not in text


def test_recordings_are_numbered_on_and_tell_failures(tmp_path: Path) -> None:
    with serving(hostile) as server:
        for _ in range(2):
            with connect(Shop(server.url), record=tmp_path) as erp:
                erp.orders.get("SO1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "000001-login.json",
        "000002-get.json",
        "000003-login.json",
        "000004-get.json",
    ]
    failed = exchange(Call("q", "http://x/q", b"\xff\xfe"), SendFailed(f"broke at {PHONE}", "maybe"), 1.0)
    assert msgspec.json.decode(failed)["failed"] == {"what": "broke at ***", "sent": "maybe"}
    assert "bytes that are not text" in msgspec.json.decode(failed)["request"]["body"]


def test_a_folder_that_cannot_be_written_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigInvalid, match="recorded replies cannot be used"):
        connect(Shop("http://127.0.0.1:1"), record=tmp_path / "file")
