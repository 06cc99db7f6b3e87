"""Every flavour of SOAP, read and written by a client that knows nothing of this world but its WSDL."""

# ruff: noqa: ANN401 - replies of any shape

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from zeep.exceptions import XMLParseError

from erplink.errors import ConfigInvalid
from erplink.testing.worlds.shop import Shop
from erplink.testing.worlds.soap import HOUSES, SoapWorld, house, save_wsdl
from tests.worlds.soap_calls import ENCODING, Client, calling, open_wsdl

NAMES = [f"N{place:03d}" for place in range(130)]
STAMP = "2026-11-01T08:00:00.123+08:00"
LINES = [{"Sku": "P-1", "Quantity": Decimal(2), "UnitPrice": Decimal("0.30")}]
DECLARED = re.compile(r'^<\?xml version="1.0" encoding="gb2312"\?>')


def request(client: Client, **arguments: Any) -> dict[str, Any]:
    """Arguments of an operation some of which may be left out."""
    return {"Request": arguments} if client.world.style == "rpc" else arguments


def lines(client: Client) -> dict[str, Any]:
    return {"item" if client.world.style == "rpc" else "Line": LINES}


def opened(client: Client, answer: Any) -> Any:
    """An answer as elements, where it came as a string."""
    if not client.world.strings:
        return answer
    assert DECLARED.match(answer)
    return etree.fromstring(DECLARED.sub("", answer))


def page(client: Client, service: Any, **arguments: Any) -> tuple[list[str], str, int]:
    """The numbers of a page, the cursor of the next, and how many there are."""
    answer = opened(client, service.QueryOrders(**request(client, **arguments)))
    if client.world.strings:
        return answer.xpath("Orders/Order/Number/text()"), answer.findtext("Next"), int(answer.findtext("Total"))
    orders = answer.Orders if client.world.style == "rpc" else answer.Orders and answer.Orders.Order
    return [order.Number for order in orders or ()], answer.Next or "", answer.Total


@pytest.mark.parametrize("name", HOUSES)
def test_a_list_is_walked_by_pages_and_by_cursors(name: str) -> None:
    with calling(house(name)) as client:
        client.plant(*NAMES)
        service = client.service()
        by_page = [page(client, service, Page=number, PageSize=500) for number in (1, 2, 3)]
        assert [len(numbers) for numbers, _, _ in by_page] == [100, 30, 0]
        assert [number for numbers, _, _ in by_page for number in numbers] == NAMES
        assert {total for _, _, total in by_page} == {130}
        found, after = list[str](), ""
        while True:
            numbers, after, _ = page(client, service, PageSize=50, SortBy="UpdatedAt,Id", After=after)
            found += numbers
            if not after:
                break
        assert found == NAMES


@pytest.mark.parametrize("name", HOUSES)
def test_a_window_is_closed_at_its_beginning_and_open_at_its_end(name: str) -> None:
    with calling(house(name)) as client:
        for day in (1, 2, 3):
            client.plant(f"N{day}", updated_at=f"2026-03-0{day}T00:00:00+08:00")
        service = client.service()
        bounds = {"UpdatedFrom": "2026-03-02T00:00:00+08:00", "UpdatedTo": "2026-03-03T00:00:00"}
        assert page(client, service, **bounds)[0] == ["N2"]
        assert page(client, service, **bounds, Number="N1")[0] == []
        assert page(client, service, IdAbove=1001)[0] == ["N2", "N3"]


@pytest.mark.parametrize("name", HOUSES)
def test_a_record_is_created_once_changed_moved_and_deleted(name: str) -> None:
    with calling(house(name)) as client:
        service = client.service()
        sent = {"CustomerCode": "C-1", "Remark": "<甲> & 𠮷", "Lines": lines(client)}
        made = [opened(client, service.CreateOrder(**request(client, RequestId="k", Order=sent))) for _ in range(2)]
        first, second = (one.findtext("Order/Number") if client.world.strings else one.Number for one in made)
        assert first == second
        service.UpdateOrder(**request(client, Number=first, Changes={"Remark": "乙"}))
        service.SubmitOrder(Number=first)
        service.ApproveOrder(Number=first)
        [order] = [one for one in client.ask("export") if one["entity"] == "orders"]
        assert (order["head"]["status"], order["head"]["remark"], order["head"]["total_amount"]) == (
            "已审核",
            "乙",
            "0.6",
        )
        assert client.ask("stats")["documents"]["orders"] == 1
        client.plant("N1", status="草稿")
        service.DeleteOrder(Number="N1")
        assert client.ask("stats")["documents"]["orders"] == 1


