"""The operations of the service: what each is called, what it takes and what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from erplink.testing.worlds.shop.catalogue import FORMS
from erplink.testing.worlds.shop.statuses import MOVES
from erplink.testing.worlds.soap.names import SINGLES, pascal, plural
from erplink.testing.worlds.web.faults import Family

FAMILIES: Mapping[str, Family] = {
    "login": "logins",
    "list": "lists",
    "get": "reads",
    "stock": "reads",
    "logout": "writes",
    "create": "writes",
    "update": "writes",
    "delete": "writes",
    "act": "writes",
}
"""What each operation does to the books, and of which family it is."""


@frozen
class Argument:
    """One argument: its name, and its type, of XML Schema (``xsd:…``) or of the shop."""

    name: str
    type: str = "xsd:string"


@frozen
class Operation:
    """One operation. ``gives`` are the elements of its answer; ``result`` the type of all of it.

    Every argument of a call by rpc has to be there, so those of ``optional`` operations are in one struct, ``Request``.
    """

    name: str
    does: str
    entity: str = ""
    action: str = ""
    takes: tuple[Argument, ...] = ()
    gives: tuple[Argument, ...] = ()
    result: str = ""

    @property
    def optional(self) -> bool:
        """Whether some of its arguments may be left out."""
        return self.does in {"list", "create", "update", "stock"}


REQUEST = "Request"
"""The struct of the arguments of an optional operation."""
_NUMBER = Argument("Number")
_QUERY = (
    Argument("UpdatedFrom", "xsd:dateTime"),
    Argument("UpdatedTo", "xsd:dateTime"),
    Argument("IdAbove", "xsd:long"),
    _NUMBER,
    Argument("SortBy"),
    Argument("Page", "xsd:int"),
    Argument("PageSize", "xsd:int"),
    Argument("After"),
)
PAGE = (Argument("Total", "xsd:int"), Argument("HasMore", "xsd:boolean"), Argument("Next"))
"""What a page says beside its records."""


def _of_entity(entity: str) -> Iterator[Operation]:
    single, many = SINGLES[entity], plural(entity)
    record = Argument(single, f"tns:{single}")
    one = (record,)
    page = (*PAGE, Argument(many, f"tns:ArrayOf{single}"))
    yield Operation(f"Query{many}", "list", entity, "", _QUERY, page, f"tns:{single}Page")
    yield Operation(f"Get{single}", "get", entity, "", (_NUMBER,), one, record.type)
    yield Operation(f"Create{single}", "create", entity, "", (Argument("RequestId"), record), one, record.type)
    changes = (_NUMBER, Argument("Version", "xsd:long"), Argument("Changes", record.type))
    yield Operation(f"Update{single}", "update", entity, "", changes, one, record.type)
    deleted = (Argument("Deleted", "xsd:boolean"),)
    yield Operation(f"Delete{single}", "delete", entity, "", (_NUMBER,), deleted, "xsd:boolean")
    for action in MOVES:
        yield Operation(f"{pascal(action)}{single}", "act", entity, action, (_NUMBER,), one, record.type)


_OTHERS = (
    Operation(
        "QueryStock",
        "stock",
        takes=(Argument("Skus", "tns:ArrayOfSku"), Argument("Warehouse")),
        gives=(Argument("Levels", "tns:ArrayOfLevel"),),
        result="tns:StockPage",
    ),
    Operation(
        "Login",
        "login",
        takes=(Argument("Username"), Argument("Password")),
        gives=(Argument("SessionId"),),
        result="xsd:string",
    ),
    Operation("Logout", "logout", gives=(Argument("Closed", "xsd:boolean"),), result="xsd:boolean"),
)
OPERATIONS: Mapping[str, Operation] = {
    one.name: one for one in (*(one for entity in FORMS for one in _of_entity(entity)), *_OTHERS)
}
"""Every operation by its name."""
