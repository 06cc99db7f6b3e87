"""Where documents lie in a 苍穹: an entity's form, and the operation APIs (操作API) an administrator made for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from attrs import evolve, frozen

from erplink.errors import ConfigInvalid
from erplink.model.documents import Entity

_PATH = re.compile(r"[A-Za-z0-9_]+(?:/[A-Za-z0-9_]+){1,2}")
_CODE = re.compile(r"[A-Za-z0-9_]+(?:/[A-Za-z0-9_]+)*")
_WHERE = "Cosmic settings"


@frozen
class Form:
    """A form: ``path`` is app and form, with the ISV before them where it is an ISV's: ``kdtest/sm/kdtest_salorder``.

    ``query``, ``save``, ``submit`` and ``audit`` are the codes of its APIs (API 编码), the last step of their address.
    Its query API takes ``number`` (a list of numbers), ``since`` and ``until`` (the last change, wall time) and ``org``
    among its parameters; empty ones are not sent. ``numbers``: whether submit and audit take a list of numbers or one.

    Every code and parameter is what somebody named it in the API's own page: the defaults are those of the standard
    APIs as far as they are known, and yours may differ.

    Raises:
        ConfigInvalid: a path or code that would lead elsewhere.

    >>> Form("sm/sm_salorder").url("query")
    'kapi/v2/sm/sm_salorder/query'
    """

    path: str
    query: str = "query"
    save: str = "save"
    submit: str = "submit"
    audit: str = "audit"
    number: str = "billno"
    since: str = ""
    until: str = ""
    org: str = ""
    numbers: Literal["list", "one"] = "list"

    def __attrs_post_init__(self) -> None:
        if _PATH.fullmatch(self.path) is None:
            step = "write it like sm/sm_salorder, or kdtest/sm/kdtest_salorder for a form of an ISV"
            raise ConfigInvalid(f"{self.path!r} is no form", where=_WHERE, next_step=step)
        for code in (self.query, self.save, self.submit, self.audit):
            if _CODE.fullmatch(code) is None:
                step = "write the API's code, the last step of its address"
                raise ConfigInvalid(f"{code!r} is no code of an API", where=_WHERE, next_step=step)

    def url(self, code: str) -> str:
        """The address of one of its APIs, below the server's."""
        return f"kapi/v2/{self.path}/{code}"


FORMS: Mapping[Entity, Form] = {
    "orders": Form("sm/sm_salorder", since="start_modifytime", until="end_modifytime", org="org_number"),
    "shipments": Form("im/im_saloutbill", since="start_modifytime", until="end_modifytime", org="org_number"),
    "customers": Form("basedata/bd_customer", query="batchQuery", number="number"),
    "products": Form("basedata/bd_material", query="batchQuery", number="number"),
}
"""The standard forms of 供应链 and 基础资料, from the vendor's lists of APIs.

The parameters of the query for orders are documented. Those of shipments are taken to be the same; the query APIs of
customers and products are known by name, and no parameter for the time of the last change is known of them.
"""


_LIKE_SHIPMENTS: frozenset[Entity] = frozenset({"returns"})
"""What no form is known of: it is read where settings name one, whose API has the parameters of shipments."""


def formed(entity: Entity, given: str | Form) -> Form:
    """A form as settings name it. Raises ``ConfigInvalid`` for an entity that has none."""
    usual = FORMS["shipments"] if entity in _LIKE_SHIPMENTS else FORMS.get(entity)
    if usual is None:
        step = f"use one of {', '.join((*FORMS, *_LIKE_SHIPMENTS))}, or raw.call for anything else"
        raise ConfigInvalid(f"forms names {entity!r}", where=_WHERE, next_step=step)
    return evolve(usual, path=given) if isinstance(given, str) else given
