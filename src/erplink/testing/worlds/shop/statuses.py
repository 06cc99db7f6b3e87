"""How a document of the shop moves through its statuses, and what each is called."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

DRAFT, PENDING, APPROVED, DONE, VOID = "草稿", "待审核", "已审核", "已完成", "已作废"
CODES: Mapping[str, int] = {DRAFT: 0, PENDING: 1, APPROVED: 2, DONE: 3, VOID: 9}
EDITABLE = frozenset({DRAFT, PENDING})


@frozen
class Move:
    """A button: ``label`` on it, the statuses in which it may be pressed, and the one it leads to."""

    label: str
    allowed: frozenset[str]
    target: str


MOVES: Mapping[str, Move] = {
    "submit": Move("提交", frozenset({DRAFT}), PENDING),
    "reject": Move("驳回", frozenset({PENDING}), DRAFT),
    "approve": Move("审核", frozenset({PENDING}), APPROVED),
    "complete": Move("完成", frozenset({APPROVED}), DONE),
    "cancel": Move("作废", frozenset({DRAFT, PENDING, APPROVED}), VOID),
}
