"""Who runs an event beside its owner, who helps at its door, and who takes one over."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.organisers.domain import MOST
from ijaa.events.seats.repository import SeatRepository
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, Appoint, Invite, Told, codes
from tests.integration.events.test_passed_over import places, stand

Audited = Callable[[], Awaitable[list[tuple[str, str | None]]]]


@pytest.fixture
def audited(events_database: Database) -> Audited:
    """Return what reads the actions of the audit log, and by whom each was."""

    async def read() -> list[tuple[str, str | None]]:
        sql = "SELECT action, actor FROM audit_log ORDER BY id"
        return await events_database.fetch(lambda *row: tuple(row), sql)

    return read


async def test_a_co_organiser_does_what_the_organiser_does(api: Api, an_event: AnEvent, appoint: Appoint) -> None:
    """Kills: a use case that still asks for the owner alone."""
    draft = (await an_event(status="DRAFT", requires_approval=True, meeting_link="https://meet.example/1"))["id"]
    assert codes(await api("asha", "GET", f"/events/{draft}")) == (404, "not-found")
    await appoint(draft, "asha")
    seen = await api.get("asha", f"/events/{draft}")
    assert (seen["my_role"], seen["meeting_link"]) == ("CO_ORGANISER", "https://meet.example/1")
    assert (await api("asha", "POST", f"/events/{draft}/publish")).json()["status"] == "PUBLISHED"
    assert (await api("asha", "PATCH", f"/events/{draft}", {"title": "Ours"})).json()["title"] == "Ours"
    for name in ("ben", "chen"):
        assert (await api.rsvp(name, draft, message="vegetarian"))["status"] == "PENDING"
    assert (await api.rsvp("asha", draft))["status"] == "GOING"  # who approves waits for nobody
    people = await api.get("asha", f"/events/{draft}/participants", status="PENDING")
    assert [(one["username"], one["message"]) for one in people["items"]] == [
        ("ben", "vegetarian"), ("chen", "vegetarian"),
    ]  # fmt: skip
    assert (await api("asha", "POST", f"/events/{draft}/participants/ben/approve")).json()["status"] == "GOING"
    assert (await api("asha", "POST", f"/events/{draft}/participants/chen/reject")).json()["status"] == "NOT_GOING"
    assert (await api("asha", "POST", f"/events/{draft}/cancel")).json()["status"] == "CANCELLED"


async def test_what_is_the_owners_alone(api: Api, an_event: AnEvent, appoint: Appoint) -> None:
    """Kills: a co-organiser who lets others in, or removes the event, or his equals, or the owner."""
    event = (await an_event())["id"]
    await appoint(event, "asha")
    await appoint(event, "ben")
    path = f"/events/{event}/organisers"
    assert codes(await api("asha", "PUT", f"{path}/chen", {"role": "CHECK_IN"})) == (403, "not-owner")
    assert codes(await api("asha", "PUT", f"{path}/asha", {"role": "CHECK_IN"})) == (403, "not-owner")
    for name in ("ben", "olu", "nobody"):
        assert codes(await api("asha", "DELETE", f"{path}/{name}")) == (403, "not-owner")
    assert codes(await api("asha", "DELETE", f"/events/{event}")) == (403, "not-owner")
    assert [one["username"] for one in (await api.get("asha", path))["items"]] == ["olu", "asha", "ben"]


async def test_who_checks_people_in_has_no_other_right(api: Api, an_event: AnEvent, appoint: Appoint) -> None:
    """Kills: HELPS taken for ORGANISES anywhere."""
    event = (await an_event(privacy="PRIVATE", requires_approval=True, meeting_link="https://meet.example/1"))["id"]
    await appoint(event, "gus", "CHECK_IN")
    seen = await api.get("gus", f"/events/{event}")
    assert (seen["my_role"], seen["meeting_link"]) == ("CHECK_IN", None)
    for method, path, body in (
        ("PATCH", "", {"title": "x"}), ("DELETE", "", None), ("POST", "/cancel", None), ("POST", "/publish", None),
        ("GET", "/organisers", None), ("PUT", "/organisers/ben", {"role": "CHECK_IN"}),
        ("DELETE", "/organisers/ben", None),
        ("POST", "/participants/asha/approve", None), ("POST", "/participants/asha/reject", None),
    ):  # fmt: skip
        assert codes(await api("gus", method, f"/events/{event}{path}", body)) == (403, "not-organiser"), path
    assert codes(await api("gus", "PUT", f"/events/{event}/rsvp", {"status": "GOING"})) == (403, "invitation-needed")


async def test_who_checks_people_in_reads_no_messages_and_no_refusals(
    api: Api, an_event: AnEvent, appoint: Appoint
) -> None:
    """Kills: a list of participants that shows a helper what the organisers see."""
    event = (await an_event())["id"]
    await api.rsvp("asha", event, message="vegetarian")
    await api.rsvp("ben", event, "NOT_GOING")
    await appoint(event, "gus", "CHECK_IN")
    assert (await api.get("gus", f"/events/{event}/participants"))["items"] == [
        {"username": "asha", "name": "Asha", "photo": None, "status": "GOING", "guests": 0}
    ]


async def test_the_list_names_everybody_the_longest_serving_first(
    api: Api, an_event: AnEvent, appoint: Appoint, directory: FakeUserDirectory
) -> None:
    """Kills: the owner left out; a block that keeps one organiser from knowing another."""
    event = (await an_event())["id"]
    given = await appoint(event, "ASHA")
    await appoint(event, "gus", "CHECK_IN")
    directory.block("asha", "olu")
    found = await api.get("asha", f"/events/{event}/organisers")
    assert [(one["username"], one["name"], one["role"], one["added_by"]) for one in found["items"]] == [
        ("olu", "Olu", "ORGANISER", None), ("asha", "Asha", "CO_ORGANISER", "olu"), ("gus", "Gus", "CHECK_IN", "olu"),
    ]  # fmt: skip
    assert found["items"][1] == given
    assert codes(await api("ben", "GET", f"/events/{event}/organisers")) == (403, "not-organiser")


async def test_nobody_learns_who_is_suspended_or_blocked_by_appointing_him(
    api: Api, an_event: AnEvent, directory: FakeUserDirectory
) -> None:
    """Kills: another answer for a blocked, a suspended and an unknown name; a role one of them has."""
    event = (await an_event())["id"]
    directory.add("sus", "Sus", "suspended")
    directory.block("ben", "olu")
    said = []
    for name in ("ben", "sus", "nobody"):
        answer = await api("olu", "PUT", f"/events/{event}/organisers/{name}", {"role": "CO_ORGANISER"})
        assert codes(answer) == (404, "not-found")
        problem = answer.json()
        said.append({one: problem[one] for one in ("title", "detail", "code", "type")})
    assert said[0] == said[1] == said[2]
    directory.down = True
    answer = await api("olu", "PUT", f"/events/{event}/organisers/asha", {"role": "CHECK_IN"})
    assert codes(answer) == (503, "unavailable")
    directory.down = False
    assert len((await api.get("olu", f"/events/{event}/organisers"))["items"]) == 1


async def test_whoever_is_given_a_role_is_told_once(an_event: AnEvent, appoint: Appoint, told: Told) -> None:
    """Kills: a role nobody knows he has; news of what did not change."""
    event = (await an_event())["id"]
    for role in ("CHECK_IN", "CHECK_IN", "CO_ORGANISER"):
        await appoint(event, "asha", role)
    found = [(one["username"], one["title"], one["role"]) for one in await told("organiser-appointed")]
    assert found == [("asha", "Reunion", "CHECK_IN"), ("asha", "Reunion", "CO_ORGANISER")]


async def test_a_role_changes_and_appointing_twice_is_once(
    api: Api, an_event: AnEvent, appoint: Appoint, directory: FakeUserDirectory, audited: Audited
) -> None:
    """Kills: a second row; an entry of the log for nothing; whoever blocked the owner stuck in his role."""
    event = (await an_event())["id"]
    first = await appoint(event, "asha")
    assert await appoint(event, "asha") == first
    directory.block("asha", "olu")
    assert (await appoint(event, "asha", "CHECK_IN"))["role"] == "CHECK_IN"
    assert (await api.get("asha", f"/events/{event}"))["my_role"] == "CHECK_IN"
    assert await audited() == [("organiser-appointed", "USER_olu"), ("organiser-role-changed", "USER_olu")]


async def test_everybody_resigns_and_the_owner_dismisses(
    api: Api, an_event: AnEvent, appoint: Appoint, audited: Audited
) -> None:
    """Kills: rights that outlive the role; an owner who dismisses himself."""
    event = (await an_event(privacy="PRIVATE"))["id"]
    path = f"/events/{event}/organisers"
    await appoint(event, "asha")
    await appoint(event, "gus", "CHECK_IN")
    assert (await api("gus", "DELETE", f"{path}/gus")).status_code == 204
    for _ in range(2):
        assert (await api("olu", "DELETE", f"{path}/asha")).status_code == 204
    for name in ("asha", "gus"):
        assert codes(await api(name, "GET", f"/events/{event}")) == (404, "not-found")
    assert codes(await api("olu", "DELETE", f"{path}/olu")) == (409, "is-owner")
    assert codes(await api("olu", "PUT", f"{path}/olu", {"role": "CHECK_IN"})) == (409, "is-owner")
    assert await audited() == [
        ("organiser-appointed", "USER_olu"), ("organiser-appointed", "USER_olu"), ("organiser-resigned", "USER_gus"),
        ("organiser-dismissed", "USER_olu"),
    ]  # fmt: skip


async def test_whoever_was_dismissed_a_moment_ago_changes_nothing(
    api: Api, an_event: AnEvent, appoint: Appoint, events_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the role looked at before the lock, and not under it."""
    event = (await an_event())["id"]
    await appoint(event, "asha")
    locked = EventRepository.lock

    async def dismissed(self: Any, session: Any, event_id: int) -> Any:
        await session.execute(text("DELETE FROM event_organisers"))
        return await locked(self, session, event_id)

    monkeypatch.setattr(EventRepository, "lock", dismissed)
    assert codes(await api("asha", "PATCH", f"/events/{event}", {"title": "Mine"})) == (403, "not-organiser")
    assert await events_database.fetch_value("SELECT title FROM events") == "Reunion"


