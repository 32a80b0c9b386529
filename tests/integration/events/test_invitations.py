"""Inviting to an event: what is answered, kept and told (behaviours: Invitations)."""

from datetime import timedelta
from typing import Any

import pytest

from ijaa.events.invitations import service as invitations
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, Appoint, InviteTo, Told, codes
from tests.integration.events.invited import expire, listed, mine
from tests.integration.users.conftest import counted


async def test_each_name_has_its_result(api: Api, an_event: AnEvent, invite_to: InviteTo) -> None:
    # mutants: a result per distinct name; upper case is somebody else; a refusal counts as taking part
    event = (await an_event(capacity=1))["id"]
    await api.rsvp("asha", event)
    await api.rsvp("ben", event)
    await api.rsvp("chen", event, "MAYBE")
    await api.rsvp("dina", event, "NOT_GOING")
    taking = "already-participating"
    assert await invite_to(event, "asha", "ben", "chen", "dina", "olu", "emre", "EMRE", "emre") == [
        taking, taking, taking, "invited", taking, "invited", "invited", "invited",
    ]  # fmt: skip
    assert await invite_to(event, "Emre", "dina", "fay") == ["already-invited", "already-invited", "invited"]
    assert await listed(api, event) == {"dina": "open", "emre": "open", "fay": "open"}


async def test_whoever_waits_for_an_event_that_was_closed_is_let_in_by_an_invitation(
    api: Api, an_event: AnEvent, invite_to: InviteTo
) -> None:
    # mutants: whoever answered before cannot be invited; the seat he may have now stays empty
    event = (await an_event(capacity=1))["id"]
    for name in ("asha", "ben"):
        await api.rsvp(name, event)
    await api("olu", "PATCH", f"/events/{event}", {"privacy": "INVITE_ONLY"})
    await api.leave("asha", event)
    assert (await api.get("ben", f"/events/{event}/rsvp"))["status"] == "WAITLISTED"
    assert await invite_to(event, "ben") == ["invited"]
    assert (await api.get("ben", f"/events/{event}/rsvp"))["status"] == "GOING"
    assert await invite_to(event, "ben") == ["already-participating"]


async def test_whom_nobody_can_reach_is_answered_and_kept_like_anybody(
    api: Api, an_event: AnEvent, invite_to: InviteTo, directory: FakeUserDirectory, told: Told,
    events_database: Database,
) -> None:  # fmt: skip
    """Kills: another answer, row, count or number of statements for a name nobody has, a block, a suspension."""
    directory.block("ben", "olu")
    directory.block("olu", "chen")
    directory.add("dina", "Dina", "suspended")
    seen = []
    for name in ("asha", "ben", "chen", "dina", "nobody"):
        event = (await an_event(privacy="PRIVATE"))["id"]
        with counted(events_database) as inviting:
            assert await invite_to(event, name, message="Come!") == ["invited"]
        assert await invite_to(event, name) == ["already-invited"]
        with counted(events_database) as listing:
            page = await api.get("olu", f"/events/{event}/invitations", include_total=True)
        costs = len(inviting), len(listing)
        shown = [{**one, "username": "x", "name": None} for one in page["items"]]
        reminded = (await api("olu", "POST", f"/events/{event}/invitations/remind")).json()
        gone = await api("olu", "DELETE", f"/events/{event}/invitations/{name}")
        again = await api("olu", "DELETE", f"/events/{event}/invitations/{name}")
        for one in shown:
            del one["created_at"]
        seen.append((costs, shown, page["total"], page["summary"], reminded, gone.status_code, codes(again)))
    assert [one == seen[0] for one in seen] == [True] * 5
    assert seen[0][1][0]["status"] == "open"
    sent = [(one["occasion"], one["usernames"]) for one in await told("invitation-sent")]
    assert [names for _, names in sent if names] == [["asha"], ["asha"], ["dina"]]  # nobody is told of a suspended one
    assert [one["usernames"] for one in await told("invitation-revoked")] == [["asha"], [], [], ["dina"], []]


