"""Every mistake in a manifest names the file, the line, the key, and what is allowed there."""

from __future__ import annotations

from pathlib import Path

import pytest

from erplink.errors import ConfigInvalid
from erplink.facade.manifest import load_manifest

GOOD = """\
erplink = 1
kind = "rest"
name = "shop"
times = "local"
secrets = ["password"]

[vars]
user = "integration"

[server]
url = "https://erp.example.com/api/"

[auth]
kind = "login"
request = { method = "POST", path = "login", body = { user = "{user}", password = "{secret.password}" } }
ticket = { token = "data.token" }
sign = { headers = { Authorization = "Bearer {ticket.token}" } }

[[errors]]
when = { path = "code", not = [0] }
means = "refused"

[entities.orders.fields]
id = "id"
number = { path = "no", write = true }
customer = "customer.code"
modified = "updated"
status = { path = "state", map = { "1" = "approved", "2" = "closed" } }

[entities.orders.lines]
path = "items"
fields = { sku = "sku", qty = "qty", amount = { path = "fen", scale = 2 } }

[entities.orders.list]
path = "orders"
query = { from = "{since}", page = "{page}" }
records = "data.items"
sorted_by = ["modified"]
paging = { kind = "page", size = 50 }

[entities.orders.get]
path = "orders/{number|url}"
"""


def complaint(folder: Path, text: str, **given: object) -> str:
    file = folder / "erp.toml"
    file.write_text(text, encoding="utf-8")
    secrets = {"password": "p"}
    with pytest.raises(ConfigInvalid) as raised:
        load_manifest(file, **{"secrets": secrets, **given})  # type: ignore[arg-type]
    return str(raised.value)


def test_the_good_one_is_good(tmp_path: Path) -> None:
    (tmp_path / "erp.toml").write_text(GOOD, encoding="utf-8")
    assert repr(load_manifest(tmp_path / "erp.toml", secrets={"password": "s3cret"})).count("s3cret") == 0


