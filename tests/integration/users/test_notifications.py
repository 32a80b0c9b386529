"""What members are told, by the ways they chose."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.messages import Message
from ijaa.users.ports import (
    AnswerGiven,
    CommentReplied,
    EventChanged,
    Mentioned,
    OrganiserAppointed,
    SeatMoved,
    SeatOffered,
)
from tests.integration.users.conftest import AMember, App, Mailbox
from tests.integration.users.told import INBOX, PREFERENCES, START, hear, inbox_of, mail_to, moved, promoted


async def test_a_member_is_told_in_words_and_by_mail(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: tell the wrong member; let what somebody wrote into a mail unescaped, or into a header with its break
    asha, ben = await a_member("asha"), await a_member("ben")
    await hear(app, promoted("asha", title="<b>Tea</b>\nand talk"))
    told = await inbox_of(client, asha.bearer)
    assert told["unread"] == 1
    assert told["items"][0] | {"id": 0, "told_at": ""} == {
        "id": 0, "kind": "seat_promoted", "title": "You have a seat: <b>Tea</b>\nand talk",
        "text": "A seat came free, and it is yours. Thursday, 02 May 2030, 00:00 (Asia/Dhaka).",
        "path": "/events/7", "count": 1, "told_at": "", "read_at": None,
    }  # fmt: skip
    assert (await inbox_of(client, ben.bearer))["items"] == []

    mail = await mail_to(mailbox, "asha@mail.example")
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
    await hear(app, SeatOffered(**given, timezone="Asia/Dhaka", offered_until=START - timedelta(days=1)))
    for status in ("GOING", "WAITLISTED", "NOT_GOING"):
        await hear(app, SeatMoved(**{**given, "event_id": len(status)}, timezone="Asia/Dhaka", status=status))
    told = {
        one["path"]: (one["kind"], one["title"], one["text"]) for one in (await inbox_of(client, asha.bearer))["items"]
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


async def test_more_of_the_same_is_counted_until_it_is_read(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    # mutants: a notification per answer; go on counting in one that was read
    asha = await a_member("asha")
    answer = AnswerGiven(event_id=7, title="Reunion", organisers=["asha"])
    await hear(app, answer, answer, answer)
    told = await inbox_of(client, asha.bearer)
    assert [(one["count"], one["title"]) for one in told["items"]] == [(3, "3 new answers: Reunion")]
    marked = await client.post(f"{INBOX}/read", headers=asha.bearer, json={"ids": [told["items"][0]["id"]]})
    assert (marked.status_code, marked.json()) == (200, {"unread": 0})
    await hear(app, answer, first=4)
    told = await inbox_of(client, asha.bearer)
    assert [(one["count"], one["read_at"] is None) for one in told["items"]] == [(1, True), (3, False)]
    assert len((await inbox_of(client, asha.bearer, unread="true"))["items"]) == 1


async def test_what_comes_late_does_not_hide_what_is_newer(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    # mutant: the last to arrive wins
    asha = await a_member("asha")
    await hear(app, moved("asha", title="New title"), first=9)
    await hear(app, moved("asha", title="Old title"), first=8)
    assert [one["title"] for one in (await inbox_of(client, asha.bearer))["items"]] == ["Moved: New title"]


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
    await hear(app, message)
    told = await inbox_of(client, asha.bearer)
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
    await hear(app, moved("asha"))
    await asyncio.sleep(0.1)
    assert (await inbox_of(client, asha.bearer))["items"] == []
    assert mailbox.messages() == []
    answer = await client.patch(PREFERENCES, headers=asha.bearer, json={"event_moved": None})
    assert answer.json()["event_moved"] == both
    for wrong in ({"event_moved": {"sms": True}}, {"nothing": {}}, {"event_moved": {"email": "no"}}):
        assert (await client.patch(PREFERENCES, headers=asha.bearer, json=wrong)).status_code == 422


async def test_who_may_not_act_is_not_told(app: App, a_member: AMember) -> None:
    # mutant: tell whoever has the name
    await a_member("ben")
    async with app[1].database.transaction() as session:
        await session.execute(text("UPDATE users SET active = false"))
    await hear(app, moved("ben", "nobody"))
    assert await app[1].database.fetch_value("SELECT count(*) FROM notifications") == 0
    assert await app[1].database.fetch_value("SELECT count(*) FROM jobs WHERE name = 'mail'") == 0


async def test_pages_go_back_in_time(
    app: App, client: httpx.AsyncClient, a_member: AMember, clock: FrozenClock
) -> None:
    asha = await a_member("asha")
    for number in range(5):
        clock.at += timedelta(seconds=1)
        await hear(app, promoted("asha", event=number + 1), first=number + 1)
    seen, cursor = [], None
    while True:
        page = await inbox_of(client, asha.bearer, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [one["path"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [f"/events/{number}" for number in (5, 4, 3, 2, 1)]
    assert (await client.post(f"{INBOX}/read", headers=asha.bearer, json={"all": True})).json() == {"unread": 0}
    for wrong in ({}, {"all": False}, {"ids": []}, {"ids": [1], "all": True}):
        assert (await client.post(f"{INBOX}/read", headers=asha.bearer, json=wrong)).status_code == 422


async def test_members_are_told_of_replies_and_mentions(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    # mutants: a notification per reply; one that names who wrote it; a path to another comment; names nobody has
    asha, ben = await a_member("asha"), await a_member("ben")
    replies = [
        CommentReplied(username="asha", by="ben", event_id=7, title="Reunion", parent_id=3, comment_id=number)
        for number in (4, 5)
    ]
    named = Mentioned(event_id=7, by="chen", title="Reunion", comment_id=9, usernames=["asha", "ben", "nobody"])
    await hear(app, *replies, named)
    told = await inbox_of(client, asha.bearer)
    assert sorted((one["kind"], one["title"], one["path"], one["count"]) for one in told["items"]) == [
        ("comment_replied", "2 replies to your comment: Reunion", "/comments/5", 2),
        ("mentioned", "You were mentioned: Reunion", "/comments/9", 1),
    ]
    assert "ben" not in str(told)
    assert [one["kind"] for one in (await inbox_of(client, ben.bearer))["items"]] == ["mentioned"]
    preferences = (await client.get(PREFERENCES, headers=asha.bearer)).json()
    assert [preferences[kind]["email"] for kind in ("comment_replied", "mentioned")] == [False, False]


async def test_a_block_keeps_replies_and_mentions_away(app: App, client: httpx.AsyncClient, a_member: AMember) -> None:
    # mutants: a block that works one way; one that keeps others from being told
    asha, ben, chen = [await a_member(name) for name in ("asha", "ben", "chen")]
    assert (await client.put("/api/v1/me/blocks/ben", headers=asha.bearer)).status_code == 200
    for by, usernames in (("ben", ["asha", "chen"]), ("asha", ["ben", "chen"])):
        reply = CommentReplied(username=usernames[0], by=by, event_id=7, title="Tea", parent_id=3, comment_id=4)
        await hear(app, reply, Mentioned(event_id=7, by=by, title="Tea", comment_id=9, usernames=usernames))
    assert [(await inbox_of(client, one.bearer))["items"] for one in (asha, ben)] == [[], []]
    assert [(one["kind"], one["count"]) for one in (await inbox_of(client, chen.bearer))["items"]] == [("mentioned", 2)]
