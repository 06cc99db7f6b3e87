"""Who may pass: tokens in the header, sessions, and what is said to those who may not."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from itertools import count

import pytest
import zeep

from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.soap import house
from erplink.testing.worlds.soap.names import ENVELOPES
from erplink.testing.worlds.soap.settings import Auth
from tests.worlds.soap_calls import Client, calling

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
_NONCES = count(1)


def token(client: Client, *, skew: float = 0, nonce: bytes = b"", secret: str = "", wrong: bool = False) -> str:
    """A UsernameToken with a digest, written from the profile."""
    known = client.world.credentials
    nonce = nonce or str(next(_NONCES)).encode()
    created = (client.now() + timedelta(seconds=skew)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = hashlib.sha1(nonce + created.encode() + (secret or known.password).encode()).digest()
    digest = "x" if wrong else base64.b64encode(made).decode()
    return (
        f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}" xmlns:e="{ENVELOPES[client.world.version]}" '
        f'e:mustUnderstand="1"><w:UsernameToken><w:Username>{known.username}</w:Username>'
        f'<w:Password Type="{PROFILE}#PasswordDigest">{digest}</w:Password>'
        f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{created}</u:Created>"
        f"</w:UsernameToken></w:Security>"
    )


@pytest.mark.parametrize("auth", ["none", "basic", "text", "digest", "cookie"])
def test_the_right_password_opens_the_books_and_a_wrong_one_is_counted(auth: Auth) -> None:
    with calling(house("document", auth=auth, foreign_fault=False)) as client:
        client.plant("N1")
        service = client.service()
        assert service.GetOrder(Number="N1").Number == "N1"
        assert service.GetOrder(Number="N1").Number == "N1"
        told = client.ask("stats")
        assert (told["logins"], told["refused_logins"]) == (1 if auth == "cookie" else 0, 0)
        if auth == "none":
            return
        client.http.cookies.clear()
        with pytest.raises((zeep.exceptions.Fault, zeep.exceptions.TransportError)) as caught:
            client.service(password="x").GetOrder(Number="N1")
        assert ("用户名或密码错误" in str(caught.value)) is (auth != "basic")
        assert client.ask("stats")["refused_logins"] == 1


def test_a_digest_is_fresh_and_used_once() -> None:
    with calling(house("digest")) as client:
        client.plant("N1")

        def status(**how: object) -> int:
            header = token(client, **how)  # type: ignore[arg-type]
            return client.post("GetOrder", "<Number>N1</Number>", header=header).status_code

        assert [status(skew=skew) for skew in (0, 290, -290, 310, -310)] == [200, 200, 200, 400, 400]
        assert [status(nonce=b"once"), status(nonce=b"once")] == [200, 400]
        assert (status(secret="x"), status(wrong=True)) == (400, 400)


def test_a_plain_password_is_no_digest_and_no_header_is_neither() -> None:
    with calling(house("digest")) as client:
        known = client.world.credentials
        header = (
            f'<w:Security xmlns:w="{WSSE}"><w:UsernameToken><w:Username>{known.username}</w:Username>'
            f'<w:Password Type="{PROFILE}#PasswordText">{known.password}</w:Password></w:UsernameToken></w:Security>'
        )
        for refused in (client.post("GetOrder", header=header), client.post("GetOrder")):
            assert "用户名或密码错误" in refused.text
        assert client.ask("stats")["refused_logins"] == 2


def test_who_is_not_known_may_get_a_fault_of_another_version() -> None:
    with calling(house("document")) as client:
        reply = client.post("GetOrder", "<Number>N1</Number>")
        fault = client.tree(reply)
        space = ENVELOPES["1.1"]
        assert (reply.status_code, fault.tag) == (401, f"{{{space}}}Fault")
        assert fault.findtext("faultstring") is None
        assert fault.findtext(f"{{{space}}}Reason/{{{space}}}Text") == "用户名或密码错误"
        assert fault.findtext(f"{{{space}}}Code/{{{space}}}Subcode/{{{space}}}Value") == "AuthenticationFailure"
        with pytest.raises(zeep.exceptions.Fault) as caught:
            client.service(password="x").GetOrder(Number="N1")
        assert caught.value.message is None


def test_a_session_is_a_cookie_or_a_header_and_ends() -> None:
    with calling(house("rpc", Shop(session_seconds=600))) as client:
        client.plant("N1")
        service = client.service()
        known = client.world.credentials
        session = service.Login(Username=known.username, Password=known.password)
        assert session == client.http.cookies["SHOPSESSION"] == client.ask("sessions")[-1]
        client.http.cookies.clear()
        header = f'<SessionId xmlns="urn:any">{session}</SessionId>'
        assert client.post("GetOrder", "<Number>N1</Number>", header=header).status_code == 200
        client.do("clock", {"ahead": 700})
        lost = client.post("GetOrder", "<Number>N1</Number>", header=header)
        fault = client.tree(lost)
        assert (lost.status_code, fault.findtext("faultstring")) == (500, "登录已失效，请重新登录")
        assert fault.findtext("detail/item/value") == "SESSION"


def test_a_session_is_lost_by_command_and_by_logout() -> None:
    with calling(house("strings")) as client:
        client.plant("N1")
        service = client.service()
        client.do("faults", {"kind": "lose_session", "operation": "GetOrder"})
        for _ in range(2):
            with pytest.raises(zeep.exceptions.Fault, match="登录已失效"):
                service.GetOrder(Number="N1")
        service = client.service()
        service.GetOrder(Number="N1")
        assert "<Closed>true</Closed>" in service.Logout()
        with pytest.raises(zeep.exceptions.Fault, match="登录已失效"):
            service.GetOrder(Number="N1")


@pytest.mark.parametrize(("kind", "words"), [("expired_password", "密码已过期"), ("login_refused", "密码错误")])
def test_a_login_is_refused_by_command(kind: str, words: str) -> None:
    with calling(house("rpc")) as client:
        client.do("faults", {"kind": kind})
        with pytest.raises(zeep.exceptions.Fault, match=words):
            client.service()
        told = client.ask("stats")
        assert (told["logins"], told["refused_logins"]) == (0, 1)


def test_a_header_that_must_be_understood_and_is_not_is_a_fault() -> None:
    with calling(house("document", auth="none")) as client:
        client.plant("N1")
        space = ENVELOPES["1.1"]
        header = f'<t:Trace xmlns:t="urn:t" xmlns:e="{space}" e:mustUnderstand="{{}}">1</t:Trace>'
        fine = client.post("GetOrder", "<Number>N1</Number>", header=header.format(0))
        refused = client.post("GetOrder", "<Number>N1</Number>", header=header.format(1))
        assert (fine.status_code, refused.status_code) == (200, 500)
        assert client.tree(refused).findtext("faultcode") == "soap:MustUnderstand"