@pytest.mark.parametrize(
    ("was", "is_", "line", "words"),
    [
        ('kind = "rest"', 'kind = "rset"', 2, ["kind is 'rset'", "rest, soap, sql, files"]),
        ('kind = "rest"', "", 1, ["kind is missing"]),
        ("erplink = 1", "erplink = 2", 1, ["erplink"]),
        ('name = "shop"', 'name = "Our Shop"', 3, ["name"]),
        ('times = "local"', 'times = "locale"', 4, ["'locale' is no way to write a time", "local", "epoch_ms"]),
        ('times = "local"', 'zone = "Asia/Peking"', 4, ["Asia/Shanghai"]),
        ("[server]", "[severs]", 10, ["unknown word 'severs'", "did you mean server?"]),
        ('url = "https', 'url = "ftp', 11, ["is no address"]),
        ('url = "https://erp', 'url = "https://me:pw@erp', 11, ["holds no user or password"]),
        ('url = "https://erp', 'url = "{hots}erp', 11, ["is no address"]),
        ('kind = "login"', 'kind = "loggin"', 14, ["auth has no kind 'loggin'", "did you mean login?", "oauth2"]),
        ("ticket = {", "tickets = {", 16, ["unknown word 'tickets'", "did you mean ticket?"]),
        ("{secret.password}", "{secret.pasword}", 15, ["nothing is called 'secret.pasword'", "secret.password"]),
        ("{ticket.token}", "{ticket.tocken}", 17, ["nothing is called 'ticket.tocken'", "ticket.token"]),
        ('means = "refused"', 'means = "refuse"', 21, ["means", "'refused'", "'session_lost'"]),
        ("not = [0]", "is_not = [0]", 20, ["unknown word 'is_not'", "not"]),
        ("not = [0]", "not = [0], is = [1]", 20, ["exactly one of is, not, contains and exists"]),
        ('customer = "customer.code"', 'custmer = "c"', 26, ["unknown attribute 'custmer'", "did you mean customer?"]),
        ('customer = "customer.code"', "", 23, ["orders need customer", "value ="]),
        ('customer = "customer.code"', 'customer = "a[b"', 26, ["is not a path"]),
        ('"1" = "approved"', '"1" = "aproved"', 28, ["status cannot be 'aproved'", "did you mean approved?"]),
        ("scale = 2", "scale = 2, negat = true", 32, ["unknown word 'negat'", "did you mean negate?"]),
        ('sku = "sku"', 'sku = { path = "sku", scale = 2 }', 32, ["scale goes with numbers; sku is a text"]),
        ("{since}", "{sinse}", 36, ["nothing is called 'sinse' here", "did you mean since?"]),
        ("{since}", "{since|tme:%Y}", 36, ["unknown filter 'tme'", "did you mean time?"]),
        ("{since}", "{since|time}", 36, ["written like time:%Y-%m-%d"]),
        ("{since}", "{since|sha256}", 36, ["ends with bytes", "|hex"]),
        ("{since}", "{since|hmac:sha3,secret.password|hex}", 36, ["hmac takes one of sha256"]),
        ("{since}", "{since", 36, ["a single '{'"]),
        (', page = "{page}"', "", 34, ["paging of kind page", "{page}"]),
        ('kind = "page"', 'kind = "pages"', 39, ["paging.kind", "'page'", "'keyset'"]),
        ('kind = "page", size = 50', 'kind = "cursor"', 36, ["nothing is called 'page' here", "cursor"]),
        ('sorted_by = ["modified"]', 'sorted_by = ["modifed"]', 38, ["'modifed'", "did you mean modified?"]),
        ("{number|url}", "{nr}", 42, ["nothing is called 'nr' here", "number"]),
        ("{number|url}", "one", 41, ["by its number or id"]),
        ("[entities.orders.get]", "[entities.order.get]", 41, ["unknown word 'order'", "did you mean orders?"]),
        ("modified", "modified ==", 27, ["not TOML"]),
    ],
)
def test_a_mistake_is_told_by_its_line(tmp_path: Path, was: str, is_: str, line: int, words: list[str]) -> None:
    assert GOOD.count(was) >= 1
    said = complaint(tmp_path, GOOD.replace(was, is_, 1))
    assert f"erp.toml, line {line}" in said
    for word in words:
        assert word in said


def test_lines_and_actions_and_more(tmp_path: Path) -> None:
    without_lines = GOOD.replace("[entities.orders.lines]", "[entities.customers.lines]")
    assert "orders need lines" in complaint(tmp_path, without_lines) or "customers" in complaint(
        tmp_path, without_lines
    )
    more = GOOD + '\n[entities.orders.create]\npath = "orders"\nbody = "{document}"\nthen = ["aprove"]\n'
    assert "there is no action 'aprove'" in complaint(tmp_path, more)
    action = GOOD + '\n[entities.orders.actions.approve]\npath = "orders/{id}/approve"\ndone = ["aproved"]\n'
    assert "did you mean approved?" in complaint(tmp_path, action)
    nameless = GOOD + '\n[entities.orders.update]\npath = "orders/{id}"\nbody = { note = "x" }\n'
    assert "{changes}" in complaint(tmp_path, nameless)


def test_a_secret_that_is_missing_is_named_with_both_ways_to_give_it(tmp_path: Path) -> None:
    said = complaint(tmp_path, GOOD, secrets={})
    assert "the secret password is missing" in said
    assert "ERPLINK_SECRET_PASSWORD" in said


def test_a_variable_that_is_none_is_named(tmp_path: Path) -> None:
    assert "known are: user" in complaint(tmp_path, GOOD, variables={"usr": "x"})


@pytest.mark.parametrize("name", ["erp.yaml", "erp.toml"])
def test_what_is_no_manifest_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00broken")
    with pytest.raises(ConfigInvalid, match="UTF-8"):
        load_manifest(tmp_path / name)
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        load_manifest(tmp_path / "missing.toml")


def test_yaml_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "erp.yaml").write_text("erplink: 1\nkind: rest\nname: shop\nserver:\n  ulr: x\n", encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=r"unknown word 'ulr' in server \(erp.yaml, line 5\): did you mean url"):
        load_manifest(tmp_path / "erp.yaml")
