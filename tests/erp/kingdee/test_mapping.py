"""Laws of the mapping: what is built for a Save and stored comes back as the same document."""

# ruff: noqa: ANN401 - cells of any type

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from erplink.erp.kingdee import Kingdee
from erplink.erp.kingdee.forms import document_status, mappings, order_status
from erplink.errors import ConfigInvalid, ShapeChanged
from erplink.mapping.rows import RowReader
from erplink.model.documents import Customer, Order, OrderLine

SETTINGS = Kingdee(
    url="https://erp.example.com/k3cloud/",
    acct_id="a",
    username="u",
    password="p",
    custom={"orders": {"paid": "F_X_Paid"}, "customers": {"unionid": "F_X_Union", "points": "F_X_Points"}},
)
MAPPINGS = mappings(SETTINGS)
ORDERS, CUSTOMERS, RECEIPTS = MAPPINGS["orders"], MAPPINGS["customers"], MAPPINGS["receipts"]
ENCODER = msgspec.json.Encoder(decimal_format="number")
HEAD = {
    "FID": 7,
    "FModifyDate": "2026-11-01T08:00:00",
    "FDocumentStatus": "C",
    "FCloseStatus": "A",
    "FCancelStatus": "A",
    "FCreateDate": "2026-11-01T07:00:00",
    "FApproveDate": None,
    "FNote": " ",
    "FCUSTID": 9,
    "FForbidStatus": "A",
}
texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
names = texts.filter(bool)
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
lines = st.builds(
    OrderLine,
    line=st.just(1),
    sku=names,
    qty=amounts,
    amount=amounts,
    unit_price=amounts,
    kind=st.sampled_from(["goods", "service"]),
    free=st.booleans(),
)
orders = st.builds(
    Order,
    id=st.just("7"),
    number=names,
    customer=names,
    status=st.just("approved"),
    currency=st.sampled_from(["CNY", "PRE007"]),
    created_at=st.just(datetime(2026, 10, 31, 23, tzinfo=UTC)),
    version=st.just("2026-11-01T08:00:00"),
    lines=st.lists(lines, min_size=1, max_size=5).map(tuple),
    note=texts,
    raw_status=st.just("C"),
    custom=st.fixed_dictionaries({"paid": st.one_of(amounts, names, st.booleans(), st.integers(-9, 9))}),
)


def stored(model: dict[str, Any], key: str) -> Any:
    """What a query answers for a key, once this model is stored; sub-heads are asked by the plain key."""
    for scope in (model, model.get("FSaleOrderFinance", {})):
        value: Any = scope
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def order_rows(document: Order) -> list[list[Any]]:
    model = ORDERS.build(document)
    rows = []
    for n, entry in enumerate(model.pop("FSaleOrderEntry"), 1):
        known = {"FSaleOrderEntry_FEntryID": n, "FSaleOrderEntry_FSeq": n, **HEAD}
        cells = [stored(entry, key) if stored(entry, key) is not None else stored(model, key) for key in READER.keys]
        rows.append([known.get(key) if cell is None else cell for key, cell in zip(READER.keys, cells, strict=True)])
    return rows


READER = RowReader(ORDERS)


@given(orders)
def test_an_order_comes_back_as_it_was_built(document: Order) -> None:
    body = ENCODER.encode(order_rows(document))
    numbered = [msgspec.structs.replace(line, line=n, id=str(n)) for n, line in enumerate(document.lines, 1)]
    assert READER.documents(READER.decode(body)) == (msgspec.structs.replace(document, lines=tuple(numbered)),)


@given(names, texts, texts, st.one_of(st.integers(0, 10**9), names))
def test_a_customer_comes_back_as_it_was_built(name: str, phone: str, unionid: str, points: int | str) -> None:
    customer = Customer(
        id="9",
        number="C1",
        name=name,
        status="approved",
        version="2026-11-01T08:00:00",
        phone=phone,
        unionid=unionid,
        raw_status="C",
        custom={"points": points},
    )
    reader, model = RowReader(CUSTOMERS), CUSTOMERS.build(customer)
    body = ENCODER.encode([[stored(model, key) if key in model else HEAD.get(key) for key in reader.keys]])
    assert reader.documents(reader.decode(body)) == (customer,)


@given(st.lists(orders, min_size=1, max_size=4))
def test_the_tolerant_way_reads_what_the_fast_way_reads(documents: list[Order]) -> None:
    rows = [[place + 1, *row[1:]] for place, one in enumerate(documents) for row in order_rows(one)]
    odd = json.loads(ENCODER.encode(rows), parse_float=str)
    for row in odd:
        row[0] = str(row[0])
        row[READER.keys.index("FIsFree")] = str(row[READER.keys.index("FIsFree")])
        row[READER.keys.index("FQty")] = f" {row[READER.keys.index('FQty')]}"
    custom = READER.keys.index("F_X_Paid")
    for row, plain in zip(odd, rows, strict=True):
        row[custom] = plain[custom]
    usual = READER.documents(READER.decode(ENCODER.encode(rows)))
    assert READER.documents(READER.decode(ENCODER.encode(odd))) == usual


