"""Mails about what members are told, and the ways out of them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import qr
from ijaa.shared.pages import Cursors
from ijaa.users.ports import (
    TicketIssued,
)
from tests.figures import report
from tests.integration.users.conftest import AMember, App, Mailbox, Start
from tests.integration.users.told import PREFERENCES, START, hear, inbox_of, mail_to, moved, promoted

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
    await hear(app, _issued("asha"))
    mail = await mail_to(mailbox, "asha@mail.example")
    assert mail["Subject"] == "Your ticket: Reunion"
    assert f"Your code: {CODE}\n" in mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert CODE in page
    assert 'src="cid:code"' in page
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture.get_payload(decode=True)) == ("<code>", qr.png(CODE))
    told = (await inbox_of(client, asha.bearer))["items"][0]
    assert (told["kind"], told["path"]) == ("ticket_issued", "/events/7/rsvp/ticket")
    assert told["text"].startswith("You have a seat. Thursday, 02 May 2030, 00:00 (Asia/Dhaka). Place: Old hall.")
    await hear(app, msgspec.structs.replace(promoted("ben"), code=CODE[::-1]), first=2)
    mail = await mail_to(mailbox, "ben@mail.example")
    assert mail["Subject"] == "You have a seat: Reunion"
    assert CODE[::-1] in mail.get_body(("plain",)).get_content()
    assert (await inbox_of(client, ben.bearer))["unread"] == 1
    kept = "SELECT count(*) FROM notifications n WHERE n::text ~ $1"
    assert [await app[1].database.fetch_value(kept, code) for code in (CODE, CODE[::-1])] == [0, 0]
    await hear(app, promoted("asha"), first=3)  # of a sender of an earlier release
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
    await hear(app, _issued("asha"))
    assert await app[1].database.fetch_value("SELECT count(*) FROM jobs WHERE name = 'mail'") == 0
    assert (mailbox.messages(), (await inbox_of(client, asha.bearer))["unread"]) == ([], 1)


async def test_the_link_of_a_mail_ends_mails_of_its_kind_and_no_other(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: a token anybody can make up; end everything at once
    asha = await a_member("asha")
    await hear(app, promoted("asha"))
    mail = await mail_to(mailbox, "asha@mail.example")
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
    await hear(app, promoted("asha"))
    mail = await mail_to(mailbox, "asha@mail.example")
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
    await hear(app, promoted("asha"))
    token, path = _token(await mail_to(mailbox, "asha@mail.example")), "/api/v1/notifications/unsubscribe"
    cursor = (await inbox_of(client, asha.bearer))["next_cursor"] or Cursors(b"k").write(
        "unsubscribe", 1, "event_moved"
    )
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


async def test_numbers_of_any_length_tell_mails_apart(app: App, a_member: AMember, mailbox: Mailbox) -> None:
    # mutant: cut the identity of a mail, so that one of two is taken for the other
    for name in ("asha", "ben"):
        await a_member(name)
    cancelled = msgspec.structs.replace(moved("asha", "ben"), change="cancelled")
    await hear(app, cancelled, first=9_000_000_000_000_000_000)
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
        await hear((client, module), moved(*(f"m{number}" for number in range(1, 121))))
    assert sum("INSERT INTO jobs" in sql and "'{}'" not in sql for sql in written) == 3


async def test_long_messages_share_no_transaction_with_many(app: App) -> None:
    # mutant: one transaction for a batch, however many it tells
    begun: list[str] = []
    app[1].database.observers.append(lambda _database, sql, _seconds: begun.append(sql))
    await hear(app, *(moved(*(f"nobody-{number:04}" for number in range(500))) for _ in range(10)))
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
        await hear((client, module), *(moved(*names[first : first + 500]) for first in range(0, 5000, 500)))
        assert await module.database.fetch_value("SELECT count(*) FROM notifications") == 5000
    report(f"5,000 told in {len(lasted)} transactions, the longest of {max(lasted):.2f} s")