@pytest.mark.parametrize("name", ["document", "rpc", "digest"])
def test_values_keep_their_digits_and_their_instants(name: str) -> None:
    with calling(house(name, Shop(grain="millisecond"))) as client:
        client.plant("N1", updated_at=STAMP, remark="<礼品> 𠮷 \u0001")
        order = client.service().GetOrder(Number="N1")
        wall = "2026-11-01T00:00:00.123000+00:00" if name == "digest" else "2026-11-01T08:00:00.123000"
        assert order.UpdatedAt.isoformat().startswith(wall)
        assert (str(order.TotalAmount), order.Remark, order.ApprovedAt) == ("19.90", "<礼品> 𠮷 \ufffd", None)
        line = order.Lines.item[0] if name == "rpc" else order.Lines.Line[0]
        assert (line.Id, line.LineNo, str(line.Amount), line.IsGift) == (50001, 1, "19.90", False)


@pytest.mark.parametrize("name", HOUSES)
def test_stock_and_masters_are_there_too(name: str) -> None:
    with calling(house(name)) as client:
        levels = [{"sku": sku, "warehouse": "W-1", "on_hand": 10, "locked": 2.5} for sku in ("P-1", "P-2")]
        client.do("stock", levels)
        service = client.service()
        skus = {"item" if name == "rpc" else "Sku": ["P-1"]}
        found = opened(client, service.QueryStock(**request(client, Skus=skus)))
        if client.world.strings:
            [level] = [{each.tag: each.text for each in level} for level in found.find("Levels")]
        else:
            [level] = found.item if hasattr(found, "item") else list(found)
        assert [str(level[one]) for one in ("Sku", "Warehouse", "OnHand", "Available")] == ["P-1", "W-1", "10", "7.5"]
        service.UpdateCustomer(**request(client, Number="C-1", Changes={"Points": Decimal(650)}))
        [customer] = client.ask("export")
        assert (customer["number"], customer["head"]["points"]) == ("C-1", "650")


def test_a_service_of_rpc_refers_to_records_beside_the_answer_and_names_types() -> None:
    with calling(house("rpc", auth="none")) as client:
        client.plant("N1", "N2")
        text = client.post("QueryOrders").text
        assert text.count('<item href="#Order100') == 2
        assert text.count("<multiRef ") == 2
        assert 'SOAP-ENC:arrayType="ns1:Order[2]"' in text
        assert '<TotalAmount xsi:type="xsd:decimal">19.90</TotalAmount>' in text
        assert '<ApprovedAt xsi:nil="true"/>' in text
    with calling(house("rpc", auth="none", multiref=False)) as client:
        client.plant("N1")
        assert '<item xsi:type="ns1:Order"><Id xsi:type="xsd:long">1001</Id>' in client.post("QueryOrders").text


def test_the_wsdl_of_rpc_wants_the_encoding_and_names_a_host_that_is_not_there() -> None:
    with calling(house("rpc")) as client:
        client.service()
        origin = client.running.url.removesuffix("shop")
        assert client.transport.loaded == [client.running.wsdl, f"{origin}types.xsd", ENCODING]
        assert "erp-internal.invalid" in client.http.get(client.running.wsdl).text
    with calling(house("document")) as client:
        assert f'location="{client.running.url}"' in client.http.get(client.running.wsdl).text


def test_a_wsdl_in_files_serves_as_well(tmp_path: Path) -> None:
    with calling(house("document", auth="none")) as client:
        client.plant("N1")
        path = save_wsdl(client.world, client.running.url, tmp_path)
        assert {file.name for file in tmp_path.iterdir()} == {"shop.wsdl", "types.xsd"}

        class Shelf:
            def load(self, url: str) -> bytes:
                return Path(url).read_bytes()

            post_xml = client.transport.post_xml

        service = open_wsdl(str(path), transport=Shelf()).service
        assert service.GetOrder(Number="N1").Number == "N1"


