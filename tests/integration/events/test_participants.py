"""Who comes, with names from the other module, and how many statements all of it costs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ijaa.shared.database import Database
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, codes
from tests.integration.users.conftest import counted


@pytest.fixture
async def event(api: Api, an_event: AnEvent) -> int:
    """Make an event with every kind of answer."""
    event: int = (await an_event(capacity=2, max_guests=1))["id"]
    await api.rsvp("asha", event, message="vegetarian")
    await api.rsvp("ben", event, "MAYBE")
    await api.rsvp("chen", event, "NOT_GOING")
    await api.rsvp("dina", event)
    await api.rsvp("emre", event, guests=1)
    return event


async def test_members_see_who_comes_and_organisers_everything(api: Api, event: int) -> None:
    # mutant: show messages, or refusals, to everybody
    seen = await api.get("gus", f"/events/{event}/participants", include_total=True)
    assert seen["items"][0] == {"username": "asha", "name": "Asha", "photo": None, "status": "GOING", "guests": 0}
    assert [(one["username"], one["status"]) for one in seen["items"]] == [
        ("asha", "GOING"), ("ben", "MAYBE"), ("dina", "GOING"),
    ]  # fmt: skip
    assert seen["total"] == 3
    everything = await api.get("olu", f"/events/{event}/participants", include_total=True)
    assert everything["total"] == 5
    assert everything["items"][0] == {
        "username": "asha", "name": "Asha", "photo": None, "status": "GOING", "guests": 0, "message": "vegetarian",
        "position": None, "asked_again_at": None, "checked_in_at": None,
    }  # fmt: skip
    assert everything["items"][4]["position"] == 1


async def test_a_status_narrows_but_never_widens(api: Api, event: int) -> None:
    # mutant: trust the filter instead of the viewer
    async def names(who: str, status: str) -> list[str]:
        page = await api.get(who, f"/events/{event}/participants", status=status)
        return [one["username"] for one in page["items"]]

    assert await names("gus", "GOING") == ["asha", "dina"]
    assert await names("gus", "NOT_GOING") == await names("gus", "WAITLISTED") == []
    assert await names("olu", "WAITLISTED") == ["emre"]
    answer = await api("gus", "GET", f"/events/{event}/participants", params={"status": "LATE"})
    assert codes(answer) == (422, "invalid")


async def test_pages_of_participants_are_complete(api: Api, event: int) -> None:
    names: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("olu", f"/events/{event}/participants", limit=2, **cursor)
        names += [one["username"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert names == ["asha", "ben", "chen", "dina", "emre"]
    answer = await api("olu", "GET", f"/events/{event}/participants", params={**cursor, "status": "GOING"})
    assert codes(answer) == (400, "malformed")


async def test_without_the_other_module_names_are_missing_and_nothing_else(
    api: Api, event: int, directory: FakeUserDirectory
) -> None:
    # mutant: let Unavailable through
    directory.down = True
    page = await api.get("gus", f"/events/{event}/participants", include_total=True)
    assert page["items"][0] == {
        "username": "asha", "name": None, "photo": None, "degraded": True, "status": "GOING", "guests": 0,
    }  # fmt: skip
    assert len(page["items"]) == page["total"] == 3
    assert (await api.rsvp("gus", event))["status"] == "WAITLISTED"


async def test_rows_of_blocked_members_are_left_out_and_the_count_stays(
    api: Api, event: int, directory: FakeUserDirectory
) -> None:
    # mutants: a nameless row; a total that tells who is missing; a page that is short of those left out
    directory.block("gus", "asha")
    directory.block("ben", "gus")

    async def pages(who: str, **params: Any) -> tuple[list[list[str]], int]:
        names: list[list[str]] = []
        while True:
            page = await api.get(who, f"/events/{event}/participants", include_total=True, limit=1, **params)
            names.append([one["username"] for one in page["items"]])
            if page["next_cursor"] is None:
                return names, page["total"]
            params["cursor"] = page["next_cursor"]

    assert await pages("gus") == ([["dina"]], 3)
    assert await pages("asha") == ([["asha"], ["ben"], ["dina"]], 3)


async def test_a_block_keeps_no_organiser_from_knowing_who_comes(
    api: Api, event: int, directory: FakeUserDirectory
) -> None:
    # mutants: leave rows or names out for the organiser; show him as an organiser to whom he blocked
    directory.block("asha", "olu")
    everything = await api.get("olu", f"/events/{event}/participants", include_total=True)
    assert (len(everything["items"]), everything["total"]) == (5, 5)
    assert everything["items"][0]["name"] == "Asha"
    assert (await api("olu", "POST", f"/events/{event}/participants/asha/approve")).json()["code"] == "not-pending"
    seen = await api.get("asha", f"/events/{event}")
    assert seen["organizer"] == {"username": "olu", "name": None, "photo": None}
    assert (await api.get("ben", f"/events/{event}"))["organizer"]["name"] == "Olu"


def _requests(api: Api, event: int) -> dict[str, tuple[Callable[[], Awaitable[Any]], int, int]]:
    """Return each request with the statements and the batches of names it may cost."""
    return {
        "list, public": (lambda: api.get(None, "/events"), 1, 1),
        "list, member": (lambda: api.get("gus", "/events", q="reunion", upcoming=True), 1, 1),
        "list, total": (lambda: api.get("gus", "/events", include_total=True), 2, 1),
        "list, relevance": (lambda: api.get("gus", "/events", q="reunion", sort="relevance"), 2, 1),
        "list, literal": (lambda: api.get("gus", "/events", q="eunion"), 2, 1),
        "list, nothing": (lambda: api.get("gus", "/events", q="nothing"), 5, 0),
        "trending": (lambda: api.get("gus", "/events/trending"), 1, 0),
        "similar": (lambda: api.get("gus", f"/events/{event}/similar"), 2, 0),
        "recommended": (lambda: api.get("gus", "/events/recommended"), 1, 1),
        "detail": (lambda: api.get("gus", f"/events/{event}"), 1, 1),
        "my events": (lambda: api.get("asha", "/me/events", role="participant"), 1, 1),
        "participants, organiser": (lambda: api.get("olu", f"/events/{event}/participants"), 2, 1),
        "participants": (lambda: api.get("gus", f"/events/{event}/participants"), 2, 1),
        "own answer": (lambda: api.get("asha", f"/events/{event}/rsvp"), 2, 0),
        "ledger of seats": (lambda: api.get("olu", f"/events/{event}/seats"), 2, 1),
        "same answer": (lambda: api.rsvp("asha", event, message="vegetarian"), 1, 0),
        "taking a seat": (lambda: api.rsvp("fay", event), 5, 0),
        "joining the waitlist": (lambda: api.rsvp("gus", event), 7, 0),
    }


async def test_what_every_request_costs(
    api: Api, an_event: AnEvent, event: int, events_database: Database, directory: FakeUserDirectory
) -> None:
    # mutant: a card per row, a count nobody asked for, an event read twice
    for _ in range(3):
        await an_event(by="ben")
    await api("olu", "PATCH", f"/events/{event}", {"capacity": 5})
    for name, (request, expected, batches) in _requests(api, event).items():
        directory.calls = 0
        with counted(events_database) as statements:
            await request()
        assert (len(statements), directory.calls) == (expected, batches), (name, statements)
