"""What an invitation lets somebody do, and until when (behaviours: Invitations)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.events.participations.repository import ParticipationRepository
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.fakes import FakeFeatureFlags, FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, InviteTo, Told, codes
from tests.integration.events.invited import answer, expire, listed, mine


async def test_an_invitation_that_is_void_lets_nobody_in(
    api: Api, an_event: AnEvent, invite_to: InviteTo, directory: FakeUserDirectory, clock: FrozenClock
) -> None:
    # mutants: drop `NOT is_void` from the predicate or the list; let a block that is lifted, or a new account, bring it
    event, closed = (await an_event(privacy="PRIVATE"))["id"], (await an_event(privacy="INVITE_ONLY"))["id"]
    directory.block("ben", "olu")
    for one in (event, closed):
        await invite_to(one, "ben", "newcomer", "asha")
    directory.unblock("ben", "olu")
    clock.at += timedelta(minutes=6)  # whom blocks hide is remembered for five
    directory.add("newcomer", "New Comer")
    for who in ("ben", "newcomer"):
        assert await mine(api, who, status="all") == []
        assert codes(await api(who, "GET", f"/events/{event}")) == (404, "not-found")
        assert codes(await api(who, "PUT", f"/events/{closed}/rsvp", {"status": "GOING"})) == (403, "invitation-needed")
        assert (await api.get(who, "/me/events", role="invitee"))["items"] == []
    assert len(await mine(api, "asha")) == 2
    await api("olu", "DELETE", f"/events/{event}/invitations/ben")
    assert await invite_to(event, "ben") == ["invited"]
    assert [one["event"]["id"] for one in await mine(api, "ben")] == [event]


async def test_who_is_suspended_finds_his_invitation_when_he_is_back(
    api: Api, an_event: AnEvent, invite_to: InviteTo, directory: FakeUserDirectory
) -> None:
    event = (await an_event(privacy="PRIVATE"))["id"]
    directory.add("dina", "Dina", "suspended")
    await invite_to(event, "dina")
    directory.add("dina", "Dina")
    assert [one["event"]["id"] for one in await mine(api, "dina")] == [event]


async def test_accepting_is_the_answer(
    api: Api, an_event: AnEvent, invite_to: InviteTo, told: Told, clock: FrozenClock
) -> None:
    # mutants: accept without a seat; accept twice and take two; tell the organiser nothing
    event = (await an_event(capacity=2, max_guests=2, privacy="PRIVATE"))["id"]
    await invite_to(event, "asha", "ben", "chen", message="Bring cake")
    (found,) = await mine(api, "asha")
    assert found | {"id": 0, "event": {}, "created_at": ""} == {
        "id": 0, "event": {}, "invited_by": {"username": "olu", "name": "Olu", "photo": None}, "message": "Bring cake",
        "status": "open", "is_read": False, "is_responded": False, "created_at": "", "expires_at": None,
    }  # fmt: skip
    assert (found["event"]["title"], found["event"]["organizer"]["name"]) == ("Reunion", "Olu")
    first = await api.rsvp("asha", event, guests=1, message="with cake")
    clock.at += timedelta(seconds=1)
    for _ in range(2):  # a seat, and the guest, stay as they are
        done = await answer(api, "asha", event, "accept")
        assert (done.status_code, done.json()) == (200, first)
    full = (await answer(api, "ben", event, "accept")).json()
    assert (full["status"], full["position"]) == ("WAITLISTED", 1)
    assert (await answer(api, "ben", event, "accept")).json() == full
    assert (await answer(api, "chen", event, "decline")).json()["status"] == "NOT_GOING"
    assert await listed(api, event) == {"asha": "accepted", "ben": "accepted", "chen": "declined"}
    assert (await answer(api, "asha", event, "decline")).json()["seats_taken"] == 1
    assert (await api.get("ben", f"/events/{event}/rsvp"))["status"] == "GOING"
    assert len(await told("answer-given")) == 4


async def test_an_invitation_is_an_approval(api: Api, an_event: AnEvent, invite_to: InviteTo) -> None:
    # mutant: let the invited wait for whoever invited them
    event = (await an_event(requires_approval=True))["id"]
    await invite_to(event, "asha")
    assert (await api.rsvp("asha", event))["status"] == "GOING"
    assert (await api.rsvp("ben", event))["status"] == "PENDING"
    assert await invite_to(event, "ben") == ["already-participating"]


async def test_answering_by_itself_answers_the_invitation(
    api: Api, an_event: AnEvent, invite_to: InviteTo, events_database: Database
) -> None:
    # mutants: mark only what is accepted; mark none of who said no before; open it again when the answer is taken back
    event = (await an_event())["id"]
    await api.rsvp("chen", event, "NOT_GOING")
    await invite_to(event, "asha", "ben", "chen")
    await api.rsvp("asha", event, "MAYBE")
    await api.rsvp("chen", event, "NOT_GOING")
    assert await listed(api, event) == {"asha": "maybe", "ben": "open", "chen": "declined"}
    await api.leave("asha", event)
    assert await listed(api, event) == {"asha": "declined", "ben": "open", "chen": "declined"}
    marked = "SELECT array_agg(invited_username ORDER BY 1) FROM event_invitations WHERE is_responded AND is_read"
    assert await events_database.fetch_value(marked) == ["asha", "chen"]


async def test_reading_is_noted_for_organisers(api: Api, an_event: AnEvent, invite_to: InviteTo) -> None:
    # mutants: mark as read whoever asks; read by listing
    event = (await an_event())["id"]
    await invite_to(event, "asha", "ben")
    (found,) = await mine(api, "asha")
    assert codes(await api("ben", "POST", f"/me/invitations/{found['id']}/read")) == (404, "not-found")
    for _ in range(2):
        done = await api("asha", "POST", f"/me/invitations/{found['id']}/read")
        assert (done.status_code, done.json()["is_read"], done.json()["status"]) == (200, True, "open")
    items = (await api.get("olu", f"/events/{event}/invitations"))["items"]
    assert [(one["username"], one["is_read"]) for one in items] == [("asha", True), ("ben", False)]


async def test_an_invitation_is_whose_it_is(api: Api, an_event: AnEvent, invite_to: InviteTo) -> None:
    # mutant: find it by its id alone
    event = (await an_event(privacy="PRIVATE"))["id"]
    await invite_to(event, "asha")
    (found,) = await mine(api, "asha")
    for verb in ("accept", "decline", "read"):
        for one in (found["id"], 999_999):
            assert codes(await api("ben", "POST", f"/me/invitations/{one}/{verb}")) == (404, "not-found")
    assert (await mine(api, "asha"))[0]["status"] == "open"


async def test_revoking_on_a_private_event_takes_sight_and_seat(
    api: Api, an_event: AnEvent, invite_to: InviteTo, told: Told
) -> None:
    # mutants: leave the answer, which lets him see; free the seat and promote nobody; free two
    event = (await an_event(privacy="PRIVATE", capacity=2, max_guests=1))["id"]
    await invite_to(event, "asha", "ben", "chen")
    await api.rsvp("asha", event, guests=1)
    for who in ("ben", "chen"):
        await api.rsvp(who, event)
    for _ in range(2):
        gone = await api("olu", "DELETE", f"/events/{event}/invitations/Asha")
    assert codes(gone) == (404, "not-found")
    for path in ("", "/rsvp"):
        assert codes(await api("asha", "GET", f"/events/{event}{path}")) == (404, "not-found")
    assert await mine(api, "asha", status="all") == []
    assert [(await api.get(who, f"/events/{event}/rsvp"))["status"] for who in ("ben", "chen")] == ["GOING"] * 2
    seen = await api.get("olu", f"/events/{event}")
    assert (seen["seats_taken"], seen["waitlisted"]) == (2, 0)
    assert sorted(one["username"] for one in await told("seat-promoted")) == ["ben", "chen"]
    await api("olu", "DELETE", f"/events/{event}/invitations/chen")
    assert (await api.get("olu", f"/events/{event}"))["seats_taken"] == 1


async def test_revoking_on_another_event_leaves_the_seat(api: Api, an_event: AnEvent, invite_to: InviteTo) -> None:
    # mutant: revoke everywhere as on PRIVATE; promote somebody who is invited no more
    event = (await an_event(privacy="INVITE_ONLY", capacity=1))["id"]
    await invite_to(event, "asha", "ben", "chen")
    for who in ("asha", "ben"):
        await api.rsvp(who, event)
    for who in ("asha", "ben", "chen"):
        assert (await api("olu", "DELETE", f"/events/{event}/invitations/{who}")).status_code == 204
    assert (await api.get("asha", f"/events/{event}/rsvp"))["status"] == "GOING"
    assert codes(await api("chen", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})) == (403, "invitation-needed")
    await api.leave("asha", event)
    assert (await api.get("ben", f"/events/{event}/rsvp"))["status"] == "WAITLISTED"
    await invite_to(event, "chen")
    assert (await api.rsvp("chen", event))["status"] == "GOING"  # past who is invited no more


async def test_an_expired_invitation_is_none_unless_it_was_answered(
    api: Api, an_event: AnEvent, invite_to: InviteTo, events_database: Database
) -> None:
    # mutants: drop the time, or `is_responded`, from the predicate; another predicate for who is next
    event, closed = [(await an_event(privacy=one, capacity=1))["id"] for one in ("PRIVATE", "INVITE_ONLY")]
    for one in (event, closed):
        await invite_to(one, "asha", "ben", "chen", "dina")
        await api.rsvp("asha", one)
        await api.rsvp("ben", one)
        await api.rsvp("chen", one, "NOT_GOING")
        await expire(events_database, one)
    assert codes(await api("dina", "GET", f"/events/{event}")) == (404, "not-found")
    assert codes(await api("dina", "PUT", f"/events/{closed}/rsvp", {"status": "GOING"})) == (403, "invitation-needed")
    assert await mine(api, "dina") == []
    assert [one["status"] for one in await mine(api, "dina", status="all")] == ["expired"]
    for one in (event, closed):
        assert (await api.rsvp("chen", one))["status"] == "WAITLISTED"
        await api.leave("asha", one)
        assert (await api.get("ben", f"/events/{one}/rsvp"))["status"] == "GOING"


async def test_whoever_was_blocked_meanwhile_sends_nothing_any_more(
    api: Api, an_event: AnEvent, invite_to: InviteTo, directory: FakeUserDirectory
) -> None:
    # mutant: show what somebody sent who is hidden now
    first, second = (await an_event())["id"], (await an_event())["id"]
    for event in (first, second):
        await invite_to(event, "asha")
    await api.rsvp("asha", second)
    directory.block("asha", "olu")
    page = await api.get("asha", "/me/invitations", status="all", include_total=True)
    assert [(one["event"]["id"], one["invited_by"]["name"]) for one in page["items"]] == [(second, None)]
    assert page["total"] == 1


async def test_accepting_and_revoking_at_once_end_in_one_of_the_two(
    api: Api, an_event: AnEvent, invite_to: InviteTo
) -> None:
    """Kills: a seat at a private event for who was uninvited between the look and the write."""
    for _ in range(15):
        event = (await an_event(privacy="PRIVATE", capacity=1))["id"]
        await invite_to(event, "asha")
        (found,) = [one for one in await mine(api, "asha", limit=100) if one["event"]["id"] == event]
        accepted, revoked = await asyncio.gather(
            api("asha", "POST", f"/me/invitations/{found['id']}/accept"),
            api("olu", "DELETE", f"/events/{event}/invitations/asha"),
        )
        assert accepted.status_code in {200, 404}
        assert revoked.status_code == 204
        assert codes(await api("asha", "GET", f"/events/{event}")) == (404, "not-found")
        assert (await api.get("olu", f"/events/{event}"))["seats_taken"] == 0
        assert (await api.get("olu", f"/events/{event}/participants"))["items"] == []


async def test_who_was_uninvited_while_he_answered_is_refused(
    api: Api, an_event: AnEvent, invite_to: InviteTo, events_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the note of the answer that does not look whether the invitation is there still."""
    event, closed = [(await an_event(privacy=one))["id"] for one in ("PRIVATE", "INVITE_ONLY")]
    looked = ParticipationRepository.mine

    async def look_then_revoke(self: ParticipationRepository, event_id: int, viewer: str) -> Any:
        seen = await looked(self, event_id, viewer)
        async with events_database.transaction() as session:
            await session.execute(text("DELETE FROM event_invitations WHERE event_id = :id"), {"id": event_id})
        return seen

    await invite_to(event, "asha")
    await invite_to(closed, "asha")
    monkeypatch.setattr(ParticipationRepository, "mine", look_then_revoke)
    assert codes(await api("asha", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})) == (404, "not-found")
    assert codes(await api("asha", "PUT", f"/events/{closed}/rsvp", {"status": "GOING"})) == (403, "invitation-needed")
    assert await events_database.fetch_value("SELECT count(*) FROM event_participations") == 0
    assert await events_database.fetch_value("SELECT sum(going) FROM events") == 0


async def test_the_flag_switches_them_off(api: Api, an_event: AnEvent, flags: FakeFeatureFlags) -> None:
    event = (await an_event())["id"]
    flags.off.add("events.invitations")
    for who, method, path in (
        ("olu", "GET", f"/events/{event}/invitations"), ("olu", "POST", f"/events/{event}/invitations/remind"),
        ("asha", "GET", "/me/invitations"), ("asha", "POST", "/me/invitations/1/accept"),
    ):  # fmt: skip
        assert codes(await api(who, method, path)) == (403, "feature-disabled")