async def test_an_answer_shows_in_a_void_invitation_as_in_any(
    api: Api, an_event: AnEvent, invite_to: InviteTo, directory: FakeUserDirectory
) -> None:
    """Kills: a row that stays unread, or open, though its member answered: void by its looks."""
    event = (await an_event())["id"]
    directory.block("ben", "olu")
    await invite_to(event, "asha", "ben", "chen", "dina")
    for who, status in (("asha", "GOING"), ("ben", "GOING"), ("chen", "NOT_GOING")):
        await api.rsvp(who, event, status)
    directory.block("chen", "olu")
    items = (await api.get("olu", f"/events/{event}/invitations"))["items"]
    assert [(one["username"], one["status"], one["is_read"], one["is_responded"]) for one in items] == [
        ("asha", "accepted", True, True), ("ben", "accepted", True, True), ("chen", "declined", True, True),
        ("dina", "open", False, False),
    ]  # fmt: skip
    await api.rsvp("ben", event, "NOT_GOING")
    assert (await listed(api, event))["ben"] == "declined"


async def test_organisers_alone_invite(api: Api, an_event: AnEvent, invite_to: InviteTo) -> None:
    # mutant: leave the check out of one of the routes
    event, private = (await an_event())["id"], (await an_event(privacy="PRIVATE"))["id"]
    await invite_to(event, "asha")
    await api.rsvp("asha", event)
    for method, path, body in (
        ("POST", "invitations", {"usernames": ["ben"]}), ("GET", "invitations", None),
        ("POST", "invitations/remind", None), ("DELETE", "invitations/asha", None), ("GET", "email-invitations", None),
        ("DELETE", "email-invitations/1", None),
    ):  # fmt: skip
        refused = await api("asha", method, f"/events/{event}/{path}", body)
        assert codes(refused) == (403, "not-organiser")
        for where in (private, 999_999):
            hidden = await api("asha", method, f"/events/{where}/{path}", body)
            assert codes(hidden) == (404, "not-found")
        assert codes(await api(None, method, f"/events/{event}/{path}", body)) == (401, "unauthenticated")
    assert await listed(api, event) == {"asha": "accepted"}


async def test_who_organises_beside_the_owner_invites_as_he_does(
    api: Api, an_event: AnEvent, appoint: Appoint, invite_to: InviteTo, told: Told
) -> None:
    # mutants: the owner alone; whoever has any role; invite who runs the event; name the owner as who invites
    event = (await an_event(privacy="PRIVATE"))["id"]
    await appoint(event, "asha")
    await appoint(event, "ben", "CHECK_IN")
    assert await invite_to(event, "asha", "olu", "chen", by="asha") == ["already-participating"] * 2 + ["invited"]
    refused = await api("ben", "POST", f"/events/{event}/invitations", {"usernames": ["dina"]})
    assert codes(refused) == (403, "not-organiser")
    assert [(one["invited_by"], one["usernames"]) for one in await told("invitation-sent")] == [("asha", ["chen"])]
    assert (await api.get("olu", f"/events/{event}/invitations"))["items"][0]["invited_by"] == "asha"
    assert (await api("asha", "DELETE", f"/events/{event}/invitations/chen")).status_code == 204


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/usernames"),
        ({"usernames": [], "emails": []}, "/usernames"),
        ({"usernames": ["x"] * 501}, "/usernames"),
        ({"usernames": [""]}, "/usernames/0"),
        ({"usernames": ["ok", "İ" * 100]}, "/usernames/1"),
        ({"usernames": ["asha"], "message": "x" * 501}, "/message"),
        ({"usernames": ["asha"], "expires_at": "2999-01-01T00:00:00Z"}, "/expires_at"),
        ({"usernames": ["asha"], "expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"),
        ({"usernames": ["asha"], "expires_at": "2030-01-01T00:00:00"}, "/expires_at"),
        ({"emails": ["a@b.example"] * 101}, "/emails"),
        ({"emails": ["not an address"]}, "/emails/0"),
    ],
)
async def test_what_is_wrong_is_named_and_leaves_nothing(
    api: Api, an_event: AnEvent, events_database: Database, given: dict[str, Any], pointer: str
) -> None:
    event = (await an_event())["id"]
    refused = await api("olu", "POST", f"/events/{event}/invitations", given)
    assert codes(refused) == (422, "invalid")
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert await events_database.fetch_value("SELECT count(*) FROM event_invitations") == 0


