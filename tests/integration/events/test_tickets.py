"""Tickets: who has one, how long it is good, and that nobody makes one up."""

from base64 import b32decode, b32encode
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import msgspec
import pytest
from PIL import Image
from sqlalchemy import text

from ijaa.events.tickets.domain import Ticket, Tickets, tickets_of
from ijaa.settings import Settings
from ijaa.shared import qr
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from tests.integration.events.conftest import AnEvent, Api, Told, codes

ROWS = "SELECT array_agg(p.*::text ORDER BY id) FROM event_participations p"
REFUSED = (422, "ticket-refused")


async def code_of(api: Api, who: str, event: int) -> str:
    """Return the code of a member's ticket."""
    code: str = (await api.get(who, f"/events/{event}/rsvp/ticket"))["code"]
    return code


async def scan(api: Api, event: int, code: object, by: str = "olu") -> Any:
    """Present a code at the door."""
    return await api(by, "POST", f"/events/{event}/check-in", {"code": code})


@pytest.fixture
async def event(an_event: AnEvent, clock: FrozenClock) -> int:
    """Make an event whose door is open."""
    start = clock.now() + timedelta(hours=1)
    event: int = (await an_event(start_date=start, end_date=start + timedelta(hours=2), max_guests=5))["id"]
    return event


async def test_a_ticket_is_text_and_two_pictures_that_no_cache_keeps(api: Api, event: int) -> None:
    # mutants: another code in a picture; one that a shared cache gives to the next
    await api.rsvp("asha", event)
    ticket = await api.get("asha", f"/events/{event}/rsvp/ticket")
    assert ticket == {
        "code": ticket["code"],
        "svg": f"/api/v1/events/{event}/rsvp/ticket.svg", "png": f"/api/v1/events/{event}/rsvp/ticket.png",
    }  # fmt: skip
    for kind, media_type, drawn in (("svg", "image/svg+xml", qr.svg), ("png", "image/png", qr.png)):
        answer = await api("asha", "GET", ticket[kind].removeprefix("/api/v1"))
        assert answer.content == drawn(ticket["code"])
        assert answer.headers["content-type"].split(";")[0] == media_type
        assert answer.headers["cache-control"] == "no-store"
        assert "sandbox" in answer.headers["content-security-policy"]
    assert Image.open(BytesIO(answer.content)).format == "PNG"


async def test_only_who_has_a_seat_has_a_ticket(api: Api, an_event: AnEvent, event: int) -> None:
    # mutants: a ticket for whoever waits, or may; one for an event one does not see
    full = (await an_event(capacity=1, requires_approval=False))["id"]
    asking = (await an_event(requires_approval=True))["id"]
    hidden = (await an_event(privacy="PRIVATE"))["id"]
    await api.rsvp("ben", full)
    for which, status in ((event, "MAYBE"), (event, "NOT_GOING"), (full, "GOING"), (asking, "GOING")):
        await api.rsvp("asha", which, status)
        for path in ("ticket", "ticket.svg", "ticket.png"):
            assert codes(await api("asha", "GET", f"/events/{which}/rsvp/{path}")) == (404, "not-found")
    answers = [await api("asha", "GET", f"/events/{one}/rsvp/ticket") for one in (hidden, 10**9)]
    assert [codes(one) for one in answers] == [(404, "not-found")] * 2
    assert codes(await api(None, "GET", f"/events/{event}/rsvp/ticket")) == (401, "unauthenticated")
    await api("olu", "POST", f"/events/{asking}/participants/asha/approve")
    assert await code_of(api, "asha", asking)


async def test_a_code_changes_with_the_answer_and_the_old_one_is_refused_with_its_reason(
    api: Api, event: int, events_database: Database
) -> None:
    """Kills: a code that outlives its answer, by PUT or DELETE; one that dies with another number of guests."""
    old = []
    for give_up in ("MAYBE", "NOT_GOING", "DELETE"):
        await api.rsvp("asha", event)
        old.append(await code_of(api, "asha", event))
        await api.rsvp("asha", event, guests=2, message="hungry")
        assert await code_of(api, "asha", event) == old[-1]
        if give_up == "DELETE":
            await api.leave("asha", event)
        else:
            await api.rsvp("asha", event, give_up)
        before = await events_database.fetch_value(ROWS)
        refusals = [await scan(api, event, one) for one in old]
        assert [codes(one) for one in refusals] == [REFUSED] * len(old)
        assert all("good once" in one.json()["detail"] for one in refusals)
        assert await events_database.fetch_value(ROWS) == before
    await api.rsvp("asha", event)
    new = await code_of(api, "asha", event)
    assert len({*old, new}) == 4
    assert [codes(await scan(api, event, one)) for one in old] == [REFUSED] * 3
    assert (await scan(api, event, new)).status_code == 200


async def test_a_code_dies_whoever_takes_the_seat_away(api: Api, event: int, events_database: Database) -> None:
    """Kills: a code that is good again for a seat that was lost otherwise than by an answer, and won again."""
    await api.rsvp("asha", event)
    old = await code_of(api, "asha", event)
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE event_participations SET status = 'NOT_GOING', version = version + 1"))
        await session.execute(text("UPDATE events SET going = 0"))
    await api.rsvp("asha", event)
    assert codes(await scan(api, event, old)) == REFUSED


