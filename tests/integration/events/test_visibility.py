"""One predicate decides who sees an event, wherever he looks (behaviours: visibility)."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api, Appoint, Invite, codes

ROLES = (
    "public", "stranger", "invitee", "participant", "decliner", "organiser", "co-organiser", "helper", "admin",
)  # fmt: skip
PRIVACIES = ("PUBLIC", "INVITE_ONLY", "PRIVATE")
STATUSES = ("DRAFT", "PUBLISHED", "CANCELLED", "COMPLETED", "NEEDS_ORGANISER")

_CALLER = {
    "public": None, "stranger": "asha", "invitee": "ben", "participant": "chen", "decliner": "dina",
    "organiser": "olu", "co-organiser": "emre", "helper": "fay", "admin": "admin:root@x",
}  # fmt: skip
_RUN = {"organiser": "ORGANISER", "co-organiser": "CO_ORGANISER"}
_DUTIES = {**_RUN, "helper": "CHECK_IN"}
_INSIDE = {"invitee", "participant", "decliner"}


def sees(role: str, privacy: str, status: str) -> bool:
    """Return what api.md says, in other words than the SQL."""
    if role in _DUTIES:
        return True
    if status == "DRAFT":
        return False
    if role == "public":
        return privacy == "PUBLIC" and status != "NEEDS_ORGANISER"
    return privacy != "PRIVATE" or role in _INSIDE


@pytest.fixture
async def world(
    api: Api, an_event: AnEvent, invite: Invite, appoint: Appoint, events_database: Database
) -> dict[tuple[str, str], int]:
    """Make an event of every privacy in every status, with an invitee, a participant and somebody who declined."""
    world = {}
    for privacy, status in product(PRIVACIES, STATUSES):
        event = (
            await an_event(
                privacy=privacy, title=f"Zebra {privacy} {status}", location="Secret Garden",
                meeting_link="https://meet.example/1", organizer_email="olu@mail.example",
            )
        )["id"]  # fmt: skip
        await invite(event, "ben", "chen", "dina")
        await appoint(event, "emre")
        await appoint(event, "fay", "CHECK_IN")
        await api.rsvp("chen", event)
        await api.rsvp("dina", event, "NOT_GOING")
        async with events_database.transaction() as session:
            await session.execute(text("DELETE FROM event_invitations WHERE invited_username = 'chen'"))
            await session.execute(
                text(
                    "UPDATE events SET status = :status,"
                    " cancelled_at = CASE WHEN :status = 'CANCELLED' THEN now() END WHERE id = :id"
                ).bindparams(status=status, id=event)
            )
        world[privacy, status] = event
    return world


async def test_every_reader_agrees_on_who_sees_what(api: Api, world: dict[tuple[str, str], int]) -> None:
    # mutant: drop or widen any arm of VISIBLE, or read an event anywhere without it
    for role in ROLES:
        who = _CALLER[role]
        page = await api.get(who, "/events", limit=100, include_total=True)
        found = {one["id"] for one in page["items"]}
        searched = {one["id"] for one in (await api.get(who, "/events", limit=100, q="zebra"))["items"]}
        expected = {event for (privacy, status), event in world.items() if sees(role, privacy, status)}
        assert found == searched == expected, role
        assert page["total"] == len(expected)
        for event in world.values():
            answer = await api(who, "GET", f"/events/{event}")
            assert answer.status_code == (200 if event in expected else 404), role
            if event in expected:
                assert answer.json()["my_role"] == _DUTIES.get(role)
            for path in ("participants", "rsvp", "organisers"):
                answer = await api(who, "GET", f"/events/{event}/{path}")
                assert answer.status_code in _allowed(role, event in expected, path), (role, path)


def _allowed(role: str, seen: bool, path: str) -> Iterator[int]:  # noqa: FBT001
    if role == "public":
        return iter((401,))
    if role == "admin":
        return iter((403,))
    if not seen:
        return iter((404,))
    if path == "organisers":
        return iter((200,) if role in _RUN else (403,))
    answered = role in {"participant", "decliner"}
    return iter((200,) if path == "participants" or answered else (404,))


async def test_an_event_one_may_not_see_answers_like_a_missing_one(api: Api, world: dict[tuple[str, str], int]) -> None:
    # mutant: another title, detail or header for "hidden" than for "missing"
    hidden = world["PRIVATE", "PUBLISHED"]
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {"title": "x"}), ("DELETE", "", None), ("POST", "/cancel", None),
        ("GET", "/rsvp", None), ("PUT", "/rsvp", {"status": "GOING"}), ("DELETE", "/rsvp", None),
        ("GET", "/organisers", None), ("PUT", "/organisers/chen", {"role": "CHECK_IN"}),
        ("DELETE", "/organisers/asha", None), ("GET", "/participants", None),
        ("POST", "/participants/chen/approve", None),
    ):  # fmt: skip
        answers = [await api("asha", method, f"/events/{event}{path}", body) for event in (hidden, 999_999)]
        said = []
        for answer in answers:
            assert codes(answer) == (404, "not-found")
            problem = answer.json()
            del problem["instance"], problem["request_id"]
            said.append((problem, set(answer.headers)))
        assert said[0] == said[1]


async def test_links_and_hidden_places_are_for_those_who_come(api: Api, world: dict[tuple[str, str], int]) -> None:
    # mutant: INSIDER taking any answer for GOING; a projection that forgets the place
    for privacy, role in product(PRIVACIES, ROLES):
        if not sees(role, privacy, "PUBLISHED"):
            continue
        event = await api.get(_CALLER[role], f"/events/{world[privacy, 'PUBLISHED']}")
        inside = role in {"participant", *_RUN}
        assert (event["meeting_link"] is not None) == inside, (privacy, role)
        assert (event["location"] is not None) == (inside or role == "helper" or privacy != "INVITE_ONLY"), (
            privacy,
            role,
        )
        assert (event["organizer_email"] is not None) == (role != "public"), (privacy, role)
        assert event["my_rsvp"] == {"participant": "GOING", "decliner": "NOT_GOING"}.get(role)


async def test_no_filter_finds_an_event_by_a_place_it_hides(api: Api, world: dict[tuple[str, str], int]) -> None:
    # mutant: drop PLACE_SHOWN from the filter, or put the place into the search key
    async def found(who: str | None, **params: Any) -> set[int]:
        return {one["id"] for one in (await api.get(who, "/events", limit=100, **params))["items"]}

    closed = world["INVITE_ONLY", "PUBLISHED"]
    assert closed not in await found("asha", location="secret garden")
    assert closed not in await found("ben", location="secret garden")
    assert closed in await found("chen", location="secret garden")
    for who in ("olu", "emre", "fay"):
        assert closed in await found(who, location="SECRET gárden")
    assert not await found("asha", q="secret garden")


async def test_joining_a_closed_event_needs_an_invitation(api: Api, an_event: AnEvent, invite: Invite) -> None:
    # mutant: drop `welcome`; let an old refusal count as an invitation
    closed, private = (await an_event(privacy="INVITE_ONLY"))["id"], (await an_event(privacy="PRIVATE"))["id"]
    for status in ("GOING", "MAYBE", "NOT_GOING"):
        answer = await api("asha", "PUT", f"/events/{closed}/rsvp", {"status": status})
        assert codes(answer) == (403, "invitation-needed")
        answer = await api("asha", "PUT", f"/events/{private}/rsvp", {"status": status})
        assert codes(answer) == (404, "not-found")
    for event in (closed, private):
        await invite(event, "asha")
        assert (await api.rsvp("asha", event))["status"] == "GOING"
        assert (await api.rsvp("olu", event))["status"] == "GOING"


async def test_who_declined_an_open_event_needs_an_invitation_once_it_is_closed(api: Api, an_event: AnEvent) -> None:
    event = (await an_event())["id"]
    await api.rsvp("asha", event, "MAYBE")
    await api.rsvp("ben", event, "GOING")
    await api("olu", "PATCH", f"/events/{event}", {"privacy": "INVITE_ONLY"})
    answer = await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})
    assert codes(answer) == (403, "invitation-needed")
    assert (await api.rsvp("asha", event, "NOT_GOING"))["status"] == "NOT_GOING"
    assert (await api.rsvp("ben", event, "GOING", message="still coming"))["status"] == "GOING"


async def test_my_events_are_mine_by_role(api: Api, world: dict[tuple[str, str], int]) -> None:
    async def mine(who: str, role: str) -> set[int]:
        return {one["id"] for one in (await api.get(who, "/me/events", role=role, limit=100))["items"]}

    published = {event for (_, status), event in world.items() if status != "DRAFT"}
    assert await mine("olu", "organizer") == set(world.values())
    assert await mine("chen", "participant") == published
    assert await mine("dina", "participant") == set()
    assert await mine("ben", "invitee") == published
    assert await mine("emre", "organizer") == set(world.values())
    assert await mine("fay", "organizer") == set()
    assert await mine("asha", "organizer") == await mine("asha", "invitee") == set()
    assert codes(await api(None, "GET", "/me/events")) == (401, "unauthenticated")
    assert codes(await api("olu", "GET", "/me/events", params={"role": "boss"})) == (422, "invalid")