@pytest.mark.parametrize("name", ["ΟΔΥΣΣΕΥΣ", "İ", "ẞ", "मेहेदी", "a b", "asha@home", "%", "\U0001e921"])
async def test_whatever_is_typed_for_a_name_is_taken(api: Api, an_event: AnEvent, name: str) -> None:
    """Kills: a name that is folded in two ways, and is a 500 for the CHECK of the table."""
    event = (await an_event())["id"]
    done = await api("olu", "POST", f"/events/{event}/invitations", {"usernames": [name, name.lower(), name.upper()]})
    assert done.status_code == 200, done.text
    assert {one["status"] for one in done.json()["results"]} == {"invited"}


async def test_invitations_are_sent_while_answers_are_taken(
    api: Api, an_event: AnEvent, clock: FrozenClock, invite_to: InviteTo
) -> None:
    # mutant: invite to what is a draft, called off or over
    over = (await an_event())["id"]
    await invite_to(over, "asha")
    clock.at += timedelta(days=2)
    draft, cancelled = (await an_event(status="DRAFT"))["id"], (await an_event())["id"]
    await api("olu", "POST", f"/events/{cancelled}/cancel")
    for event in (over, draft, cancelled):
        for path, body in (("", {"usernames": ["ben"]}), ("/remind", None)):
            refused = await api("olu", "POST", f"/events/{event}/invitations{path}", body)
            assert codes(refused) == (409, "wrong-state"), event
    assert await mine(api, "asha", status="open") == []  # nothing can be answered any more
    assert len(await mine(api, "asha", status="all")) == 1


async def test_without_the_other_module_nobody_is_invited(
    api: Api, an_event: AnEvent, directory: FakeUserDirectory, events_database: Database
) -> None:
    # mutant: take everybody for somebody nobody hides
    event = (await an_event())["id"]
    directory.down = True
    refused = await api("olu", "POST", f"/events/{event}/invitations", {"usernames": ["asha"]})
    assert codes(refused) == (503, "unavailable")
    assert await events_database.fetch_value("SELECT count(*) FROM event_invitations") == 0


async def test_five_hundred_names_cost_what_one_does(
    api: Api, an_event: AnEvent, directory: FakeUserDirectory, events_database: Database, told: Told
) -> None:
    # mutant: a statement, a message or a look-up per name
    names = [f"m{number:03}" for number in range(500)]
    for name in names[::2]:
        directory.add(name, name)
    costs = []
    for given in (names[:1], names):
        event = (await an_event())["id"]
        directory.calls = directory.looks = 0
        with counted(events_database) as statements:
            done = await api("olu", "POST", f"/events/{event}/invitations", {"usernames": given})
        assert done.status_code == 200
        assert {one["status"] for one in done.json()["results"]} == {"invited"}
        costs.append((len(statements), directory.calls))
    assert costs[0] == costs[1] == (7, 1)
    assert [len(one["usernames"]) for one in await told("invitation-sent")] == [1, 250]


async def test_only_so_many_wait_for_an_answer(
    api: Api, an_event: AnEvent, invite_to: InviteTo, monkeypatch: pytest.MonkeyPatch, events_database: Database
) -> None:
    # mutants: count the answered; keep what was one too many
    monkeypatch.setattr(invitations, "MOST_OPEN", 3)
    event = (await an_event())["id"]
    await invite_to(event, "asha", "ben", "chen")
    refused = await api("olu", "POST", f"/events/{event}/invitations", {"usernames": ["dina"]})
    assert codes(refused) == (409, "too-many-invitations")
    assert await events_database.fetch_value("SELECT count(*) FROM event_invitations") == 3
    await api.rsvp("asha", event)
    assert await invite_to(event, "dina") == ["invited"]


async def test_the_summary_adds_up(api: Api, an_event: AnEvent, invite_to: InviteTo, clock: FrozenClock) -> None:
    # mutant: any FILTER of the summary, any arm of the status
    event = (await an_event(capacity=1))["id"]
    await invite_to(event, "asha", "ben", "chen", "dina", "emre")
    await invite_to(event, "fay", expires_at=clock.now() + timedelta(hours=1))
    for who, status in (("asha", "GOING"), ("ben", "GOING"), ("chen", "MAYBE"), ("dina", "NOT_GOING")):
        await api.rsvp(who, event, status)
    await api("emre", "POST", f"/me/invitations/{(await mine(api, 'emre'))[0]['id']}/read")
    clock.at += timedelta(hours=2)
    page = await api.get("olu", f"/events/{event}/invitations", include_total=True, limit=2)
    assert page["summary"] == {
        "invited": 6, "read": 5, "accepted": 2, "maybe": 1, "declined": 1, "open": 1, "expired": 1,
    }  # fmt: skip
    assert (page["total"], len(page["items"])) == (6, 2)
    for status, names in (
        ("accepted", {"asha", "ben"}), ("maybe", {"chen"}), ("declined", {"dina"}), ("open", {"emre"}),
        ("expired", {"fay"}),
    ):  # fmt: skip
        found = await api.get("olu", f"/events/{event}/invitations", status=status, include_total=True)
        assert {one["username"] for one in found["items"]} == names
        assert found["total"] == len(names)
    plain = await api.get("olu", f"/events/{event}/invitations")
    assert plain.keys() == {"items", "next_cursor"}