def forged(code: str, event: int, ticket: Ticket, secret: str) -> Iterator[object]:
    """Yield what is no code of this event, however near it comes."""
    ours, raw = tickets_of(secret), b32decode(code + "=" * (-len(code) % 8))
    tag, body = raw[:12], raw[12:]

    def written(content: bytes) -> str:
        return b32encode(content).rstrip(b"=").decode()

    yield from (code[:length] for length in (1, 8, 16, len(code) - 1))
    yield from (code[1:], code[::-1], code + "A", code + code, f" {code}", f"{code}\n", code.lower(), f"{code}=")
    yield from (
        code[:4] + "-" + code[4:],
        f"https://alumni.example/{code}",
        code.replace(code[0], "0"),
        "A" * len(code),
    )
    yield from (code[:-1] + ("B" if code[-1] == "A" else "A"), ("B" if code[0] == "A" else "A") + code[1:])
    yield from (written(bytes(12) + body), written(tag), written(tag[:11] + body), written(tag + body + b"\0"))
    yield from (written(tag + msgspec.msgpack.encode(one)) for one in ((1, 99), (99, 1), [], {"a": 1}, None, (0, 0)))
    yield Tickets(b"k" * 32).write(event, ticket)
    yield from (ours.write(other, ticket) for other in (event + 1, event - 1, 2**62))
    yield tickets_of(secret + " ").write(event, ticket)
    yield from (
        "",
        "0",
        "null",
        "x" * 500,
        "é" * 20,
        "\u0661" * 28,
        "\uff1d" * 28,
        "A" * 64,
        "7" * 63,
        "' OR 1=1 --",
        "..",
    )


async def test_what_was_never_written_is_refused_alike_and_leaves_no_trace(
    api: Api, an_event: AnEvent, event: int, events_database: Database, settings: Settings, clock: FrozenClock
) -> None:
    """Kills: a tag that is not compared, or in part; an event left out of it; a reason for some of them."""
    await api.rsvp("asha", event)
    code = await code_of(api, "asha", event)
    start = clock.now() + timedelta(hours=1)
    other = (await an_event(by="ben", start_date=start, end_date=start + timedelta(hours=1)))["id"]
    await api.rsvp("asha", other)
    foreign = await code_of(api, "asha", other)
    ticket = tickets_of(settings.secret_key).read(event, code)
    assert ticket
    before = await events_database.fetch_value(ROWS)
    given = [foreign, *forged(code, event, ticket, settings.secret_key)]
    assert len({*given}) == len(given) >= 40
    said = set()
    for one in given:
        answer = await scan(api, event, one)
        assert answer.status_code == 422, one
        if one != "":  # which no code is long enough for
            problem = answer.json()
            said.add((problem["code"], problem["title"], problem["detail"]))
    assert said == {("ticket-refused", "This code is not good for this event", "This code is not good for this event")}
    for wrong in ("A" * 501, 7, None, ["x"], {"code": code}):
        assert codes(await scan(api, event, wrong)) == (422, "invalid")
    assert await events_database.fetch_value(ROWS) == before
    assert (await scan(api, event, code)).status_code == 200


async def test_a_ticket_comes_with_the_seat(api: Api, an_event: AnEvent, event: int, told: Told) -> None:
    """Kills: a seat nobody sends the code of, or sends twice; a code told to whoever waits, or that is another."""
    await api.rsvp("asha", event)
    await api.rsvp("asha", event, guests=1)
    await api.rsvp("ben", event, "MAYBE")
    (issued,) = await told("ticket-issued")
    assert {name: issued[name] for name in ("username", "event_id", "title", "timezone", "code")} == {
        "username": "asha", "event_id": event, "title": "Reunion", "timezone": "Asia/Dhaka",
        "code": await code_of(api, "asha", event),
    }  # fmt: skip
    asking = (await an_event(requires_approval=True))["id"]
    await api.rsvp("chen", asking)
    assert len(await told("ticket-issued")) == 1
    await api("olu", "POST", f"/events/{asking}/participants/chen/approve")
    assert (await told("ticket-issued"))[1]["code"] == await code_of(api, "chen", asking)
    small = (await an_event(capacity=1))["id"]
    await api.rsvp("asha", small)
    await api.rsvp("ben", small)
    await api.leave("asha", small)
    (promoted,) = await told("seat-promoted")
    assert promoted["code"] == await code_of(api, "ben", small)
    assert [one["username"] for one in await told("ticket-issued")] == ["asha", "chen", "asha"]


async def test_a_seat_that_was_offered_or_given_by_an_organiser_comes_with_a_ticket(
    api: Api, an_event: AnEvent, told: Told
) -> None:
    """Kills: an offer that is a ticket already; one taken without a ticket; who is moved and learns of no code."""
    event = (await an_event(capacity=1, waitlist_mode="offer", offer_minutes=60))["id"]
    for name in ("asha", "ben", "chen"):
        await api.rsvp(name, event)
    await api.leave("asha", event)
    assert codes(await api("ben", "GET", f"/events/{event}/rsvp/ticket")) == (404, "not-found")
    await api.rsvp("ben", event)
    assert [one["username"] for one in await told("ticket-issued")] == ["asha", "ben"]
    old = await code_of(api, "ben", event)
    assert (await told("ticket-issued"))[1]["code"] == old
    for name, status in (("ben", "WAITLISTED"), ("ben", "NOT_GOING"), ("chen", "GOING")):
        moved = await api("olu", "POST", f"/events/{event}/participants/{name}/move", {"status": status})
        assert moved.status_code == 200, moved.text
        await api("olu", "PATCH", f"/events/{event}", {"capacity": 1 if status == "WAITLISTED" else 3})
    assert [one["code"] for one in await told("seat-moved")] == [None, None, await code_of(api, "chen", event)]
    await api.rsvp("ben", event)
    assert await code_of(api, "ben", event) != old