@pytest.mark.parametrize(("charset", "declared"), [("gbk", "GBK"), ("utf-8", "UTF-8")])
def test_a_reply_is_in_the_charset_it_says(charset: str, declared: str) -> None:
    with calling(house("document", auth="none", charset=charset)) as client:
        client.plant("N1", remark="镕𠮷")
        reply = client.post("GetOrder", "<Number>N1</Number>")
        assert reply.headers["content-type"] == f"text/xml; charset={charset}"
        assert f'encoding="{declared}"'.encode() in reply.content
        assert "镕".encode(charset) in reply.content
        [remark] = client.tree(reply).xpath("//*[local-name()='Remark']/text()")
        assert remark == "镕𠮷"


def test_a_string_holds_the_answer_and_the_refusal() -> None:
    with calling(house("strings")) as client:
        client.plant("N1", remark="<甲>")
        service = client.service()
        answer = opened(client, service.GetOrder(Number="N1"))
        assert (answer.findtext("Code"), answer.findtext("Order/Remark")) == ("0", "<甲>")
        assert answer.findtext("Order/Status") == "2"
        refused = opened(client, service.GetOrder(Number="N2"))
        assert (refused.findtext("Code"), refused.findtext("Message")) == ("NOT_FOUND", "订单[N2]不存在")


def test_the_string_of_an_answer_may_be_called_by_its_operation() -> None:
    for name, called in (("return", "return"), ("", "GetOrderResult")):
        with calling(house("strings", auth="none", string_name=name)) as client:
            client.plant("N1")
            [string] = client.tree(client.post("GetOrder", "<Number>N1</Number>"))
            assert etree.QName(string).localname == called
            assert "<Code>0</Code>" in client.service().GetOrder(Number="N1")


def test_prefixes_attributes_and_empty_elements_are_as_the_house_writes_them() -> None:
    with calling(house("digest", auth="none")) as client:
        client.plant("N1")
        text = client.post("GetOrder", "<Number>N1</Number>").text
        assert '<env:Body><q1:GetOrderResponse xmlns:q1="urn:example:shop"><q1:Order Id="1001" Version="1">' in text
        assert '<q1:Line Id="50001" LineNo="1">' in text
        assert "<q1:ApprovedAt/><" in text
    for empties, there in (("absent", False), ("nil", True)):
        with calling(house("document", auth="none", empties=empties)) as client:
            client.plant("N1")
            text = client.post("GetOrder", "<Number>N1</Number>").text
            assert ('<ApprovedAt xsi:nil="true"/>' in text) is there
            assert ("ApprovedAt" in text) is there


def test_elements_out_of_order_are_refused_by_who_goes_by_the_schema() -> None:
    with calling(house("document", auth="none", disordered=True)) as client:
        client.plant("N1")
        reply = client.post("GetOrder", "<Number>N1</Number>")
        assert reply.text.index("<UpdatedAt>") < reply.text.index("<Number>")
        service = client.service()
        with pytest.raises(XMLParseError):
            service.GetOrder(Number="N1")


def test_a_version_guards_where_it_is_named() -> None:
    with calling(house("document")) as client:
        client.plant("N1", status="草稿")
        service = client.service()
        service.UpdateOrder(Number="N1", Version=1, Changes={"Remark": "甲"})
        with pytest.raises(zeep.exceptions.Fault, match="已被其他用户修改"):
            service.UpdateOrder(Number="N1", Version=1, Changes={"Remark": "乙"})
        assert service.UpdateOrder(Number="N1", Changes={"Remark": "丙"}).Version == 3


def test_what_does_not_fit_its_field_is_shown_as_it_is() -> None:
    with calling(house("document", auth="none")) as client:
        client.plant("N1", status="已挂起")
        head = {"customer_code": ["?"], "points": "many"}
        client.do("edit", {"entity": "orders", "number": "N1", "head": head})
        text = client.post("GetOrder", "<Number>N1</Number>").text
        assert "<Status>已挂起</Status>" in text
        assert "<CustomerCode><item>?</item></CustomerCode>" in text
        assert "<Points>many</Points>" in text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"style": "rpc", "version": "1.2"}, "SOAP 1.1"),
        ({"style": "rpc", "attributes": True}, "attributes"),
        ({"multiref": True}, "rpc"),
        ({"style": "rpc", "strings": True, "multiref": True}, "string"),
        ({"foreign_fault": True, "version": "1.2"}, "1.2"),
    ],
)
def test_settings_that_do_not_go_together_are_named(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words):
        SoapWorld(**changed)
    with pytest.raises(ConfigInvalid, match="document, rpc, strings, digest"):
        house("clay")