async def test_pages_are_complete_and_cost_little(
    api: Api, an_event: AnEvent, invite_to: InviteTo, events_database: Database
) -> None:
    # mutants: a page that loses or repeats one; a cursor of another list; a statement per row
    event = (await an_event())["id"]
    people = ["asha", "ben", "chen", "dina", "emre"]
    await invite_to(event, *people)
    for _ in range(4):
        await invite_to((await an_event())["id"], "asha")

    async def all_of(who: str, path: str, limit: int) -> list[Any]:
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await api.get(who, path, limit=limit, **cursor)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    for limit in (1, 2, 100):
        invited = await all_of("olu", f"/events/{event}/invitations", limit)
        assert [one["username"] for one in invited] == people
        own = await all_of("asha", "/me/invitations", limit)
        assert [one["id"] for one in own] == sorted({one["id"] for one in own}, reverse=True)
        assert len(own) == 5
    foreign = (await api.get("olu", f"/events/{event}/invitations", limit=1))["next_cursor"]
    params = {"cursor": foreign, "status": "open"}
    assert codes(await api("olu", "GET", f"/events/{event}/invitations", params=params)) == (400, "malformed")
    for path, who, cost in ((f"/events/{event}/invitations", "olu", 3), ("/me/invitations", "asha", 3)):
        with counted(events_database) as statements:
            await api.get(who, path, limit=100, include_total=True)
        assert len(statements) == cost, path


async def test_one_that_expired_is_sent_anew(
    api: Api, an_event: AnEvent, invite_to: InviteTo, events_database: Database, told: Told
) -> None:
    # mutants: already-invited for ever; renew what was answered
    event = (await an_event(privacy="PRIVATE"))["id"]
    await invite_to(event, "asha", "ben")
    await api.rsvp("ben", event, "NOT_GOING")
    await expire(events_database, event)
    assert await invite_to(event, "asha", "ben", message="Once more") == ["invited", "already-invited"]
    (found,) = await mine(api, "asha")
    assert (found["message"], found["expires_at"]) == ("Once more", None)
    assert [one["usernames"] for one in await told("invitation-sent")] == [["asha", "ben"], ["asha"]]


async def test_reminders_go_to_who_has_not_answered_once_a_day(
    api: Api, an_event: AnEvent, invite_to: InviteTo, told: Told, clock: FrozenClock
) -> None:
    # mutants: remind who answered, or whose invitation is over; remind as often as asked
    event = (await an_event(start_date=clock.now() + timedelta(days=9), end_date=clock.now() + timedelta(days=10)))[
        "id"
    ]
    await invite_to(event, "asha", "ben", "chen")
    await invite_to(event, "dina", expires_at=clock.now() + timedelta(hours=1))
    await api.rsvp("asha", event, "MAYBE")

    async def remind() -> int:
        done = await api("olu", "POST", f"/events/{event}/invitations/remind")
        assert done.status_code == 200
        number: int = done.json()["reminded"]
        return number

    assert [await remind(), await remind()] == [3, 0]
    clock.at += timedelta(hours=24)
    await invite_to(event, "emre")
    await api.rsvp("chen", event, "NOT_GOING")
    assert [await remind(), await remind()] == [2, 0]
    reminders = [one for one in await told("invitation-sent") if one["occasion"] == "reminder"]
    assert [one["usernames"] for one in reminders] == [["ben", "chen", "dina"], [], ["ben", "emre"], []]
    assert reminders[0] | {"start_date": ""} == {
        "event_id": event, "occasion": "reminder", "invited_by": "olu", "title": "Reunion", "start_date": "",
        "timezone": "Asia/Dhaka", "usernames": ["ben", "chen", "dina"],
    }  # fmt: skip
