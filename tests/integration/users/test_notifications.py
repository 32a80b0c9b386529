"""What members are told, by the ways they chose."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import qr
from ijaa.shared.clock import FrozenClock
from ijaa.shared.messages import Done, Envelope, Message
from ijaa.shared.pages import Cursors
from ijaa.users.ports import (
    AnswerGiven,
    CommentReplied,
    EventChanged,
    Mentioned,
    OrganiserAppointed,
    SeatMoved,
    SeatOffered,
    SeatPromoted,
    TicketIssued,
)
from tests.figures import report
from tests.integration.users.conftest import AMember, App, Mailbox, Start

INBOX = "/api/v1/me/notifications"
PREFERENCES = "/api/v1/me/notification-preferences"
START = datetime(2030, 5, 1, 18, tzinfo=UTC)


def _promoted(username: str, event: int = 7, title: str = "Reunion") -> SeatPromoted:
    return SeatPromoted(username=username, event_id=event, title=title, start_date=START, timezone="Asia/Dhaka")


def _moved(*usernames: str, title: str = "Reunion") -> EventChanged:
    return EventChanged(
        event_id=7, change="moved", title=title, start_date=START, timezone="Asia/Dhaka", location=None,
        usernames=[*usernames],
    )  # fmt: skip


async def _hear(app: App, *messages: Message, first: int = 1) -> None:
    envelopes = [
        Envelope(
            id=uuid4(), source="/events", type=one.TYPE, subject=one.subject, time=START, sequence=seq,
            data=msgspec.Raw(msgspec.json.encode(one)),
        )
        for seq, one in enumerate(messages, first)
    ]  # fmt: skip
    assert await app[1].inbox.receive(envelopes) == [Done()] * len(envelopes)


async def _inbox(client: httpx.AsyncClient, bearer: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = await client.get(INBOX, headers=bearer, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _mail(mailbox: Mailbox, to: str) -> Any:
    await mailbox.last(to)
    return mailbox.messages(to)[-1]


async def test_a_member_is_told_in_words_and_by_mail(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: tell the wrong member; let what somebody wrote into a mail unescaped, or into a header with its break
    asha, ben = await a_member("asha"), await a_member("ben")
    await _hear(app, _promoted("asha", title="<b>Tea</b>\nand talk"))
    told = await _inbox(client, asha.bearer)
    assert told["unread"] == 1
    assert told["items"][0] | {"id": 0, "told_at": ""} == {
        "id": 0, "kind": "seat_promoted", "title": "You have a seat: <b>Tea</b>\nand talk",
        "text": "A seat came free, and it is yours. Thursday, 02 May 2030, 00:00 (Asia/Dhaka).",
        "path": "/events/7", "count": 1, "told_at": "", "read_at": None,
    }  # fmt: skip
    assert (await _inbox(client, ben.bearer))["items"] == []

    mail = await _mail(mailbox, "asha@mail.example")
    assert mail["Subject"] == "You have a seat: <b>Tea</b> and talk"
    page = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;Tea&lt;/b&gt;" in page
    assert "<b>Tea" not in page
    assert "<b>Tea</b>" in mail.get_body(("plain",)).get_content()


async def test_a_seat_that_is_offered_or_moved_is_told_in_words(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    # mutants: the end of an offer in another zone; one text for whatever an organiser did
    asha = await a_member("asha")
    given: dict[str, Any] = {"username": "asha", "event_id": 7, "title": "Tea", "start_date": START}
    await _hear(app, SeatOffered(**given, timezone="Asia/Dhaka", offered_until=START - timedelta(days=1)))
    for status in ("GOING", "WAITLISTED", "NOT_GOING"):
        await _hear(app, SeatMoved(**{**given, "event_id": len(status)}, timezone="Asia/Dhaka", status=status))
    told = {
        one["path"]: (one["kind"], one["title"], one["text"]) for one in (await _inbox(client, asha.bearer))["items"]
    }
    when = "Thursday, 02 May 2030, 00:00 (Asia/Dhaka)."
    kept = "A seat is kept for you until Wednesday, 01 May 2030, 00:00 (Asia/Dhaka): answer GOING to take it."
    assert told == {
        "/events/7": (
            "seat_offered", "A seat for you: Tea", f"{kept} After that it is offered to the next one. {when}",
        ),
        "/events/5": ("seat_moved", "You have a seat: Tea", f"An organiser gave you a seat. {when}"),
        "/events/10": (
            "seat_moved", "You are on the waitlist: Tea", f"An organiser put you on the waitlist. {when}",
        ),
        "/events/9": ("seat_moved", "You have no seat: Tea", f"An organiser took you off the event. {when}"),
    }  # fmt: skip


CODE = "MFRGGZDFMZTWQ2LKNNWG23TPOBYX"


def _issued(username: str) -> TicketIssued:
    return TicketIssued(
        username=username, event_id=7, title="Reunion", start_date=START, timezone="Asia/Dhaka", location="Old hall",
        code=CODE,
    )  # fmt: skip


async def test_a_ticket_comes_by_mail_as_text_and_picture_and_is_kept_nowhere(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    """Kills: a mail without the code, or the picture of another; a code that stays in what is told."""
    asha, ben = await a_member("asha"), await a_member("ben")
    await _hear(app, _issued("asha"))
    mail = await _mail(mailbox, "asha@mail.example")
    assert mail["Subject"] == "Your ticket: Reunion"
    assert f"Your code: {CODE}\n" in mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert CODE in page
    assert 'src="cid:code"' in page
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture.get_payload(decode=True)) == ("<code>", qr.png(CODE))
    told = (await _inbox(client, asha.bearer))["items"][0]
    assert (told["kind"], told["path"]) == ("ticket_issued", "/events/7/rsvp/ticket")
    assert told["text"].startswith("You have a seat. Thursday, 02 May 2030, 00:00 (Asia/Dhaka). Place: Old hall.")
    await _hear(app, msgspec.structs.replace(_promoted("ben"), code=CODE[::-1]), first=2)
    mail = await _mail(mailbox, "ben@mail.example")
    assert mail["Subject"] == "You have a seat: Reunion"
    assert CODE[::-1] in mail.get_body(("plain",)).get_content()
    assert (await _inbox(client, ben.bearer))["unread"] == 1
    kept = "SELECT count(*) FROM notifications n WHERE n::text ~ $1"
    assert [await app[1].database.fetch_value(kept, code) for code in (CODE, CODE[::-1])] == [0, 0]
    await _hear(app, _promoted("asha"), first=3)  # of a sender of an earlier release
    await mailbox.last("asha@mail.example", 2)
    assert [part.get_content_type() for part in mailbox.messages("asha@mail.example")[-1].walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


async def test_who_wants_no_tickets_by_mail_gets_none(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutant: mail whatever was chosen
    asha = await a_member("asha")
    await client.patch(PREFERENCES, headers=asha.bearer, json={"ticket_issued": {"email": False}})
    await _hear(app, _issued("asha"))
    assert await app[1].database.fetch_value("SELECT count(*) FROM jobs WHERE name = 'mail'") == 0
    assert (mailbox.messages(), (await _inbox(client, asha.bearer))["unread"]) == ([], 1)


async def test_more_of_the_same_is_counted_until_it_is_read(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    # mutants: a notification per answer; go on counting in one that was read
    asha = await a_member("asha")
    answer = AnswerGiven(event_id=7, title="Reunion", organisers=["asha"])
    await _hear(app, answer, answer, answer)
    told = await _inbox(client, asha.bearer)
    assert [(one["count"], one["title"]) for one in told["items"]] == [(3, "3 new answers: Reunion")]
    marked = await client.post(f"{INBOX}/read", headers=asha.bearer, json={"ids": [told["items"][0]["id"]]})
    assert (marked.status_code, marked.json()) == (200, {"unread": 0})
    await _hear(app, answer, first=4)
    told = await _inbox(client, asha.bearer)
    assert [(one["count"], one["read_at"] is None) for one in told["items"]] == [(1, True), (3, False)]
    assert len((await _inbox(client, asha.bearer, unread="true"))["items"]) == 1


async def test_what_comes_late_does_not_hide_what_is_newer(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    # mutant: the last to arrive wins
    asha = await a_member("asha")
    await _hear(app, _moved("asha", title="New title"), first=9)
    await _hear(app, _moved("asha", title="Old title"), first=8)
    assert [one["title"] for one in (await _inbox(client, asha.bearer))["items"]] == ["Moved: New title"]


def _changed(change: Any, **given: Any) -> EventChanged:
    return EventChanged(
        event_id=7, change=change, title="Reunion", start_date=START, timezone="Asia/Dhaka", location="New hall",
        usernames=["asha"], **given,
    )  # fmt: skip


def _appointed(role: Any) -> OrganiserAppointed:
    return OrganiserAppointed(
        username="asha", event_id=7, title="Reunion", start_date=START, timezone="Asia/Dhaka", role=role
    )


_WHEN = "Thursday, 02 May 2030, 00:00 (Asia/Dhaka)."
_WAS = "It was: Tuesday, 30 April 2030, 19:00 (Europe/London)."
_MOVED = f"The event has another time or place. {_WHEN} Place: New hall. {_WAS}"
_BEFORE = {"was_start_date": datetime(2030, 4, 30, 18, tzinfo=UTC), "was_timezone": "Europe/London"}
SAID: list[tuple[Message, str, str]] = [
    (
        _changed("moved", **_BEFORE, was_location="Old hall", asked_again=True),
        "Moved: Reunion",
        f"{_MOVED} Place: Old hall. Is your answer still right?",
    ),
    (
        _changed("moved", **_BEFORE),
        "Moved: Reunion",
        _MOVED,
    ),
    (
        _changed("cancelled", message="The hall burned down."),
        "Cancelled: Reunion",
        f"The event was cancelled. It would have begun: {_WHEN} The organiser says: The hall burned down.",
    ),
    (_changed("cancelled"), "Cancelled: Reunion", f"The event was cancelled. It would have begun: {_WHEN}"),
    (
        _changed("needs-organiser"),
        "Without an organiser: Reunion",
        f"Whoever organised it has left. It takes no answers until somebody takes it over. {_WHEN}",
    ),
    (_appointed("ORGANISER"), "It is yours: Reunion", f"You are the organiser of this event now. {_WHEN}"),
    (
        _appointed("CO_ORGANISER"),
        "You organise: Reunion",
        f"You were asked to organise this event with others; you may resign at any time. {_WHEN}",
    ),
    (
        _appointed("CHECK_IN"),
        "You help: Reunion",
        f"You were asked to check people in at this event; you may resign at any time. {_WHEN}",
    ),
]


@pytest.mark.parametrize(("message", "title", "words"), SAID)
async def test_what_becomes_of_an_event_is_said_in_words(
    app: App, client: httpx.AsyncClient, a_member: AMember, message: Message, title: str, words: str
) -> None:
    """Kills: another kind than the change; what was before told as what is; a question nobody asks."""
    asha = await a_member("asha")
    await _hear(app, message)
    told = await _inbox(client, asha.bearer)
    assert [(one["title"], one["text"]) for one in told["items"]] == [(title, words)]


async def test_a_member_chooses_and_null_is_the_default_again(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: mail whatever was chosen; forget one channel when the other changes
    asha = await a_member("asha")
    both = {"in_app": True, "email": True}
    found = (await client.get(PREFERENCES, headers=asha.bearer)).json()
    assert (found["event_moved"], found["answer_given"]) == (both, {"in_app": True, "email": False})
    for patch, now in (
        ({"event_moved": {"email": False}}, {"in_app": True, "email": False}),
        ({"event_moved": {"in_app": False}}, {"in_app": False, "email": False}),
    ):
        answer = await client.patch(PREFERENCES, headers=asha.bearer, json=patch)
        assert (answer.status_code, answer.json()["event_moved"]) == (200, now)
    await _hear(app, _moved("asha"))
    await asyncio.sleep(0.1)
    assert (await _inbox(client, asha.bearer))["items"] == []
    assert mailbox.messages() == []
    answer = await client.patch(PREFERENCES, headers=asha.bearer, json={"event_moved": None})
    assert answer.json()["event_moved"] == both
    for wrong in ({"event_moved": {"sms": True}}, {"nothing": {}}, {"event_moved": {"email": "no"}}):
        assert (await client.patch(PREFERENCES, headers=asha.bearer, json=wrong)).status_code == 422


async def test_the_link_of_a_mail_ends_mails_of_its_kind_and_no_other(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: a token anybody can make up; end everything at once
    asha = await a_member("asha")
    await _hear(app, _promoted("asha"))
    mail = await _mail(mailbox, "asha@mail.example")
    token = _token(mail)
    assert f"https://alumni.example/unsubscribe?token={token}" in mail.get_body(("plain",)).get_content()
    path = "/api/v1/notifications/unsubscribe"
    assert (await client.post(path, json={"token": token[:-2] + "AA"})).status_code == 400
    assert (await client.post(path, json={"token": token})).status_code == 204
    found = (await client.get(PREFERENCES, headers=asha.bearer)).json()
    assert found["seat_promoted"] == {"in_app": True, "email": False}
    assert found["event_moved"] == {"in_app": True, "email": True}


def _token(mail: Any) -> str:
    path, _, token = str(mail["List-Unsubscribe"]).strip("<>").rpartition("/")
    assert path == "https://alumni.example/api/v1/notifications/unsubscribe"
    return token


CLICK = {"List-Unsubscribe": "One-Click"}


async def test_one_click_ends_mails_of_a_kind_and_a_scanner_that_opens_the_link_ends_nothing(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: a GET that ends them; a header without its twin; one encoding alone; a second click refused
    asha, ben = await a_member("asha"), await a_member("ben")
    await _hear(app, _promoted("asha"))
    mail = await _mail(mailbox, "asha@mail.example")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = f"/api/v1/notifications/unsubscribe/{_token(mail)}"
    for method in ("GET", "HEAD"):
        opened = await client.request(method, path)
        assert (opened.status_code, opened.headers["location"]) == (303, f"/unsubscribe?token={_token(mail)}")
    assert (await client.get(PREFERENCES, headers=asha.bearer)).json()["seat_promoted"]["email"]
    for form in ({"data": CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {"data": CLICK}):
        clicked = await client.post(path, **form)
        assert (clicked.status_code, clicked.content) == (204, b"")
    found = (await client.get(PREFERENCES, headers=asha.bearer)).json()
    assert (found["seat_promoted"], found["event_moved"]["email"]) == ({"in_app": True, "email": False}, True)
    assert (await client.get(PREFERENCES, headers=ben.bearer)).json()["seat_promoted"]["email"]


async def test_what_is_no_click_ends_nothing(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: any body will do; a token that was altered, or one of something else; one of any length in a redirect
    asha = await a_member("asha")
    await _hear(app, _promoted("asha"))
    token, path = _token(await _mail(mailbox, "asha@mail.example")), "/api/v1/notifications/unsubscribe"
    cursor = (await _inbox(client, asha.bearer))["next_cursor"] or Cursors(b"k").write("unsubscribe", 1, "event_moved")
    for wrong in (token[:-2] + "AA", cursor, "x", "A" * 200):
        assert (await client.post(f"{path}/{wrong}", data=CLICK)).status_code == 400
    assert [(await client.request(way, f"{path}/{'A' * 201}")).status_code for way in ("GET", "HEAD")] == [422, 422]
    forms: list[dict[str, Any]] = [
        {"data": {"List-Unsubscribe": "Two-Clicks"}}, {"data": {**CLICK, "a": "b"}}, {"data": {"a": "b"}}, {},
        {"files": {"List-Unsubscribe": (None, "no")}}, {"files": {"file": (None, "One-Click")}},
        {"content": b"\xff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    ]  # fmt: skip
    for form in forms:
        assert (await client.post(f"{path}/{token}", **form)).status_code == 400, form
    assert (await client.post(f"{path}/{token}", json=CLICK)).status_code == 415
    assert (await client.get(PREFERENCES, headers=asha.bearer)).json()["seat_promoted"]["email"]


async def test_who_may_not_act_is_not_told(app: App, a_member: AMember) -> None:
    # mutant: tell whoever has the name
    await a_member("ben")
    async with app[1].database.transaction() as session:
        await session.execute(text("UPDATE users SET active = false"))
    await _hear(app, _moved("ben", "nobody"))
    assert await app[1].database.fetch_value("SELECT count(*) FROM notifications") == 0
    assert await app[1].database.fetch_value("SELECT count(*) FROM jobs WHERE name = 'mail'") == 0


async def test_pages_go_back_in_time(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    asha = await a_member("asha")
    for number in range(5):
        clock.at += timedelta(seconds=1)
        await _hear(app, _promoted("asha", event=number + 1), first=number + 1)
    seen, cursor = [], None
    while True:
        page = await _inbox(client, asha.bearer, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [one["path"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [f"/events/{number}" for number in (5, 4, 3, 2, 1)]
    assert (await client.post(f"{INBOX}/read", headers=asha.bearer, json={"all": True})).json() == {"unread": 0}
    for wrong in ({}, {"all": False}, {"ids": []}, {"ids": [1], "all": True}):
        assert (await client.post(f"{INBOX}/read", headers=asha.bearer, json=wrong)).status_code == 422


async def test_numbers_of_any_length_tell_mails_apart(app: App, a_member: AMember, mailbox: Mailbox) -> None:
    # mutant: cut the identity of a mail, so that one of two is taken for the other
    for name in ("asha", "ben"):
        await a_member(name)
    cancelled = msgspec.structs.replace(_moved("asha", "ben"), change="cancelled")
    await _hear(app, cancelled, first=9_000_000_000_000_000_000)
    for name in ("asha", "ben"):
        await mailbox.last(f"{name}@mail.example")


_MANY = text("""
WITH account AS (
    INSERT INTO users (user_id, username, email, active, email_verified_at, created_at, updated_at, version)
    SELECT 'USER_m' || n, 'm' || n, 'm' || n || '@mail.example', true, now(), now(), now(), 1
    FROM generate_series(1, :number) AS n RETURNING id, username
)
INSERT INTO profiles (user_id, username, name, name_key, visibility, created_at, updated_at, version)
SELECT id, username, username, username, '{}', now(), now(), 1 FROM account
""")


async def test_mails_to_many_are_written_in_sets(start: Start) -> None:
    # mutants: an INSERT for each mail; all of them rendered while everybody else waits
    written: list[str] = []
    async with start() as (client, module):
        async with module.database.transaction() as session:
            await session.execute(_MANY, {"number": 120})
        module.database.observers.append(lambda _database, sql, _seconds: written.append(sql))
        await _hear((client, module), _moved(*(f"m{number}" for number in range(1, 121))))
    assert sum("INSERT INTO jobs" in sql and "'{}'" not in sql for sql in written) == 3


async def test_long_messages_share_no_transaction_with_many(app: App) -> None:
    # mutant: one transaction for a batch, however many it tells
    begun: list[str] = []
    app[1].database.observers.append(lambda _database, sql, _seconds: begun.append(sql))
    await _hear(app, *(_moved(*(f"nobody-{number:04}" for number in range(500))) for _ in range(10)))
    assert sum("INSERT INTO inbox" in sql for sql in begun) == 3


@pytest.mark.long
async def test_five_thousand_participants_are_told_in_short_transactions(start: Start) -> None:
    async with start() as (client, module):
        async with module.database.transaction() as session:
            await session.execute(_MANY, {"number": 5000})
        lasted: list[float] = []
        transaction = module.database.transaction

        @asynccontextmanager
        async def timed() -> AsyncIterator[AsyncSession]:
            began = time.monotonic()
            async with transaction() as session:
                yield session
            lasted.append(time.monotonic() - began)

        module.inbox._database = SimpleNamespace(transaction=timed)  # type: ignore[assignment]
        names = [f"m{number}" for number in range(1, 5001)]
        await _hear((client, module), *(_moved(*names[first : first + 500]) for first in range(0, 5000, 500)))
        assert await module.database.fetch_value("SELECT count(*) FROM notifications") == 5000
    report(f"5,000 told in {len(lasted)} transactions, the longest of {max(lasted):.2f} s")


async def test_members_are_told_of_replies_and_mentions(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    # mutants: a notification per reply; one that names who wrote it; a path to another comment; names nobody has
    asha, ben = await a_member("asha"), await a_member("ben")
    replies = [
        CommentReplied(username="asha", by="ben", event_id=7, title="Reunion", parent_id=3, comment_id=number)
        for number in (4, 5)
    ]
    named = Mentioned(event_id=7, by="chen", title="Reunion", comment_id=9, usernames=["asha", "ben", "nobody"])
    await _hear(app, *replies, named)
    told = await _inbox(client, asha.bearer)
    assert sorted((one["kind"], one["title"], one["path"], one["count"]) for one in told["items"]) == [
        ("comment_replied", "2 replies to your comment: Reunion", "/comments/5", 2),
        ("mentioned", "You were mentioned: Reunion", "/comments/9", 1),
    ]
    assert "ben" not in str(told)
    assert [one["kind"] for one in (await _inbox(client, ben.bearer))["items"]] == ["mentioned"]
    preferences = (await client.get(PREFERENCES, headers=asha.bearer)).json()
    assert [preferences[kind]["email"] for kind in ("comment_replied", "mentioned")] == [False, False]


async def test_a_block_keeps_replies_and_mentions_away(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    # mutants: a block that works one way; one that keeps others from being told
    asha, ben, chen = [await a_member(name) for name in ("asha", "ben", "chen")]
    assert (await client.put("/api/v1/me/blocks/ben", headers=asha.bearer)).status_code == 200
    for by, usernames in (("ben", ["asha", "chen"]), ("asha", ["ben", "chen"])):
        reply = CommentReplied(username=usernames[0], by=by, event_id=7, title="Tea", parent_id=3, comment_id=4)
        await _hear(app, reply, Mentioned(event_id=7, by=by, title="Tea", comment_id=9, usernames=usernames))
    assert [(await _inbox(client, one.bearer))["items"] for one in (asha, ben)] == [[], []]
    assert [(one["kind"], one["count"]) for one in (await _inbox(client, chen.bearer))["items"]] == [("mentioned", 2)]
