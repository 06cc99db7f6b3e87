"""Buttons pressed for many documents at once: Submit, Audit, … and the named ones of ExcuteOperation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from erplink.erp.kingdee.actions import Action, State, actions_of, state_keys, state_of
from erplink.erp.kingdee.desk import Desk
from erplink.erp.kingdee.operations.batch import PER_CALL, id_key, ids_of, number_key
from erplink.erp.kingdee.operations.replies import heard
from erplink.erp.kingdee.operations.values import Done
from erplink.erp.kingdee.query import quoted
from erplink.erp.kingdee.verdict import EACH
from erplink.errors import ConfigInvalid, RetryError, Unsupported
from erplink.wire.call import Call
from erplink.wire.retry import Effort


async def press(desk: Desk, form: str, name: str, numbers: Sequence[str], confirm: Sequence[str]) -> tuple[Done, ...]:
    """Press one of our buttons for each document; pressed already is done."""
    actions = actions_of(form)
    action = actions.get(name)
    if action is None:
        raise Unsupported(f"there is no action {name!r}", where=form, next_step=f"use one of {', '.join(actions)}")
    known: Action = action

    async def reached(some: Sequence[str]) -> set[str]:
        states = await states_of(desk, form, some)
        return {number for number in some if known.reached(states.get(number))}

    def call(some: Sequence[str]) -> Call:
        return _call(desk, form, known.operation, known.op_number, _data(some, confirm))

    return await _sliced(desk, numbers, call, reached)


async def operate(
    desk: Desk, form: str, op_number: str, numbers: Sequence[str], lines: Mapping[str, Sequence[str]]
) -> tuple[Done, ...]:
    """Press a named button of the form for each document, or for lines of it.

    Where it is known when it counts as pressed, that is looked up before it is pressed again; else it is pressed once,
    and an unknown outcome is raised.
    """
    if lines:
        return await _once(desk, form, op_number, numbers, await _of_lines(desk, form, lines))
    for name, action in actions_of(form).items():
        if action.op_number.lower() == op_number.lower():
            return await press(desk, form, name, numbers, ())
    return await _once(desk, form, op_number, numbers, _data(numbers, ()))


async def states_of(desk: Desk, form: str, numbers: Sequence[str]) -> Mapping[str, State]:
    """Where documents stand, by number; those that are not there are left out."""
    key, number = id_key(form), number_key(form)
    keys = state_keys(key, form)
    named = ",".join(quoted(one) for one in numbers)
    rows = await desk.every_row(form, (number, *keys), f"{number} in ({named})", by=key)
    return {str(row[0]): state_of(dict(zip(keys, row[1:], strict=True))) for row in rows}


async def _sliced(
    desk: Desk,
    numbers: Sequence[str],
    call: Callable[[Sequence[str]], Call],
    reached: Callable[[Sequence[str]], Awaitable[set[str]]],
) -> tuple[Done, ...]:
    _check(numbers)
    found: dict[str, Done] = {}
    for start in range(0, len(numbers), PER_CALL):
        found |= {one.number: one for one in await _each(desk, numbers[start : start + PER_CALL], call, reached)}
    return tuple(found[number] for number in numbers)


async def _each(
    desk: Desk,
    numbers: Sequence[str],
    call: Callable[[Sequence[str]], Call],
    reached: Callable[[Sequence[str]], Awaitable[set[str]]],
) -> list[Done]:
    settled: list[Done] = []
    left, effort = list(numbers), Effort(desk.io.now())
    while left:
        try:
            result = await desk.result(call(left))
        except RetryError as error:
            if error.sent == "no":
                raise
            await desk.wire.pause(call(left), error, effort)
            done = await reached(left)
            settled += [Done(one, "done") for one in left if one in done]
            left, effort = [one for one in left if one not in done], effort.another()
            continue
        reply = heard(result, left)
        refused = [one for one in left if one not in reply.done]
        done = {*reply.done, *(await reached(refused) if refused else ())}
        settled += [
            Done(one, "done") if one in done else Done(one, "refused", reply.about(place)[0])
            for place, one in enumerate(left)
        ]
        left = []
    return settled


async def _once(
    desk: Desk, form: str, op_number: str, numbers: Sequence[str], data: Mapping[str, Any]
) -> tuple[Done, ...]:
    _check(numbers)
    call = evolve(desk.call("ExcuteOperation", data, form=form, op_number=op_number), operation=f"{EACH}{op_number}")
    reply = heard(await desk.once(call), numbers)
    return tuple(
        Done(one, "done") if one in reply.done else Done(one, "refused", reply.about(place)[0])
        for place, one in enumerate(numbers)
    )


async def _of_lines(desk: Desk, form: str, lines: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    ids = await ids_of(desk, form, [*lines])
    missing = [number for number in lines if number not in ids]
    if missing:
        raise ConfigInvalid(f"there is no {missing[0]!r}", where=form, next_step="check the numbers")
    entries = [{"Id": ids[number], "EntryIds": ",".join(some)} for number, some in lines.items()]
    return {"PkEntryIds": entries, "NetworkCtrl": "", "InterationFlags": ""}


def _data(numbers: Sequence[str], confirm: Sequence[str]) -> Mapping[str, Any]:
    return {
        "CreateOrgId": 0,
        "Numbers": [*numbers],
        "Ids": "",
        "InterationFlags": ";".join(confirm),
        "NetworkCtrl": "",
    }


def _call(desk: Desk, form: str, operation: str, op_number: str, data: Mapping[str, Any]) -> Call:
    return evolve(desk.call(operation, data, form=form, op_number=op_number), operation=f"{EACH}{operation}")


def _check(numbers: Sequence[str]) -> None:
    if len({*numbers}) != len(numbers) or not all(numbers):
        raise ConfigInvalid("a number is empty or named twice", next_step="name each document once")
