"""The buttons of a form: what pressing one sends, and when it counts as pressed already."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen


@frozen
class State:
    """Where a document stands: id, FDocumentStatus, and whether it is 作废 cancelled, 关闭 closed, 禁用 forbidden."""

    id: int
    status: str
    cancelled: bool = False
    closed: bool = False
    forbidden: bool = False


@frozen
class Action:
    """A button: the operation, its opNumber if it is a named one, and when it counts as pressed."""

    operation: str
    reached: Callable[[State | None], bool]
    op_number: str = ""


def _is(*statuses: str) -> Callable[[State | None], bool]:
    return lambda state: state is not None and state.status in statuses


_EDITED = _is("Z", "A", "D")
_COMMON: Mapping[str, Action] = {
    "submit": Action("Submit", _is("B", "C")),
    "audit": Action("Audit", _is("C")),
    "unaudit": Action("UnAudit", _EDITED),
    "revoke": Action("CancelAssign", _EDITED),
    "delete": Action("Delete", lambda state: state is None),
}


def _named(op_number: str, reached: Callable[[State], bool]) -> Action:
    return Action("ExcuteOperation", lambda state: state is not None and reached(state), op_number)


_CANCEL = {"cancel": _named("Cancel", lambda state: state.cancelled)}
_BILL: Mapping[str, Action] = {**_COMMON, **_CANCEL}
_MASTER: Mapping[str, Action] = {
    **_COMMON,
    "forbid": _named("Forbid", lambda state: state.forbidden),
    "enable": _named("Enable", lambda state: not state.forbidden),
}
_OWN: Mapping[str, Mapping[str, Action]] = {
    "SAL_SaleOrder": {
        "close": _named("YLBillClose", lambda state: state.closed),
        "unclose": _named("YLUnBillClose", lambda state: not state.closed),
    },
    "SAL_OUTSTOCK": {"uncancel": _named("UnCancel", lambda state: not state.cancelled)},
}
"""What single forms have beyond the others, as the API pages name it. A sales order has no 反作废."""


def actions_of(form: str) -> Mapping[str, Action]:
    """The buttons of a form, by our name.

    >>> sorted(set(actions_of("SAL_SaleOrder")) - set(actions_of("AR_RECEIVEBILL")))
    ['close', 'unclose']
    """
    if form.startswith("BD_"):
        return _MASTER
    return {**_BILL, **_OWN.get(form, {})}


def state_keys(key: str, form: str) -> tuple[str, ...]:
    """What is asked to know where a document of a form stands; ``key`` is its id's."""
    if form.startswith("BD_"):
        return key, "FDocumentStatus", "FForbidStatus"
    closing = ("FCloseStatus",) if form == "SAL_SaleOrder" else ()
    return key, "FDocumentStatus", "FCancelStatus", *closing


def state_of(cells: Mapping[str, object]) -> State:
    """The state in the cells of ``state_keys``, by key; the id is the first of them."""
    found, status, *_ = cells.values()
    flags = {name: str(cells.get(key) or "").strip() == "B" for name, key in _FLAGS.items()}
    return State(int(str(found)), str(status), **flags)


_FLAGS: Mapping[str, str] = {"cancelled": "FCancelStatus", "closed": "FCloseStatus", "forbidden": "FForbidStatus"}
