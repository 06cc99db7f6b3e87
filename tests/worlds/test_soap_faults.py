"""What a SOAP service says when something is wrong, what comes instead of an answer, and documents that attack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from lxml import etree

from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.soap import house
from erplink.testing.worlds.soap.names import ENVELOPES
from tests.worlds.soap_calls import Client, calling

SHOP = Shop(hang_limit=0.1)
EMPTY_11, EMPTY_12 = (
    f'<e:Envelope xmlns:e="{ENVELOPES[version]}"><e:Body/></e:Envelope>'.encode() for version in ("1.1", "1.2")
)
ATTACKING = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + EMPTY_11.replace(
    b"<e:Body/>", b"<e:Body><GetOrder>&x;</GetOrder></e:Body>"
)
CREATE = "<Customer><Number>{}</Number></Customer>"


@pytest.fixture
def client() -> Iterator[Client]:
    with calling(house("document", SHOP, auth="none")) as client:
        yield client


def create(client: Client, number: str) -> httpx.Response:
    return client.post("CreateCustomer", CREATE.format(number))


def stored(client: Client, number: str) -> bool:
    return client.post("GetCustomer", f"<Number>{number}</Number>").status_code == 200


@pytest.mark.parametrize(
    ("kind", "landed"), [("drop_before_commit", False), ("drop_after_commit", True), ("short_body", True)]
)
def test_a_broken_connection_hides_whether_the_write_landed(client: Client, kind: str, *, landed: bool) -> None:
    client.do("faults", {"kind": kind, "operation": "CreateCustomer"})
    with pytest.raises(httpx.TransportError):
        create(client, "F-1")
    assert stored(client, "F-1") is landed


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("bad_gateway", 502, "502 Bad Gateway"),
        ("html_page", 200, "<!DOCTYPE html>"),
        ("retry_after", 429, "nginx"),
        ("retry_after_date", 503, "nginx"),
        ("redirect", 307, ""),
        ("server_error", 500, "<faultcode>soap:Server</faultcode>"),
        ("error_in_200", 200, "<faultcode>soap:Server</faultcode>"),
        ("too_many", 500, "<Code>BUSY</Code>"),
        ("locked", 500, "<Code>LOCKED</Code>"),
        ("no_permission", 500, "<Code>FORBIDDEN</Code>"),
        ("refused", 500, "<faultstring>额度不足</faultstring>"),
    ],
)
def test_replies_that_are_no_answer(client: Client, kind: str, status: int, text: str) -> None:
    client.do("faults", {"kind": kind, "message": "额度不足", "seconds": 7})
    reply = create(client, "F-2")
    assert (reply.status_code, text in reply.text) == (status, True)
    assert ("retry-after" in reply.headers) is kind.startswith("retry_after")
    assert not stored(client, "F-2")
    assert create(client, "F-2").status_code == 200


def test_a_refusal_inside_a_string_is_a_code() -> None:
    with calling(house("strings", SHOP, auth="none")) as client:
        for kind, code in (("refused", "RULE"), ("locked", "LOCKED"), ("no_permission", "FORBIDDEN")):
            client.do("faults", {"kind": kind})
            reply = client.post("GetOrder", "<Number>N1</Number>")
            assert (reply.status_code, f"&lt;Code&gt;{code}&lt;/Code&gt;" in reply.text) == (200, True)
        client.do("faults", {"kind": "server_error"})
        assert client.post("GetOrder").status_code == 500


def test_fields_nobody_knows_come_in_heads_and_lines_and_a_page_may_repeat(client: Client) -> None:
    client.plant("N1", "N2")
    client.do("faults", {"kind": "unknown_field"})
    assert client.post("GetOrder", "<Number>N1</Number>").text.count("<ExtraField>升级</ExtraField>") == 2
    assert "ExtraField" not in client.post("GetOrder", "<Number>N1</Number>").text
    client.do("faults", {"kind": "repeat_page", "next": 2})
    asked = "<PageSize>1</PageSize><After>{}</After>"
    first = client.post("QueryOrders", asked.format(""))
    after = client.tree(first).findtext("{*}Next")
    assert client.tree(client.post("QueryOrders", asked.format(after))).findtext("{*}Next") == after


def test_a_reply_may_carry_entities_and_unpack_to_megabytes(client: Client) -> None:
    client.plant("N1")
    client.do("faults", {"kind": "entities"})
    body = client.post("GetOrder", "<Number>N1</Number>").content
    assert len(body) < 5000
    with pytest.raises(etree.XMLSyntaxError, match="amplification"):
        etree.fromstring(body)
    client.do("faults", {"kind": "huge_body", "seconds": 4})
    assert len(client.post("GetOrder", "<Number>N1</Number>").content) > 4_000_000


@pytest.mark.parametrize(
    ("inner", "code", "words"),
    [
        ("<Number>N9</Number>", "NOT_FOUND", "订单[N9]不存在"),
        ("", "NOT_FOUND", "订单[]不存在"),
    ],
)
def test_a_fault_names_the_party_the_code_and_the_reason(client: Client, inner: str, code: str, words: str) -> None:
    reply = client.post("GetOrder", inner)
    fault = client.tree(reply)
    assert reply.status_code == 500
    assert (fault.findtext("faultcode"), fault.findtext("faultstring")) == ("soap:Client", words)
    assert fault.findtext("detail/Code") == code


def test_a_fault_of_version_1_2_is_written_in_its_words() -> None:
    with calling(house("digest", SHOP, auth="none")) as client:
        reply = client.post("GetOrder", "<Number>N9</Number>")
        space = f"{{{ENVELOPES['1.2']}}}"
        fault = client.tree(reply)
        assert (reply.status_code, reply.headers["content-type"]) == (400, "application/soap+xml; charset=utf-8")
        assert fault.findtext(f"{space}Code/{space}Value") == "env:Sender"
        assert fault.findtext(f"{space}Code/{space}Subcode/{space}Value") == "m:NOT_FOUND"
        assert fault.findtext(f"{space}Reason/{space}Text") == "订单[N9]不存在"
        client.do("faults", {"kind": "server_error"})
        broken = client.post("GetOrder")
        assert (broken.status_code, "env:Receiver" in broken.text) == (500, True)


@pytest.mark.parametrize(
    ("operation", "inner", "words"),
    [
        ("QueryOrders", "<PageSize>0</PageSize>", "PageSize"),
        ("QueryOrders", "<Page>x</Page>", "Page"),
        ("QueryOrders", "<UpdatedFrom>yesterday</UpdatedFrom>", "UpdatedFrom"),
        ("QueryOrders", "<SortBy>Name</SortBy>", "Name"),
        ("QueryOrders", "<After>?</After>", "游标"),
        ("CreateOrder", "", "缺少参数[Order]"),
        ("CreateOrder", "<Order><Colour>red</Colour></Order>", "Colour"),
        ("CreateOrder", "<Order><Status>已审核</Status></Order>", "Status"),
        ("CreateOrder", "<Order><CustomerCode>C-9</CustomerCode></Order>", "至少要有一行明细"),
        ("CreateReceipt", "<Receipt><Amount>NaN</Amount></Receipt>", "收款金额"),
        ("CreateReceipt", "<Receipt><Amount>much</Amount></Receipt>", "收款金额"),
        ("CreateCustomer", "<Customer><Disabled>maybe</Disabled></Customer>", "停用"),
        ("CreateCustomer", "<Customer><Number>C-1</Number></Customer>", "客户编号[C-1]已存在"),
    ],
)
def test_what_is_asked_wrongly_is_named_and_nothing_is_done(
    client: Client, operation: str, inner: str, words: str
) -> None:
    reply = client.post(operation, inner)
    assert (reply.status_code, words in client.tree(reply).findtext("faultstring")) == (500, True)
    assert client.ask("stats")["writes"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<x", "soap:Client"),
        (b"<Envelope/>", "soap:VersionMismatch"),
        (b"<Letter/>", "soap:Client"),
        (EMPTY_12, "soap:VersionMismatch"),
        (EMPTY_11, "soap:Client"),
        (ATTACKING, "soap:Client"),
    ],
)
def test_an_envelope_that_is_none_is_a_fault(client: Client, body: bytes, code: str) -> None:
    reply = client.http.post(client.running.url, content=body, headers={"content-type": "text/xml"})
    assert (reply.status_code, client.tree(reply).findtext("faultcode")) == (500, code)
    assert "root:" not in reply.text


def test_operation_and_action_are_known_and_agree(client: Client) -> None:
    assert "no operation Explode" in client.post("Explode").text
    action = {"SOAPAction": '"urn:example:shop#GetOrder"'}
    assert "the action" in client.post("QueryOrders", **action).text
    assert client.post("QueryOrders", SOAPAction='"urn:example:shop#QueryOrders"').status_code == 200


def test_a_request_in_another_encoding_is_read_as_it_says(client: Client) -> None:
    text = client.http.build_request("POST", client.running.url)
    body = (
        '<?xml version="1.0" encoding="gbk"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        "<CreateCustomer><Customer><Number>K1</Number><Name>镕</Name></Customer></CreateCustomer></e:Body></e:Envelope>"
    )
    sent = client.http.post(text.url, content=body.encode("gbk"), headers={"content-type": "text/xml; charset=gbk"})
    assert sent.status_code == 200
    plain = body.split("?>", 1)[1].replace("K1", "K2")
    sent = client.http.post(text.url, content=plain.encode("gbk"), headers={"content-type": "text/xml; charset=gbk"})
    assert sent.status_code == 200
    assert [one["head"]["name"] for one in client.ask("export")] == ["镕", "镕"]


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("file", 'schemaLocation="file:///etc/passwd"'),
        ("path", 'schemaLocation="../../../../../../etc/passwd"'),
        ("host", 'schemaLocation="http://elsewhere.invalid/types.xsd"'),
        ("host?at=http://127.0.0.1:9/x", 'schemaLocation="http://127.0.0.1:9/x"'),
        ("entity", '<!ENTITY x SYSTEM "file:///etc/passwd">'),
        ("bomb", "<wsdl:documentation>&a;</wsdl:documentation>"),
        ("endless", 'schemaLocation="deeper-1.xsd"'),
        ("deeper-1.xsd", 'schemaLocation="deeper-2.xsd"'),
    ],
)
def test_a_hostile_description_is_served_on_demand(client: Client, name: str, mark: str) -> None:
    found = client.http.get(f"{client.running.url.removesuffix('shop')}hostile/{name}")
    assert (found.status_code, mark in found.text) == (200, True)


def test_what_is_not_there_is_a_page(client: Client) -> None:
    root = client.running.url.removesuffix("shop")
    for path, status in (("hostile/ghost", 404), ("ghost.xsd", 404), ("shop", 405)):
        found: Any = client.http.get(root + path)
        assert (found.status_code, found.headers["content-type"]) == (status, "text/html; charset=utf-8")
