"""What one module tells is what the other one understands, and nothing is told that nobody hears."""

from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest

from ijaa.events import ports as heard_by_events
from ijaa.events import public as events
from ijaa.shared.messages import Message
from ijaa.users import ports as heard_by_users
from ijaa.users import public as users

HEARD = {
    one.TYPE: one
    for ports in (heard_by_events, heard_by_users)
    for one in vars(ports).values()
    if isinstance(one, type) and issubclass(one, Message) and one is not Message
}
PUBLISHED: list[type[Message]] = [*users.PUBLISHED, *events.PUBLISHED]


def _example(kind: Any, given: Any) -> Any:
    if get_args(kind) and isinstance(get_args(kind)[0], str):  # a Literal
        return given
    return {str: "x", int: 7, bool: True, datetime: datetime(2026, 1, 1, tzinfo=UTC), list[str]: ["x"]}.get(kind)


@pytest.mark.parametrize("told", PUBLISHED, ids=lambda one: one.TYPE)
def test_the_receiver_reads_what_the_sender_writes(told: type[Message]) -> None:
    # mutants: rename a field on one side; widen a closed list on the sender's side alone
    heard = HEARD[told.TYPE]
    fields = {field.name: field.type for field in msgspec.structs.fields(told)}
    choices = {name: get_args(kind) for name, kind in fields.items() if get_args(kind) and kind is not list[str]}
    for position in range(max([len(given) for given in choices.values()], default=1)):
        given = {
            name: _example(kind, choices[name][position % len(choices[name])] if name in choices else None)
            for name, kind in fields.items()
        }
        message = told(**given)
        read = msgspec.json.decode(msgspec.json.encode(message), type=heard, strict=True)
        for name in heard.__struct_fields__:
            assert getattr(read, name) == getattr(message, name)


def test_nothing_is_told_that_nobody_hears_and_nothing_awaited_that_nobody_tells() -> None:
    assert {one.TYPE for one in PUBLISHED} == set(HEARD)
