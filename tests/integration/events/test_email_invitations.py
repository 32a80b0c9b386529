"""Invitations by mail to people who are no members."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from ijaa.events.invitations import email_service
from ijaa.settings import Settings
from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from tests.fakes import FakeUserDirectory
from tests.integration.events.conftest import AnEvent, Api, codes
from tests.integration.events.invited import listed, mine
from tests.integration.events.test_erasing import named
from tests.integration.events.test_passed_over import stand

Mails = Callable[[str], Awaitable[list[Any]]]
ASHA = "asha@alumni.example"
"""What the fake directory knows as hers."""


@pytest.fixture
def mails(module: Module, settings: Settings) -> Mails:
    """Return what lets mails go, and gives those to one address."""

    async def sent(to: str) -> list[Any]:
        await module.worker.run_due()
        files = sorted((settings.data / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]
        return [mail for mail in found if mail["To"] == to]

    return sent


async def invite(api: Api, event: int, *emails: str, **given: object) -> httpx.Response:
    """Invite addresses."""
    return await api("olu", "POST", f"/events/{event}/invitations", {"emails": emails, **given})


async def token_of(mails: Mails, to: str, page: str = "invitation") -> str:
    """Return the token of the last mail to an address."""
    found = re.search(rf"https://alumni\.example/{page}\?token=(\S+)", (await mails(to))[-1].get_content())
    assert found
    return found[1]


async def redeem(api: Api, who: str, token: str) -> httpx.Response:
    """Take an invitation."""
    return await api(who, "POST", "/invitations/redeem", {"token": token})


async def test_the_mail_says_what_when_where_and_from_whom(
    api: Api, an_event: AnEvent, mails: Mails, events_database: Database
) -> None:
    # mutants: let a line break of a title into a header; tell the place of a closed event; keep an address readable
    title = "Tea\nBcc: x@y.example"
    event = (await an_event(title=title, location="Old Hall", privacy="PRIVATE"))["id"]
    closed = (await an_event(title=title, location="Old Hall", privacy="INVITE_ONLY"))["id"]
    done = await invite(api, event, "New@Mail.example", "new@mail.example", message="Do\ncome!")
    assert (done.status_code, done.json()) == (200, {
        "results": [], "emails": [{"email": "new@mail.example", "status": "invited"}] * 2,
    })  # fmt: skip
    (mail,) = await mails("new@mail.example")
    assert mail["Subject"] == "Olu invites you: Tea Bcc: x@y.example"
    assert mail["Bcc"] is None
    said = mail.get_content()
    for line in ("What: Tea Bcc: x@y.example", "(Asia/Dhaka)", "Where: Old Hall", "> Do\n> come!", "no-invitations?"):
        assert line in said
    await invite(api, closed, "new@mail.example")
    assert "Old Hall" not in (await mails("new@mail.example"))[1].get_content()
    assert await named(events_database, "mail.example") == {}


async def test_whose_address_it_is_takes_it_once(api: Api, an_event: AnEvent, mails: Mails) -> None:
    # mutants: take the token from anybody; spend it for one who may not; leave it good
    event = (await an_event(privacy="PRIVATE", capacity=1))["id"]
    await invite(api, event, ASHA, message="Do come")
    token = await token_of(mails, ASHA)
    refused = [await redeem(api, "ben", one) for one in (token, "nothing", token[:-1])]
    assert [codes(one) for one in refused] == [(422, "invitation-not-valid")] * 3
    assert codes(await api("asha", "GET", f"/events/{event}")) == (404, "not-found")
    taken = await redeem(api, "asha", token)
    assert (taken.status_code, taken.json()["event"]["id"], taken.json()["message"]) == (200, event, "Do come")
    assert codes(await redeem(api, "asha", token)) == (422, "invitation-not-valid")
    assert codes(await api(None, "POST", "/invitations/redeem", {"token": token})) == (401, "unauthenticated")
    accepted = await api("asha", "POST", f"/me/invitations/{taken.json()['id']}/accept")
    assert accepted.json()["status"] == "GOING"
    assert await listed(api, event) == {"asha": "accepted"}
    assert (await api.get("olu", f"/events/{event}/email-invitations"))["items"] == []


async def test_one_whom_a_block_hides_is_refused_like_anybody(
    api: Api, an_event: AnEvent, mails: Mails, directory: FakeUserDirectory, clock: FrozenClock
) -> None:
    # mutant: a way around a block
    event = (await an_event(privacy="PRIVATE"))["id"]
    await invite(api, event, ASHA)
    token = await token_of(mails, ASHA)
    directory.block("asha", "olu")
    assert codes(await redeem(api, "asha", token)) == (422, "invitation-not-valid")
    directory.unblock("asha", "olu")
    clock.at += timedelta(minutes=6)  # whom blocks hide is remembered for five
    assert (await redeem(api, "asha", token)).status_code == 200


async def test_a_mail_makes_a_void_invitation_good(api: Api, an_event: AnEvent, mails: Mails) -> None:
    # mutant: a member who stays out because his name was invited before it was his
    event = (await an_event(privacy="PRIVATE"))["id"]
    await api("olu", "POST", f"/events/{event}/invitations", {"usernames": ["newcomer"], "emails": [ASHA]})
    assert await mine(api, "asha") == []
    assert (await redeem(api, "asha", await token_of(mails, ASHA))).status_code == 200
    assert [one["event"]["id"] for one in await mine(api, "asha")] == [event]


async def test_nobody_is_mailed_twice_about_one_event_unless_it_was_revoked(
    api: Api, an_event: AnEvent, mails: Mails
) -> None:
    # mutants: mail as often as asked; a token that outlives its revocation; revoke what is of another event
    event, other = (await an_event())["id"], (await an_event())["id"]
    for _ in range(2):
        assert (await invite(api, event, ASHA)).json()["emails"] == [{"email": ASHA, "status": "invited"}]
    assert len(await mails(ASHA)) == 1
    for number in (1, 2, 3):
        token = await token_of(mails, ASHA)
        (found,) = (await api.get("olu", f"/events/{event}/email-invitations"))["items"]
        assert (found["email"], found["invited_by"]) == (ASHA, "olu")
        path = f"/email-invitations/{found['id']}"
        assert codes(await api("olu", "DELETE", f"/events/{other}{path}")) == (404, "not-found")
        assert (await api("olu", "DELETE", f"/events/{event}{path}")).status_code == 204
        assert codes(await api("olu", "DELETE", f"/events/{event}{path}")) == (404, "not-found")
        assert codes(await redeem(api, "asha", token)) == (422, "invitation-not-valid")
        await invite(api, event, ASHA)
        assert len(await mails(ASHA)) == min(number + 1, 3)  # three in all, however often it is revoked


async def test_whoever_wants_none_gets_none_and_looks_like_anybody(api: Api, an_event: AnEvent, mails: Mails) -> None:
    # mutants: take a token anybody can make up; tell the organiser
    first, second = (await an_event())["id"], (await an_event())["id"]
    await invite(api, first, ASHA)
    token = await token_of(mails, ASHA, "no-invitations")
    refused = await api(None, "POST", "/invitations/opt-out", {"token": token[:-2] + "AA"})
    assert codes(refused) == (400, "malformed")
    for _ in range(2):
        assert (await api(None, "POST", "/invitations/opt-out", {"token": token})).status_code == 204
    await invite(api, second, ASHA, "other@mail.example")
    assert len(await mails(ASHA)) == 1
    assert len(await mails("other@mail.example")) == 1
    shown = (await api.get("olu", f"/events/{second}/email-invitations"))["items"]
    assert {one["email"] for one in shown} == {ASHA, "other@mail.example"}


async def test_a_day_has_so_many_mails(
    api: Api, an_event: AnEvent, mails: Mails, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # mutants: count per event; send first and count then
    monkeypatch.setattr(email_service, "MAILS_A_DAY", 2)
    later = clock.now() + timedelta(days=5)
    first, second = [(await an_event(start_date=later, end_date=later + timedelta(hours=1)))["id"] for _ in range(2)]
    await invite(api, first, "a@mail.example")
    await invite(api, second, "b@mail.example")
    refused = await invite(api, second, "c@mail.example")
    assert codes(refused) == (429, "rate-limited")
    assert "retry-after" in refused.headers
    clock.at += timedelta(days=1)
    assert (await invite(api, second, "c@mail.example")).status_code == 200
    assert [len(await mails(f"{name}@mail.example")) for name in "abc"] == [1, 1, 1]


async def test_a_token_ends_with_its_time_and_with_the_event(
    api: Api, an_event: AnEvent, mails: Mails, clock: FrozenClock
) -> None:
    # mutant: a token for ever
    first, second, third = [(await an_event())["id"] for _ in range(3)]
    await invite(api, first, ASHA, expires_at=clock.now() + timedelta(hours=1))
    short = await token_of(mails, ASHA)
    await invite(api, second, ASHA)
    cancelled = await token_of(mails, ASHA)
    await invite(api, third, ASHA)
    long = await token_of(mails, ASHA)
    clock.at += timedelta(hours=1, seconds=1)
    await api("olu", "POST", f"/events/{second}/cancel")
    for token in (short, cancelled):
        assert codes(await redeem(api, "asha", token)) == (422, "invitation-not-valid")
    clock.at += timedelta(days=1, hours=1)
    assert codes(await redeem(api, "asha", long)) == (422, "invitation-not-valid")


async def test_addresses_are_forgotten(
    api: Api, an_event: AnEvent, mails: Mails, module: Module, clock: FrozenClock, events_database: Database
) -> None:
    # mutants: keep addresses of what is over; keep for ever that there was one
    later = clock.now() + timedelta(days=3)
    over = (await an_event())["id"]
    coming = (await an_event(start_date=later + timedelta(days=90), end_date=later + timedelta(days=91)))["id"]
    for event in (over, coming):
        await invite(api, event, ASHA)
    await mails(ASHA)
    state = "SELECT array_agg(sealed_address IS NOT NULL ORDER BY id) FROM event_email_invitations"
    assert await events_database.fetch_value(state) == [True, True]
    await module.worker.schedule()
    for days, kept in ((3, [False, True]), (31, [True])):
        clock.at += timedelta(days=days)
        await module.worker.run_due()
        assert await events_database.fetch_value(state) == kept


async def test_who_is_erased_takes_the_addresses_along_that_he_brought(
    api: Api, an_event: AnEvent, mails: Mails, module: Module, events_database: Database
) -> None:
    # mutants: an address nobody is answerable for; his name in what was asked again
    event = (await an_event())["id"]
    await invite(api, event, ASHA, message="Yours, Olu")
    token = await token_of(mails, ASHA)
    async with events_database.transaction() as session:
        await session.execute(text("UPDATE outbox SET parked_at = now()"))
    await stand(module, "olu", "erased", 1)
    assert codes(await redeem(api, "asha", token)) == (422, "invitation-not-valid")
    assert await named(events_database, "olu") == {"members": 1}
    assert await events_database.fetch_value("SELECT count(*) FROM event_email_invitations") == 0
    assert await events_database.fetch_value("SELECT count(*) FROM outbox WHERE data::text LIKE '%olu%'") == 0
