"""Whoever is suspended keeps his place in the waitlist, and gets no seat (behaviours: waitlist)."""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from ijaa.events.ports import StandingChanged
from ijaa.shared.http.modules import Module
from ijaa.shared.messages import Done, Envelope
from tests.integration.events.conftest import AnEvent, Api


async def stand(module: Module, username: str, standing: str, number: int) -> None:
    """Let the users module tell where a member stands."""
    message = StandingChanged(username=username, standing=standing)  # type: ignore[arg-type]
    told = Envelope(
        id=uuid4(), source="/users", type=message.TYPE, subject=username, time=datetime.now(UTC), sequence=number,
        data=msgspec.Raw(msgspec.json.encode(message)),
    )  # fmt: skip
    assert await module.inbox.receive([told]) == [Done()]


async def places(api: Api, event: int, *names: str) -> list[tuple[str, int | None]]:
    """Return status and place of each."""
    found = [await api.get(name, f"/events/{event}/rsvp") for name in names]
    return [(one["status"], one["position"]) for one in found]


async def test_a_seat_passes_over_the_suspended_who_keep_their_place(
    module: Module, api: Api, an_event: AnEvent
) -> None:
    # mutants: seat somebody who may not come; take his place away; leave the seats empty that wait for his return
    event = (await an_event(capacity=1))["id"]
    for name in ("asha", "ben", "chen"):
        await api.rsvp(name, event)
    await stand(module, "ben", "suspended", 1)
    await api.leave("asha", event)
    assert await places(api, event, "ben", "chen") == [("WAITLISTED", 1), ("GOING", None)]
    await api.leave("chen", event)
    assert await places(api, event, "ben") == [("WAITLISTED", 1)]
    await stand(module, "ben", "active", 2)
    assert await places(api, event, "ben") == [("GOING", None)]


async def test_a_newcomer_does_not_wait_behind_the_suspended(module: Module, api: Api, an_event: AnEvent) -> None:
    # mutant: a seat that nobody can take and everybody waits for
    event = (await an_event(capacity=1))["id"]
    for name in ("asha", "ben"):
        await api.rsvp(name, event)
    await stand(module, "ben", "suspended", 1)
    await api.leave("asha", event)
    assert (await api.rsvp("dina", event))["status"] == "GOING"
