"""The SOAP services, called with envelopes written by hand: what they do before anything of ours calls them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
import zeep
from lxml import etree

from tests.network import OutsideNetworkError
from tests.real.envelopes import SOAP, Answer, Session, digest, node_call, php_login, plain
from tests.real.soap import PHP_CALLS, NodeSoap, PhpSoap

pytestmark = pytest.mark.real

EVER = "<ModifiedFrom>2026-01-01T00:00:00+08:00</ModifiedFrom>"
NEW = (
    "<ExternalId>{key}</ExternalId><CustomerCode>C002</CustomerCode><Remark>积分兑换</Remark>"
    "<Lines><Line><Sku>M002</Sku><Quantity>1</Quantity></Line></Lines>"
)


def number(key: str) -> str:
    return f"<Number>{key}</Number>"


@pytest.fixture
def session(php_soap: PhpSoap) -> Session:
    return php_login(php_soap)


def detail(answer: Answer) -> dict[str, str]:
    """PHP's kind of detail: keys and values."""
    return dict(zip(answer.texts("detail/item/key"), answer.texts("detail/item/value"), strict=True))


def inner(answer: Answer) -> etree._Element:
    [text] = answer.texts("return")
    declared, _, rest = text.partition("\n")
    assert declared == '<?xml version="1.0" encoding="gb2312"?>'
    return etree.fromstring(rest)


def test_node_gives_a_hundred_orders_to_a_reply_and_all_over_pages(node_soap: NodeSoap) -> None:
    totals: dict[str, Decimal] = {}
    sizes, after = [], ""
    while True:
        answer = node_call(node_soap, "ListOrders", f"{EVER}{after}<Limit>500</Limit>")
        page = zip(answer.texts("Order/Number"), map(Decimal, answer.texts("Order/Total")), strict=True)
        sizes.append(len(totals))
        totals |= page
        if not (following := answer.texts("Next")):
            break
        after = f"<After>{following[0]}</After>"
    assert sizes == [0, 100, 200]
    assert totals == {order.number: order.total for order in node_soap.figures().orders if not order.external_id}


def test_node_nests_lines_and_escapes_names(node_soap: NodeSoap) -> None:
    [order] = [one for one in node_soap.figures().orders if one.number == "SO00003"]
    answer = node_call(node_soap, "GetOrder", number("SO00003"))
    assert answer.texts("Order/Lines/Line/Name") == [line.name for line in order.lines.line]
    assert [Decimal(text) for text in answer.texts("Order/Lines/Line/Amount")] == [
        line.amount for line in order.lines.line
    ]
    assert {"茶具 & 茶盘", "龙井礼盒 <特级>"} <= set(answer.texts("Order/Lines/Line/Name"))


def test_node_seed_has_ties_and_returns(node_soap: NodeSoap) -> None:
    seeded = [order for order in node_soap.figures().orders if not order.external_id]
    assert min(Counter(order.modified_at for order in seeded[:240]).values()) == 30
    assert [order.total < 0 for order in seeded if order.return_of] == [True] * 10


def test_node_takes_a_digest_once(node_soap: NodeSoap) -> None:
    token = digest(node_soap, b"a nonce of 16 by")
    found = [node_call(node_soap, "GetOrder", number("SO00001"), token).status for _ in range(2)]
    assert found == [200, 401]


def test_node_refuses_a_password_with_a_fault_of_soap_12_in_soap_11(node_soap: NodeSoap) -> None:
    answer = node_call(node_soap, "GetOrder", number("SO00001"), plain(node_soap, "wrong"))
    assert answer.status == 401
    assert answer.body is not None
    assert [child.tag for child in answer.body] == [f"{{{SOAP}}}Code", f"{{{SOAP}}}Reason"]
    assert answer.texts("Code/Subcode/Value") == ["AuthenticationFailure"]
    assert node_call(node_soap, "GetOrder", number("SO00001"), "").text == answer.text


def test_zeep_loses_what_such_a_fault_says(node_soap: NodeSoap) -> None:
    client = zeep.Client(f"{node_soap.url}?wsdl")  # type: ignore[no-untyped-call]
    with pytest.raises(zeep.exceptions.Fault) as refused:
        client.service.GetOrder(Number="SO00001")
    assert (refused.value.code, refused.value.message) == (None, None)


def test_node_says_business_errors_in_a_detail(node_soap: NodeSoap) -> None:
    answer = node_call(node_soap, "GetOrder", number("SO99999"))
    assert (answer.status, answer.texts("faultstring")) == (500, ["订单 SO99999 不存在"])
    assert answer.texts("detail/Code") == ["NOT_FOUND"]


def test_node_creates_once_and_names_the_first(node_soap: NodeSoap) -> None:
    made = node_call(node_soap, "CreateOrder", NEW.format(key="redeem-42")).texts("Number")
    again = node_call(node_soap, "CreateOrder", NEW.format(key="redeem-42"))
    assert (again.status, again.texts("detail/Code")) == (500, ["DUPLICATE"])
    assert again.texts("detail/Number") == made
    kept = [order for order in node_soap.figures().orders if order.external_id == "redeem-42"]
    assert [(order.number, order.total, order.remark) for order in kept] == [(made[0], Decimal("288.80"), "积分兑换")]


