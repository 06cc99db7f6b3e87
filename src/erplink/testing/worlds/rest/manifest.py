"""The manifest with which a client reads and writes a REST world: what a house does, in the notation of manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import frozen

from erplink.testing.worlds.rest.settings import Auth, Paging, RestWorld
from erplink.testing.worlds.rest.writing import LINES, named
from erplink.testing.worlds.shop.catalogue import FORMS, OWN, Field
from erplink.testing.worlds.shop.statuses import APPROVED, CODES, DONE, DRAFT, PENDING, VOID

_AUTH: Mapping[Auth, str] = {
    "none": 'kind = "none"',
    "basic": 'kind = "basic"\nusername = "{secret.username}"\npassword = "{secret.password}"',
    "bearer": 'kind = "bearer"\ntoken = "{secret.token}"',
    "api_key_header": 'kind = "api_key"\nheader = "X-Api-Key"\nvalue = "{secret.api_key}"',
    "api_key_query": 'kind = "api_key"\nquery = "api_key"\nvalue = "{secret.api_key}"',
    "oauth2_client": (
        'kind = "oauth2"\ntoken_url = "oauth/token"\n'
        'client_id = "{secret.client_id}"\nclient_secret = "{secret.client_secret}"'
    ),
    "oauth2_password": (
        'kind = "oauth2"\ngrant = "password"\ntoken_url = "oauth/token"\n'
        'client_id = "{secret.client_id}"\nclient_secret = "{secret.client_secret}"\n'
        'username = "{secret.username}"\npassword = "{secret.password}"\nsend = "basic"'
    ),
    "hmac": (
        'kind = "signed"\n'
        'sign.let.stamp = "{now|time:epoch_ms}"\n'
        'sign.let.canonical = "{method}\\n{path}\\n{query}\\n{stamp}\\n{nonce}\\n{body|sha256|hex}"\n'
        'sign.headers.X-App-Key = "{secret.app_key}"\n'
        'sign.headers.X-Timestamp = "{stamp}"\n'
        'sign.headers.X-Nonce = "{nonce}"\n'
        'sign.headers.X-Signature = "{canonical|hmac:sha256,secret.app_secret|hex}"'
    ),
    "login": (
        'kind = "login"\n'
        'request = { method = "POST", path = "login", '
        'body = { username = "{secret.username}", password = "{secret.password}" } }\n'
        'ticket = { token = "TOKEN" }\n'
        'sign.headers.Authorization = "Bearer {ticket.token}"'
    ),
    "cookie": (
        'kind = "login"\n'
        'request = { method = "POST", path = "login", '
        'form = { username = "{secret.username}", password = "{secret.password}" } }\n'
        "cookies = true"
    ),
}
_PLACES: Mapping[Paging, tuple[str, str]] = {
    "page": ('page = "{page}", size = "{size}"', 'kind = "page"'),
    "offset": ('offset = "{offset}", size = "{size}"', 'kind = "offset"'),
    "cursor": ('cursor = "{cursor}", size = "{size}"', 'kind = "cursor", next = "NEXT"'),
    "next_link": ('size = "{size}"', 'kind = "next_link", next = "NEXT"'),
    "link_header": ('size = "{size}"', 'kind = "link_header"'),
    "range": ("", 'kind = "offset"'),
}
_STATUSES = {DRAFT: "draft", PENDING: "pending", APPROVED: "approved", DONE: "closed", VOID: "cancelled"}
_SAME: Mapping[str, str] = {"remark": "note", "mobile": "phone", "order_no": "order", "order_line_id": "order_line"}
_OF_LINES: Mapping[str, str] = {"line_no": "line", "quantity": "qty", "is_gift": "free", "is_service": "kind"}
_LEFT_OUT = {"version", "updated_at", "total_amount", "created_at", "remark"}
_TIER, _POINTS = "tier", "points"


def manifest_of(world: RestWorld, *, page: int = 50) -> str:
    """The text of a manifest; ``base`` is a variable of it, credentials are its secrets."""
    return _Scribe(world, page).text()


@frozen
class _Scribe:
    world: RestWorld
    page: int

    def text(self) -> str:
        world = self.world
        secrets = [name for name in _SECRETS if f"secret.{name}}}" in _AUTH[world.auth] or _signs(world.auth, name)]
        company = f"headers = {{ X-Company = {_quoted(world.credentials.company)} }}\n" if world.company else ""
        head = (
            f'erplink = 1\nkind = "rest"\nname = {_quoted(f"shop-{world.name}")}\nzone = {_quoted(world.shop.zone)}\n'
            f'times = "{world.times}"\nsecrets = {json.dumps(secrets)}\n\n[vars]\nbase = "http://127.0.0.1:8000/api/"\n'
        )
        parts = [
            head,
            f'[server]\nurl = "{{base}}"\n{company}',
            f"[auth]\n{_AUTH[world.auth].replace('TOKEN', self._inside('token'))}\n",
            self._errors(),
            *([f'[proof]\npath = "company"\nrecord = "{self._record("code")}"\n'] if world.company else []),
            *(self._entity(entity) for entity in FORMS),
            self._stock(),
        ]
        return "\n".join(parts)

    def _errors(self) -> str:
        if self.world.errors != "in_200":
            failed = {"coded": 'path = "code", not = [0]', "wrapped": 'path = "success", is = [false]'}
            inside = failed.get(self.world.envelope, 'path = "error", exists = true')
            rules = _rule(f"status = 200\nwhen = {{ {inside} }}", "fault") + _rule("status = 423", "busy")
            return rules + (_rule(f"status = {self.world.mistake}", "config") if self.world.pages else "")
        single = [_rule(f'when = {{ path = "code", is = [{number}] }}', means) for number, means in _CODED.items()]
        return "".join(single) + _rule('when = { path = "code", not = [0] }', "refused")

    def _entity(self, entity: str) -> str:
        form = FORMS[entity]
        mapped = [one for one in (*OWN[:2], *form.head) if self._is_mapped(entity, one)]
        fields = [self._field(entity, one) for one in mapped]
        fields.append(f"fields.modified = {_quoted(self._name(OWN[2]))}")
        if self.world.versions:
            fields.append(f"fields.version = {_quoted(self._name(OWN[3]))}")
        head = "\n".join([f"[entities.{entity}]", *fields, *self._custom(entity)])
        lines = self._lines(entity) if form.lines else ""
        return f"{head}\n{lines}\n{self._requests(entity)}"

    def _is_mapped(self, entity: str, one: Field) -> bool:
        if one.name in {_TIER, _POINTS}:
            return False
        return one.name not in _LEFT_OUT or (entity == "orders" and one.name in {"created_at", "remark"})

    def _field(self, entity: str, one: Field) -> str:
        said = [f"path = {_quoted(self._path(one))}"]
        if one.kind == "status":
            words = {str(CODES[word]) if self.world.codes else word: ours for word, ours in _STATUSES.items()}
            if entity != "orders":
                words = {word: "approved" if ours == "closed" else ours for word, ours in words.items()}
            table = ", ".join(f"{_quoted(word)} = {_quoted(ours)}" for word, ours in words.items())
            said.append(f"map = {{ {table} }}")
        if one.name == "disabled":
            said.append('map = { true = "false", false = "true" }')
        if one.given:
            said.append("write = true")
        return f"fields.{_attribute(one.name)} = {{ {', '.join(said)} }}"

    def _custom(self, entity: str) -> list[str]:
        known = {one.name: one for one in FORMS[entity].head}
        found = [known[name] for name in (_TIER, _POINTS) if name in known]
        return [
            f"custom.{one.name} = {{ path = {_quoted(self._path(one))}, "
            f'type = "{"number" if one.kind == "number" else "text"}", write = true }}'
            for one in found
        ]

    def _lines(self, entity: str) -> str:
        fields = []
        for one in FORMS[entity].lines:
            attribute = _OF_LINES.get(one.name, _attribute(one.name))
            if attribute == "unit_price" and entity != "orders":
                continue
            if attribute == "id" and entity != "orders":
                continue
            said = [f"path = {_quoted(self._name(one))}"]
            if attribute == "kind":
                said.append('map = { true = "service", false = "goods" }')
            if one.given and attribute != "line":
                said.append("write = true")
            fields.append(f"lines.fields.{attribute} = {{ {', '.join(said)} }}")
        return "\n".join([f"lines.path = {_quoted(LINES[self.world.names])}", *fields]) + "\n"

    def _requests(self, entity: str) -> str:
        world = self.world
        places, kind = _PLACES[world.paging]
        window = 'updated_from = "{since}", updated_to = "{until}"'
        by_time = "updated_at,id" if world.names == "snake" else "updatedAt,id"
        listed = ", ".join(part for part in (places, 'sort = "id"') if part)
        changed = ", ".join(part for part in (places, window, f'sort = "{by_time}"') if part)
        total = f', total = "{self._inside("total")}"' if world.total and world.envelope != "bare" else ""
        next_ = self._inside("next" if world.paging == "next_link" else self._styled("next_cursor"))
        headers = 'headers = { Range = "records={offset}-{end}" }\n' if world.paging == "range" else ""
        text = (
            f'\n[entities.{entity}.list]\npath = "{entity}"\nquery = {{ {listed} }}\n{headers}'
            f'records = "{self._records()}"\nsorted_by = ["id"]\n'
            f"paging = {{ {kind.replace('NEXT', next_)}, size = {self.page}{total} }}\n"
            f'\n[entities.{entity}.changes]\nquery = {{ {changed} }}\nsorted_by = ["modified", "id"]\n'
            f'\n[entities.{entity}.get]\npath = "{entity}/{{number}}"\nrecord = "{self._record()}"\n'
        )
        if world.lines_apart and FORMS[entity].lines:
            text += f'\n[entities.{entity}.detail]\npath = "{entity}/{{id}}"\nrecord = "{self._record()}"\n'
        return text + self._writes(entity)

    def _writes(self, entity: str) -> str:
        world = self.world
        idempotency = "key" if world.keys else "number"
        key = 'headers = { Idempotency-Key = "{key}" }\n' if world.keys else ""
        number = f'number = "{self._record(self._name(OWN[1]))}"\n' if world.keys else ""
        guard = 'headers = { If-Match = "\\"{version}\\"" }\n' if world.versions else ""
        then = 'then = ["submit", "approve"]\n'
        text = ""
        if FORMS[entity].always:
            text += (
                f'\n[entities.{entity}.create]\npath = "{entity}"\nidempotency = "{idempotency}"\n{key}{number}{then}'
                'body = "{document}"\n'
                f'\n[entities.{entity}.update]\npath = "{entity}/{{id}}"\n{guard}body = "{{changes}}"\n'
            )
        done = {"submit": ["pending", "approved", "closed"], "approve": ["approved", "closed"], "cancel": ["cancelled"]}
        for action, statuses in done.items():
            text += (
                f'\n[entities.{entity}.actions.{action}]\npath = "{entity}/{{id}}/{action}"\n'
                f"done = {json.dumps(statuses)}\n"
            )
        return text

    def _stock(self) -> str:
        names = {name: _LABELS[name] if self.world.names == "chinese" else self._styled(name) for name in _LABELS}
        fields = ", ".join(f"{name} = {_quoted(path)}" for name, path in names.items())
        return (
            '\n[entities.stock]\nrequest = { path = "stock", query = { skus = "{skus|join:,}" } }\n'
            f'records = "{self._record()}"\nfields = {{ {fields} }}\n'
        )

    def _path(self, one: Field) -> str:
        if one.name == "customer_code" and self.world.nested and self.world.names != "chinese":
            return "customer.code"
        return self._name(one)

    def _name(self, one: Field) -> str:
        return named(self.world.names, one)

    def _styled(self, name: str) -> str:
        return name if self.world.names == "snake" else named("camel", Field(name, name))

    def _records(self) -> str:
        around = {"plain": "items", "coded": "data.list", "wrapped": "result.rows", "bare": "."}
        return around[self.world.envelope]

    def _record(self, inner: str = "") -> str:
        around = {"plain": "", "coded": "data", "wrapped": "result", "bare": ""}[self.world.envelope]
        return ".".join(part for part in (around, inner) if part) or "."

    def _inside(self, name: str) -> str:
        return self._record(name)


_CODED: Mapping[int, str] = {
    40101: "session_lost",
    40100: "login_refused",
    40401: "not_found",
    40901: "duplicate",
    40902: "conflict",
    41201: "conflict",
    42801: "conflict",
    42301: "busy",
    42901: "busy",
    40301: "not_permitted",
    40001: "config",
    500: "fault",
}
_SECRETS = ("username", "password", "client_id", "client_secret", "token", "api_key", "app_key", "app_secret")
_LABELS = {"sku": "商品编码", "warehouse": "仓库", "on_hand": "库存", "available": "可用"}


def _signs(auth: Auth, name: str) -> bool:
    return auth == "hmac" and name == "app_secret"


def _attribute(name: str) -> str:
    known = {"customer_code": "customer", "disabled": "active", **_SAME}
    return known.get(name, name)


def _rule(test: str, means: str) -> str:
    return f'[[errors]]\n{test}\nmeans = "{means}"\n\n'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
