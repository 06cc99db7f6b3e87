"""A manifest reaches the hosts it names and the files beside it, whatever a server, a WSDL or a document says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from erplink import connect
from erplink.errors import ConfigInvalid, ErplinkError, LoginRefused, NotFound, ServerFault
from erplink.facade.erp import Erp
from erplink.facade.manifest import load_manifest
from tests.wire.server import Fault, Request, Route, Say, Served, serving

CUSTOMERS = """
erplink = 1
kind = "rest"
name = "shop"
secrets = ["key"]

[vars]
base = "http://127.0.0.1:1"

[server]
url = "{base}/api/"

[auth]
kind = "api_key"
query = "apikey"
value = "{secret.key}"

[limits]
timeout = 5

[entities.customers.fields]
number = "code"
name = "name"
status = { value = "approved" }

[entities.customers.list]
path = "customers"
records = "items"
paging = { kind = "next_link", next = "next" }

[entities.customers.get]
path = "customers/{number}"
"""
SOAP = """
erplink = 1
kind = "soap"
name = "shop"

[vars]
base = "http://127.0.0.1:1"

[server]
url = "{base}/service"
wsdl = "shop.wsdl"

[entities.customers.fields]
number = "Code"
name = "Name"
status = { value = "approved" }

[entities.customers.list]
operation = "ListCustomers"
records = "Customer"
"""
WSDL = (Path(__file__).parent / "shop.wsdl").read_text(encoding="utf-8")
SECRET = "k-123456789-very-secret"


def page(next_: object = None, *codes: str) -> Say:
    body = {"items": [{"code": code, "name": "客户"} for code in codes], "next": next_}
    return Say(json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def elsewhere(_: Request) -> Say:
    return page(None, "STOLEN")


def opened(folder: Path, text: str, base: str) -> Erp:
    file = folder / "erp.toml"
    file.write_text(text, encoding="utf-8")
    secrets = {"key": SECRET} if "secret.key" in text else {}
    return connect(load_manifest(file, secrets=secrets, variables={"base": base}))


@pytest.fixture
def other() -> Iterator[Served]:
    """A server that nobody named."""
    with serving(elsewhere) as served:
        yield served


@pytest.mark.parametrize("link", ["{other}/api/customers", "//{host}/api/customers", "ftp://127.0.0.1/x", "http://["])
def test_a_next_link_to_another_host_is_not_followed(tmp_path: Path, other: Served, link: str) -> None:
    told = link.replace("{other}", other.url).replace("{host}", other.url.removeprefix("http://"))
    with (
        serving(lambda _: page(told, "C1")) as served,
        opened(tmp_path, CUSTOMERS, served.url) as erp,
        pytest.raises(ConfigInvalid) as refused,
    ):
        list(erp.customers.list())
    assert other.paths() == []
    assert SECRET not in str(refused.value)


def test_a_host_that_is_named_may_be_followed_to(tmp_path: Path, other: Served) -> None:
    text = CUSTOMERS.replace("[auth]", f'hosts = ["{other.url}"]\n\n[auth]')
    with (
        serving(lambda _: page(f"{other.url}/api/customers?page=2", "C1")) as served,
        opened(tmp_path, text, served.url) as erp,
    ):
        assert [one.number for one in erp.customers.list()] == ["C1", "STOLEN"]


def test_a_next_link_may_be_kept_on_the_host_of_the_manifest(tmp_path: Path) -> None:
    text = CUSTOMERS.replace('next = "next" }', 'next = "next", rebase = true }')

    def route(request: Request) -> Say:
        return page(None, "C2") if "page=2" in request.path else page("http://localhost:9/api/customers?page=2", "C1")

    with serving(route) as served, opened(tmp_path, text, served.url) as erp:
        assert [one.number for one in erp.customers.list()] == ["C1", "C2"]


def test_a_list_that_goes_in_circles_ends_with_an_error(tmp_path: Path) -> None:
    with (
        serving(lambda _: page("customers?page=2", "C1")) as served,
        opened(tmp_path, CUSTOMERS, served.url) as erp,
        pytest.raises(ServerFault, match="this one again"),
    ):
        list(erp.customers.list())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, other: Served, status: int) -> None:
    def route(_: Request) -> Say:
        return Say(b"", status, {"Location": f"{other.url}/api/customers"})

    with serving(route) as served, opened(tmp_path, CUSTOMERS, served.url) as erp, pytest.raises(ConfigInvalid):
        list(erp.customers.list())
    assert other.paths() == []


def test_the_escape_hatch_stays_on_the_host(tmp_path: Path, other: Served) -> None:
    with serving(elsewhere) as served, opened(tmp_path, CUSTOMERS, served.url) as erp:
        for path in (f"{other.url}/x", "file:///etc/passwd"):
            with pytest.raises(ConfigInvalid):
                erp.raw.call(f"GET {path}", {})
        erp.raw.call(f"GET //{other.url.removeprefix('http://')}/x", {})
    assert other.paths() == []


def test_the_login_stays_on_the_host(tmp_path: Path, other: Served) -> None:
    oauth = f'kind = "oauth2"\ntoken_url = "{other.url}/token"\nclient_id = "a"\nclient_secret = "{{secret.key}}"\n'
    text = CUSTOMERS.replace('kind = "api_key"\nquery = "apikey"\nvalue = "{secret.key}"\n', oauth)
    with (
        serving(elsewhere) as served,
        opened(tmp_path, text, served.url) as erp,
        pytest.raises(ConfigInvalid, match="another host"),
    ):
        list(erp.customers.list())
    assert other.paths() == []


@pytest.mark.parametrize("number", ["../admin", "C1?x=1", "C1#x", "//127.0.0.1:1/x", "C1\r\nX-Evil: 1", "客户/1"])
def test_a_number_is_one_step_of_a_path_whatever_it_holds(tmp_path: Path, number: str) -> None:
    def route(request: Request) -> Say:
        return Say(json.dumps({"code": number, "name": request.path}).encode())

    with serving(route) as served, opened(tmp_path, CUSTOMERS, served.url) as erp:
        path = erp.customers.get(number).name
    assert path.count("/") == 3
    assert path.startswith("/api/customers/")
    assert "x-evil" not in served.requests[0].headers


def test_a_system_that_ignores_the_number_is_found_out(tmp_path: Path) -> None:
    with (
        serving(lambda _: Say(b'{"code": "C1", "name": "x"}')) as served,
        opened(tmp_path, CUSTOMERS, served.url) as erp,
        pytest.raises(ConfigInvalid, match="another record came"),
    ):
        erp.customers.get("C2")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 503, 302])
@pytest.mark.parametrize(
    "body", [b"", b"<html><title>no</title></html>", b'{"message": "no"}', b"\xff\xfe", b"[" * 5000]
)
def test_whatever_comes_is_an_error_of_ours_without_the_secret(tmp_path: Path, status: int, body: bytes) -> None:
    with serving(lambda _: Say(body, status)) as served:
        text = CUSTOMERS.replace("[limits]", "[limits]\n")
        with opened(tmp_path, text, served.url) as erp, pytest.raises(ErplinkError) as raised:
            erp.raw.call("POST customers", {})
    shown = f"{raised.value!r} {raised.value} {raised.value.reply} {raised.value.__cause__!r}"
    assert SECRET not in shown


def read(erp: Erp) -> str:
    """How many customers there are, or the error in words."""
    try:
        return str(len(list(erp.customers.list())))
    except ErplinkError as error:
        return str(error)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"42", b'"x"', b"{}", b'{"items": null}', b'{"items": {}}'])
def test_an_empty_or_odd_answer_is_an_empty_list_or_a_broken_record(tmp_path: Path, body: bytes) -> None:
    with serving(lambda _: Say(body)) as served, opened(tmp_path, CUSTOMERS, served.url) as erp:
        found = read(erp)
    assert found == "0" or "customers" in found


def test_a_page_of_html_with_status_200_is_no_empty_list(tmp_path: Path) -> None:
    quick = CUSTOMERS
    html = Say(b"<!doctype html><html><title>Login</title></html>", headers={"Content-Type": "text/html"})
    said: list[Say | Fault] = [html] * 9

    def route(_: Request) -> Say | Fault:
        return said.pop() if said else page(None, "C1")

    with serving(route) as served, opened(tmp_path, quick, served.url) as erp, pytest.raises(ServerFault, match="HTML"):
        erp.raw.call("POST customers", {})


def test_a_refused_key_is_sent_once(tmp_path: Path) -> None:
    with serving(lambda _: Say(b"{}", 401)) as served, opened(tmp_path, CUSTOMERS, served.url) as erp:
        for _ in range(3):
            with pytest.raises(LoginRefused):
                list(erp.customers.list())
    assert len(served.requests) == 1


def test_a_customer_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with (
        serving(lambda _: Say(b"<html>nothing here</html>", 404)) as served,
        opened(tmp_path, CUSTOMERS, served.url) as erp,
        pytest.raises(NotFound),
    ):
        erp.customers.get("C9")


def soap_of(folder: Path, wsdl: str, route: Route = elsewhere) -> list[str]:
    """The numbers a SOAP manifest reads with this WSDL beside it."""
    (folder / "shop.wsdl").write_text(wsdl, encoding="utf-8")
    with serving(route) as served, opened(folder, SOAP, served.url) as erp:
        return [one.number for one in erp.customers.list()]


def envelope(inner: str, head: str = "") -> Say:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<e:Body><ListCustomersResponse xmlns="urn:shop">{inner}</ListCustomersResponse></e:Body></e:Envelope>'
    )
    return Say(text.encode(), headers={"Content-Type": "text/xml; charset=utf-8"})


CUSTOMER = "<Customer><Code>C1</Code><Name>客户</Name></Customer>"


def test_a_wsdl_beside_the_manifest_is_enough(tmp_path: Path) -> None:
    assert soap_of(tmp_path, WSDL, lambda _: envelope(CUSTOMER)) == ["C1"]


@pytest.mark.parametrize(
    "location", ["{other}/types.xsd", "file:///etc/passwd", "/etc/passwd", "../../../../../../etc/passwd", "ftp://x/y"]
)
def test_a_wsdl_imports_from_named_hosts_and_beside_the_manifest_only(
    tmp_path: Path, other: Served, location: str
) -> None:
    told = location.replace("{other}", other.url)
    bad = WSDL.replace("<!-- import -->", f'<xsd:import namespace="urn:types" schemaLocation="{told}"/>')
    with pytest.raises(ConfigInvalid):
        soap_of(tmp_path, bad)
    assert other.paths() == []


def test_a_link_in_the_folder_leads_nowhere_else(tmp_path: Path) -> None:
    folder, secret = tmp_path / "manifests", tmp_path / "secret.xsd"
    folder.mkdir()
    secret.write_text("<xsd/>", encoding="utf-8")
    (folder / "types.xsd").symlink_to(secret)
    bad = WSDL.replace("<!-- import -->", '<xsd:import namespace="urn:types" schemaLocation="types.xsd"/>')
    with pytest.raises(ConfigInvalid, match="outside the manifest's folder"):
        soap_of(folder, bad)


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
THIEF = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [BOMB, THIEF])
def test_entities_are_refused_in_a_wsdl(tmp_path: Path, head: str) -> None:
    with pytest.raises(ConfigInvalid, match="WSDL cannot be read"):
        soap_of(tmp_path, WSDL.replace("<!-- dtd -->", head))


@pytest.mark.parametrize("head", [BOMB, THIEF])
def test_entities_are_refused_in_a_reply(tmp_path: Path, head: str) -> None:
    with pytest.raises(ServerFault, match="cannot be read"):
        soap_of(tmp_path, WSDL, lambda _: envelope("<Customer><Code>&a;</Code></Customer>", head))