def row(**changed: object) -> bytes:
    cells: dict[str, object] = {
        **HEAD,
        "FSaleOrderEntry_FEntryID": 1,
        "FSaleOrderEntry_FSeq": 1,
        "FBillNo": "SO1",
        "FCustId.FNumber": "C1",
        "FMaterialId.FNumber": "M1",
        "FQty": 2,
        "FAllAmount": 9.9,
        "FTaxPrice": 4.95,
        "FRowType": "Standard",
        "FIsFree": False,
        "FSettleCurrId.FNumber": "PRE001",
        "F_X_Paid": None,
    }
    return json.dumps([[(cells | changed)[key] for key in READER.keys]]).encode()


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"FQty": "twelve"}, "SAL_SaleOrder.FQty of SO1"),
        ({"FQty": None}, "SAL_SaleOrder.FQty of SO1"),
        ({"FID": "x"}, "SAL_SaleOrder.FID of SO1"),
        ({"FIsFree": "perhaps"}, "SAL_SaleOrder.FIsFree of SO1"),
        ({"FBillNo": {"Id": 1}}, "SAL_SaleOrder.FBillNo"),
        ({"FCreateDate": "yesterday"}, "SAL_SaleOrder.FCreateDate"),
        ({"F_X_Paid": [1]}, "SAL_SaleOrder.F_X_Paid"),
    ],
)
def test_a_cell_that_does_not_fit_is_named_and_not_shown(changed: dict[str, object], where: str) -> None:
    with pytest.raises(ShapeChanged) as caught:
        READER.documents(READER.decode(row(**changed)))
    assert where in str(caught.value)
    assert "twelve" not in str(caught.value)


@pytest.mark.parametrize("body", [b'{"a": 1}', b'[["only", "two"]]', b"[1]"])
def test_a_reply_of_another_shape_is_said_to_be_one(body: bytes) -> None:
    with pytest.raises(ShapeChanged):
        READER.decode(body)


@pytest.mark.parametrize("empty", [None, 0, "0", " "])
def test_an_order_without_lines_has_none(empty: object) -> None:
    bare = dict.fromkeys(("FSaleOrderEntry_FSeq", "FQty", "FAllAmount", "FTaxPrice", "FIsFree", "FRowType"))
    body = row(FSaleOrderEntry_FEntryID=empty, **bare)
    (found,) = READER.documents(READER.decode(body))
    assert isinstance(found, Order)
    assert found.lines == ()


def test_digits_are_kept_and_milliseconds_and_blanks_are_tolerated() -> None:
    body = row(FQty=1, FCreateDate="2026-11-01T07:00:00.123", FNote=" ").replace(b"4.95", b"4.9500000000")
    (found,) = READER.documents(READER.decode(body))
    assert isinstance(found, Order)
    assert str(found.lines[0].unit_price) == "4.9500000000"
    assert found.created_at == datetime(2026, 10, 31, 23, 0, 0, 123_000, tzinfo=UTC)
    assert found.note == ""


def test_an_order_in_a_foreign_currency_keeps_its_code() -> None:
    (found,) = READER.documents(READER.decode(row(**{"FSettleCurrId.FNumber": "PRE007"})))
    assert isinstance(found, Order)
    assert found.currency == "PRE007"


def test_a_receipt_is_the_sum_of_its_rows_and_names_an_order_only_if_all_do() -> None:
    reader = RowReader(RECEIPTS)
    head = {**HEAD, "FBillNo": "SK1", "FCONTACTUNIT.FNumber": "C1", "FCURRENCYID.FNumber": "PRE001", "FDATE": None}
    rows = [
        (1, 1, "10.10", "SO1"),
        (1, 2, "0.90", "SO1"),
        (2, 3, "5", "SO1"),
        (2, 4, "5", "SO2"),
    ]
    cells = [
        {**head, "FID": fid, "FRECEIVEBILLENTRY_FEntryID": n, "FRECTOTALAMOUNTFOR": Decimal(paid), "FSALEORDERNO": so}
        for fid, n, paid, so in rows
    ]
    body = ENCODER.encode([[one[key] for key in reader.keys] for one in cells])
    found = reader.documents(reader.decode(body))
    assert [(one.amount, one.order) for one in found] == [(Decimal("11.00"), "SO1"), (Decimal(10), "")]  # type: ignore[union-attr]


def test_statuses() -> None:
    assert [document_status(code) for code in ("Z", "A", "B", "C", "D", "X", " ", None)] == [
        "draft",
        "draft",
        "pending",
        "approved",
        "draft",
        "unknown",
        "unknown",
        "unknown",
    ]
    assert order_status("C", "B", "A") == "closed"
    assert order_status("A", "B", "A") == "draft"
    assert order_status("C", "B", "B") == "cancelled"


def test_a_partial_save_knows_only_configured_names() -> None:
    assert CUSTOMERS.partial({"points": 5, "phone": "1"}) == {"F_X_Points": 5, "FTEL": "1"}
    with pytest.raises(ConfigInvalid, match="name, phone, points, unionid"):
        CUSTOMERS.partial({"pionts": 5})
    with pytest.raises(ConfigInvalid, match="'number'"):
        CUSTOMERS.partial({"number": "C2"})


def test_a_returns_order_key_can_be_redirected() -> None:
    own = mappings(evolve(SETTINGS, custom={"returns": {"order": "F_SO"}}))
    assert "F_SO" in own["returns"].columns()
    assert "FSrcBillNo" not in own["returns"].columns()