async def test_nor_does_he_decide_on_seats(
    api: Api, an_event: AnEvent, appoint: Appoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the role looked at before the wait for the seats, and not after."""
    event = (await an_event(requires_approval=True))["id"]
    await appoint(event, "asha")
    await api.rsvp("ben", event)
    locked = SeatRepository.lock

    async def dismissed(self: Any, session: Any, event_id: int, now: Any) -> Any:
        await session.execute(text("DELETE FROM event_organisers"))
        return await locked(self, session, event_id, now)

    monkeypatch.setattr(SeatRepository, "lock", dismissed)
    bens = f"/events/{event}/participants/ben"
    for act, body in (("approve", None), ("reject", None), ("move", {"status": "NOT_GOING"})):
        assert codes(await api("asha", "POST", f"{bens}/{act}", body)) == (403, "not-organiser")
    assert (await api.get("ben", f"/events/{event}/rsvp"))["status"] == "PENDING"


async def test_an_event_gives_twenty_roles_at_most(
    api: Api, an_event: AnEvent, appoint: Appoint, directory: FakeUserDirectory
) -> None:
    """Kills: a limit that is not looked at, or that keeps a role from being changed."""
    event = (await an_event())["id"]
    for number in range(MOST + 1):
        directory.add(f"h{number}", "H")
    for number in range(MOST):
        await appoint(event, f"h{number}", "CHECK_IN")
    answer = await api("olu", "PUT", f"/events/{event}/organisers/h{MOST}", {"role": "CHECK_IN"})
    assert codes(answer) == (409, "too-many-organisers")
    await appoint(event, "h0")


async def test_a_co_organiser_is_welcome_at_a_closed_event(
    api: Api, an_event: AnEvent, appoint: Appoint, invite: Invite
) -> None:
    """Kills: whoever runs it passed over on its waitlist, because nobody invited him."""
    event = (await an_event(privacy="INVITE_ONLY", capacity=1))["id"]
    await invite(event, "ben")
    await appoint(event, "asha")
    await api.rsvp("ben", event)
    assert (await api.rsvp("asha", event))["status"] == "WAITLISTED"
    await api.leave("ben", event)
    assert await places(api, event, "asha") == [("GOING", None)]


async def test_all_who_run_an_event_are_told_of_answers(
    api: Api, an_event: AnEvent, appoint: Appoint, events_database: Database
) -> None:
    """Kills: an owner alone who is told; a helper who is told; somebody told of his own answer."""
    event = (await an_event())["id"]
    await appoint(event, "asha")
    await appoint(event, "gus", "CHECK_IN")
    for name in ("ben", "asha"):
        await api.rsvp(name, event)
    told = "SELECT data ->> 'organisers' FROM outbox WHERE type LIKE '%answer-given%' ORDER BY seq"
    assert await events_database.fetch(str, told) == ['["olu", "asha"]', '["olu"]']


async def test_two_editors_do_not_undo_each_other(api: Api, an_event: AnEvent, appoint: Appoint) -> None:
    """Kills: an If-Match that is compared by who asks, or before the lock."""
    event = (await an_event())["id"]
    await appoint(event, "asha")
    tags = [(await api(who, "GET", f"/events/{event}")).headers["ETag"] for who in ("olu", "asha")]
    assert tags[0] == tags[1]
    first = await api("olu", "PATCH", f"/events/{event}", {"title": "Olu's"}, headers={"If-Match": tags[0]})
    second = await api("asha", "PATCH", f"/events/{event}", {"title": "Asha's"}, headers={"If-Match": tags[1]})
    assert (first.status_code, codes(second)) == (200, (412, "precondition-failed"))
    assert (await api.get("asha", f"/events/{event}"))["title"] == "Olu's"


async def test_whom_the_owner_leaves_behind_takes_over(
    module: Module, api: Api, an_event: AnEvent, appoint: Appoint, events_database: Database, audited: Audited,
    told: Told,
) -> None:  # fmt: skip
    """Kills: the youngest, the suspended or a helper who takes over; a draft that goes; two roles of one member."""
    personal = {"organizer_name": "Olu Obi", "organizer_email": "olu@mail.example"}
    coming, draft = (await an_event(capacity=1, **personal))["id"], (await an_event(status="DRAFT"))["id"]
    for event in (coming, draft):
        for name, role in (("gus", "CHECK_IN"), ("dina", "CO_ORGANISER"), ("asha", "CO_ORGANISER")):
            await appoint(event, name, role)
        await appoint(event, "ben")
    await api.rsvp("olu", coming)
    await api.rsvp("chen", coming)
    await stand(module, "dina", "suspended", 1)
    await stand(module, "olu", "erased", 1)
    for event, status in ((coming, "PUBLISHED"), (draft, "DRAFT")):
        seen = await api.get("asha", f"/events/{event}")
        assert (seen["status"], seen["created_by_username"], seen["my_role"]) == (status, "asha", "ORGANISER")
        assert seen["organizer_name"] is None
        listed = await api.get("asha", f"/events/{event}/organisers")
        assert [(one["username"], one["added_by"]) for one in listed["items"]] == [
            ("asha", None), ("gus", None), ("dina", None), ("ben", None),
        ]  # fmt: skip
    assert await places(api, coming, "chen") == [("GOING", None)]
    appointed = [(one["username"], one["event_id"], one["role"]) for one in await told("organiser-appointed")]
    assert appointed[-2:] == [("asha", coming, "ORGANISER"), ("asha", draft, "ORGANISER")]
    assert await told("event-changed") == []
    assert (await audited())[-2:] == [("event-handed-over", None)] * 2
    assert await events_database.fetch_value("SELECT count(*) FROM audit_log WHERE audit_log::text LIKE '%asha%'") == 0


async def test_of_two_who_are_erased_neither_takes_over(
    module: Module, api: Api, an_event: AnEvent, appoint: Appoint
) -> None:
    """Kills: an heir who is erased with the owner, or just before him."""
    event = (await an_event())["id"]
    await appoint(event, "asha")
    await appoint(event, "ben")
    await stand(module, "asha", "erased", 1)
    await stand(module, "olu", "erased", 1)
    assert (await api.get("ben", f"/events/{event}"))["my_role"] == "ORGANISER"
    await stand(module, "ben", "erased", 1)
    seen = await api.get("chen", f"/events/{event}")
    assert (seen["status"], seen["created_by_username"]) == ("NEEDS_ORGANISER", None)


async def test_an_event_manager_gives_an_event_an_organiser(
    module: Module,
    api: Api,
    an_event: AnEvent,
    directory: FakeUserDirectory,
    events_database: Database,
    audited: Audited,
) -> None:
    """Kills: an event taken from somebody; one given to a stranger; seats that stay empty though somebody waits."""
    event = (await an_event(capacity=1, privacy="PUBLIC"))["id"]
    path, admin = f"/events/{event}/organiser", "admin:ada"
    assert codes(await api(admin, "POST", path, {"username": "ben"})) == (409, "wrong-state")
    await api.rsvp("chen", event)
    await api.rsvp("dina", event)
    await stand(module, "olu", "erased", 1)
    await api.leave("chen", event)
    assert await places(api, event, "dina") == [("WAITLISTED", 1)]
    directory.add("sus", "Sus", "suspended")
    for name in ("sus", "nobody"):
        assert codes(await api(admin, "POST", path, {"username": name})) == (422, "invalid")
    assert codes(await api("asha", "POST", path, {"username": "asha"})) == (403, "forbidden")
    assert codes(await api(admin, "POST", "/events/999999/organiser", {"username": "ben"})) == (404, "not-found")
    given = await api(admin, "POST", path, {"username": "Ben"})
    assert (given.status_code, given.json()["username"], given.json()["role"]) == (200, "ben", "ORGANISER")
    seen = await api.get("ben", f"/events/{event}")
    assert (seen["status"], seen["my_role"], seen["created_by_username"]) == ("PUBLISHED", "ORGANISER", "ben")
    assert await places(api, event, "dina") == [("GOING", None)]
    assert (await api.get(admin, "/events/needing-organiser"))["items"] == []
    assert codes(await api(admin, "POST", path, {"username": "asha"})) == (409, "wrong-state")
    assert (await audited())[-1] == ("event-handed-over", "USER_ada")
    assert await events_database.fetch_value("SELECT count(*) FROM audit_log WHERE audit_log::text ~ '\\mben\\M'") == 0


async def test_what_ends_an_event_is_in_the_log(
    api: Api, an_event: AnEvent, appoint: Appoint, audited: Audited
) -> None:
    """Kills: an entry forgotten; one for what changed nothing; one that names somebody."""
    draft, other = (await an_event(status="DRAFT"))["id"], (await an_event())["id"]
    await appoint(draft, "asha")
    for _ in range(2):
        await api("asha", "POST", f"/events/{draft}/publish")
        await api("asha", "POST", f"/events/{draft}/cancel")
    assert (await api("olu", "DELETE", f"/events/{other}")).status_code == 204
    assert await audited() == [
        ("organiser-appointed", "USER_olu"), ("event-published", "USER_asha"), ("event-cancelled", "USER_asha"),
        ("event-deleted", "USER_olu"),
    ]  # fmt: skip


async def test_the_list_costs_two_statements(
    api: Api, an_event: AnEvent, appoint: Appoint, events_database: Database, directory: FakeUserDirectory
) -> None:
    """Kills: a card per organiser."""
    event = (await an_event())["id"]
    for name in ("asha", "ben", "chen"):
        await appoint(event, name)
    statements: list[str] = []
    events_database.observers.append(lambda _database, statement, _seconds: statements.append(statement))
    directory.calls = 0
    await api.get("asha", f"/events/{event}/organisers")
    costs = [one for one in statements if "event_organisers" in one]
    assert (len(costs), directory.calls) == (2, 1)