def test_node_updates_a_customer_and_answers_against_the_order_of_its_schema(node_soap: NodeSoap) -> None:
    content = "<Code>C002</Code><Points>120</Points><Remark>积分 120 &amp; 升级</Remark>"
    answer = node_call(node_soap, "UpdateCustomer", content)
    assert answer.body is not None
    names = [etree.QName(child).localname for child in answer.body[0]]
    assert names.index("Remark") > names.index("ModifiedAt")
    [customer] = [one for one in node_soap.figures().customers if one.code == "C002"]
    assert (customer.points, customer.remark) == (120, "积分 120 & 升级")


def test_node_answers_an_unknown_operation_with_a_stack_trace_called_xml(node_soap: NodeSoap) -> None:
    answer = node_call(node_soap, "Explode", "")
    assert (answer.status, answer.content_type, answer.body) == (500, "text/xml; charset=utf-8", None)
    assert answer.text.startswith("TypeError")


def test_php_writes_a_customer_once_and_then_refers_to_it(session: Session) -> None:
    answer = session.call("bills", since="2026-01-01T00:00:00", page=1, size=14)
    assert answer.body is not None
    customers = answer.body.findall("return/item/customer")
    referring = [customer.get("href") for customer in customers]
    assert referring == [None] * 12 + ["#ref1", "#ref2"]
    written = {f"#{customer.get('id')}": customer.findtext("code") for customer in customers}
    codes = [customer.findtext("code") or written[str(customer.get("href"))] for customer in customers]
    assert codes == [bill.customer for bill in session.service.figures().bills[:14]]


def test_php_pages_by_number_until_a_page_is_empty(session: Session) -> None:
    pages = [session.call("bills", since="2026-01-01T00:00:00", page=page, size=40) for page in (1, 2, 3, 4)]
    found = [Decimal(total) for page in pages for total in page.texts("return/item/total")]
    seeded = [bill.total for bill in session.service.figures().bills if bill.bill_no.startswith("XSDD")]
    assert found[: len(seeded)] == seeded
    assert pages[3].texts("return/item/billNo") == []


def test_php_ends_a_session_with_a_fault_after_some_calls(session: Session) -> None:
    found = [session.call("execute", form="customer.query", xml="<query/>") for _ in range(PHP_CALLS + 1)]
    assert [answer.status for answer in found] == [200] * PHP_CALLS + [500]
    assert (found[-1].texts("faultstring"), detail(found[-1])) == (["会话已过期，请重新登录"], {"code": "K3-401"})
    assert php_login(session.service).call("execute", form="customer.query", xml="<query/>").status == 200


def test_php_refuses_a_password_with_another_code(php_soap: PhpSoap) -> None:
    answer = Session(php_soap).call("login", account="A001", user=php_soap.user, password="wrong")
    assert (answer.status, detail(answer)) == (500, {"code": "K3-400"})


def test_php_sends_xml_in_a_text_that_claims_another_encoding(session: Session) -> None:
    rows = inner(session.call("execute", form="customer.query", xml='<?xml version="1.0" encoding="gb2312"?><query/>'))
    figures = session.service.figures().customers
    assert [row.findtext("name") for row in rows] == [customer.name for customer in figures.values()]
    assert [row.findtext("mobile") or None for row in rows] == [customer.mobile for customer in figures.values()]


def test_php_says_business_errors_in_a_200(session: Session) -> None:
    asked = "<update><customer><code>C999</code><points>1</points></customer></update>"
    answer = session.call("execute", form="customer.update", xml=asked)
    assert (answer.status, inner(answer).get("code"), inner(answer).get("message")) == (200, "1", "客户C999不存在")


def test_php_is_written_to(session: Session) -> None:
    update = "<update><customer><code>C002</code><points>120</points><name>李记&amp;茶庄</name></customer></update>"
    entry = "<entry><material>M002</material><qty>2</qty></entry>"
    bill = f"<save><bill><billNo>GIFT-1</billNo><customer>C002</customer>{entry}</bill></save>"
    asked = (("customer.update", update), ("bill.save", bill), ("bill.save", bill))
    codes = [inner(session.call("execute", form=form, xml=xml)).get("code") for form, xml in asked]
    assert codes == ["0", "0", "1"]
    figures = session.service.figures()
    assert (figures.customers["C002"].points, figures.customers["C002"].name) == (120, "李记&茶庄")
    assert [bill.total for bill in figures.bills if bill.bill_no == "GIFT-1"] == [Decimal("577.60")]


def test_zeep_goes_outside_for_a_description_that_is_encoded(php_soap: PhpSoap) -> None:
    with pytest.raises(OutsideNetworkError):
        zeep.Client(f"{php_soap.url}?wsdl")  # type: ignore[no-untyped-call]
