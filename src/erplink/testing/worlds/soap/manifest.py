"""The manifest with which a client reads and writes a SOAP world: what a house does, in the notation of manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import frozen

from erplink.testing.worlds.shop.catalogue import FORMS, OWN, Field
from erplink.testing.worlds.shop.statuses import APPROVED, CODES, DONE, DRAFT, PENDING, VOID
from erplink.testing.worlds.soap.contract import REQUEST
from erplink.testing.worlds.soap.names import SINGLES, pascal, plural
from erplink.testing.worlds.soap.settings import Auth, SoapWorld

_AUTH: Mapping[Auth, str] = {
    "none": 'kind = "none"',
    "basic": 'kind = "basic"\nusername = "{username}"\npassword = "{secret.password}"',
    "text": 'kind = "wsse"\nusername = "{username}"\npassword = "{secret.password}"',
    "digest": 'kind = "wsse"\nusername = "{username}"\npassword = "{secret.password}"\ndigest = true',
    "cookie": (
        'kind = "login"\n'
        'request = { operation = "Login", body = { Username = "{username}", Password = "{secret.password}" } }\n'
        "cookies = true"
    ),
}
_TIMES = {"offset": "iso", "utc": "utc", "local": "%Y-%m-%dT%H:%M:%S"}
_STATUSES = {DRAFT: "draft", PENDING: "pending", APPROVED: "approved", DONE: "closed", VOID: "cancelled"}
_ATTRIBUTES: Mapping[str, str] = {
    "customer_code": "customer",
    "remark": "note",
    "mobile": "phone",
    "order_no": "order",
    "order_line_id": "order_line",
    "disabled": "active",
    "line_no": "line",
    "quantity": "qty",
    "is_gift": "free",
    "is_service": "kind",
}
_CUSTOM = {"tier": "text", "points": "number"}
_LEFT_OUT = {"version", "updated_at", "total_amount", "created_at", "remark", *_CUSTOM}
_MEANINGS: Mapping[str, str] = {
    "SESSION": "session_lost",
    "LOGIN": "login_refused",
    "NOT_FOUND": "not_found",
    "DUPLICATE": "duplicate",
    "KEY_REUSED": "conflict",
    "STALE": "conflict",
    "LOCKED": "busy",
    "BUSY": "busy",
    "FORBIDDEN": "not_permitted",
    "INVALID": "config",
    "EXCEPTION": "fault",
}
_DONE = {"submit": ["pending", "approved", "closed"], "approve": ["approved", "closed"], "cancel": ["cancelled"]}
_XML = frozenset({"id", "version", "line_no"})


def manifest_of(world: SoapWorld, *, page: int = 50) -> str:
    """The text of a manifest; ``base`` is a variable of it, the password its secret."""
    return _Scribe(world, page).text()


@frozen
class _Scribe:
    world: SoapWorld
    page: int

    def text(self) -> str:
        world = self.world
        head = (
            f'erplink = 1\nkind = "soap"\nname = "shop-{world.name}"\nzone = {_quoted(world.shop.zone)}\n'
            f'times = {_quoted(_TIMES[world.times])}\nsecrets = ["password"]\n\n'
            f'[vars]\nbase = "http://127.0.0.1:8000/soap/shop"\nusername = {_quoted(world.credentials.username)}\n'
        )
        inner = 'inner = "*"\n' if world.strings else ""
        server = f'[server]\nurl = "{{base}}"\nwsdl = "{{base}}?wsdl"\n{inner}'
        parts = [head, server, f"[auth]\n{_AUTH[world.auth]}\n", self._errors()]
        return "\n".join([*parts, *(self._entity(entity) for entity in FORMS), self._stock()])

    def _errors(self) -> str:
        code = "Fault.detail.code" if self.world.map_details else "Fault.detail.Code"
        rules = [_rule(f'path = "{code}", is = "{name}"', means) for name, means in _MEANINGS.items()]
        if self.world.strings:
            told = [_rule(f'path = "Result.Code", is = "{name}"', means) for name, means in _MEANINGS.items()]
            more = 'message = "Result.Message"\ncode = "Result.Code"\n'
            rules += [*(rule + more for rule in told), _rule('path = "Result.Code", not = ["0"]', "refused") + more]
        return "\n".join(rules)

    def _entity(self, entity: str) -> str:
        form = FORMS[entity]
        mapped = [one for one in (*OWN[:2], *form.head) if self._is_mapped(entity, one)]
        fields = [self._field(entity, one) for one in mapped]
        fields.append(f"fields.modified = {_quoted(pascal('updated_at'))}")
        custom = [
            f'custom.{one.name} = {{ path = "{pascal(one.name)}", type = "{_CUSTOM[one.name]}", '
            "optional = true, write = true }"
            for one in form.head
            if one.name in _CUSTOM
        ]
        lines = self._lines(entity) if form.lines else ""
        return "\n".join([f"[entities.{entity}]", *fields, *custom]) + f"\n{lines}\n{self._requests(entity)}"

    def _is_mapped(self, entity: str, one: Field) -> bool:
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
        said += self._more(one)
        return f"fields.{_ATTRIBUTES.get(one.name, one.name)} = {{ {', '.join(said)} }}"

    def _more(self, one: Field) -> list[str]:
        optional = ["optional = true"] if one.kind in {"text", "time"} and one.name != "number" else []
        written = [f"write = {_quoted(pascal(one.name))}"] if one.given and one.name != "line_no" else []
        return optional + written

    def _lines(self, entity: str) -> str:
        fields = []
        for one in FORMS[entity].lines:
            attribute = _ATTRIBUTES.get(one.name, one.name)
            if entity != "orders" and attribute in {"unit_price", "id"}:
                continue
            said = [f"path = {_quoted(self._path(one))}"]
            if attribute == "kind":
                said.append('map = { true = "service", false = "goods" }')
            fields.append(f"lines.fields.{attribute} = {{ {', '.join([*said, *self._more(one)])} }}")
        return "\n".join([f'lines.path = "Lines.{self._item("Line")}"', *fields]) + "\n"

    def _requests(self, entity: str) -> str:
        single, many = SINGLES[entity], plural(entity)
        window = 'UpdatedFrom = "{since}", UpdatedTo = "{until}", '
        places = 'After = "{cursor}", PageSize = "{size}"'
        records, following = self._inside(f"{many}.{self._item(single)}"), self._inside("Next")
        listed = self._body(f'SortBy = "Id", {places}')
        changed = self._body(f'{window}SortBy = "UpdatedAt,Id", {places}')
        text = (
            f'\n[entities.{entity}.list]\noperation = "Query{many}"\n{listed}'
            f'records = "{records}"\nsorted_by = ["id"]\n'
            f'paging = {{ kind = "cursor", next = "{following}", size = {self.page} }}\n'
            f"\n[entities.{entity}.changes]\n{changed}"
            'sorted_by = ["modified", "id"]\n'
            f'\n[entities.{entity}.get]\noperation = "Get{single}"\nbody = {{ Number = "{{number}}" }}\n'
            f'record = "{self._one(single)}"\n'
        )
        return text + self._writes(entity)

    def _writes(self, entity: str) -> str:
        single, text = SINGLES[entity], ""
        if FORMS[entity].always and not (self.world.style == "rpc" and FORMS[entity].lines):
            made = self._body(f'RequestId = "{{key|url}}", {single} = "{{document}}"')
            text += (
                f'\n[entities.{entity}.create]\noperation = "Create{single}"\nidempotency = "key"\n'
                f'number = "{self._one(single)}.Number"\nthen = ["submit", "approve"]\n{made}'
            )
        if FORMS[entity].always:
            changed = self._body('Number = "{number}", Changes = "{changes}"')
            text += f'\n[entities.{entity}.update]\noperation = "Update{single}"\n{changed}'
        for action, statuses in _DONE.items():
            text += (
                f'\n[entities.{entity}.actions.{action}]\noperation = "{pascal(action)}{single}"\n'
                f'body = {{ Number = "{{number}}" }}\ndone = {json.dumps(statuses)}\n'
            )
        return text

    def _stock(self) -> str:
        skus = 'Skus = { item = "{skus}" }' if self.world.style == "rpc" else 'Skus = { Sku = "{skus}" }'
        fields = ", ".join(f'{name} = "{pascal(name)}"' for name in ("sku", "warehouse", "on_hand", "available"))
        body, levels = self._body(skus).strip(), self._inside("Levels." + self._item("Level"))
        return (
            f'\n[entities.stock]\nrequest = {{ operation = "QueryStock", {body} }}\n'
            f'records = "{levels}"\nfields = {{ {fields} }}\n'
        )

    def _body(self, arguments: str) -> str:
        whole = f"{{ {REQUEST} = {{ {arguments} }} }}" if self.world.style == "rpc" else f"{{ {arguments} }}"
        return f"body = {whole}\n"

    def _path(self, one: Field) -> str:
        return f"@{pascal(one.name)}" if self.world.attributes and one.name in _XML else pascal(one.name)

    def _item(self, name: str) -> str:
        return "item" if self.world.style == "rpc" and not self.world.strings else name

    def _inside(self, path: str) -> str:
        around = "Result." if self.world.strings else "return." if self.world.style == "rpc" else ""
        return around + path

    def _one(self, single: str) -> str:
        if self.world.style == "rpc" and not self.world.strings:
            return "return"
        return self._inside(single)


def _rule(condition: str, means: str) -> str:
    return f'[[errors]]\nwhen = {{ {condition} }}\nmeans = "{means}"\n'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
