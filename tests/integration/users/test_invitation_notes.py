"""What members are told of invitations by the events module."""

from typing import Any

import httpx

from ijaa.users.ports import EventChanged, InvitationRevoked, InvitationSent
from tests.integration.users.admins import AnAdmin
from tests.integration.users.community import Community
from tests.integration.users.conftest import AMember, App, Mailbox
from tests.integration.users.told import START, hear, inbox_of, mail_to


def sent(*usernames: str, by: str = "olu", **given: Any) -> InvitationSent:
    """Return an invitation of these."""
    told = {"event_id": 7, "occasion": "invitation", "title": "Tea", "start_date": START, "timezone": "Asia/Dhaka"}
    return InvitationSent(invited_by=by, usernames=[*usernames], **(told | given))


async def titles(client: httpx.AsyncClient, bearer: dict[str, str]) -> list[str]:
    """Return what a member is told, the latest first."""
    return [one["title"] for one in (await inbox_of(client, bearer))["items"]]


async def test_the_invited_are_told_in_words_and_by_mail(
    app: App, client: httpx.AsyncClient, a_member: AMember, mailbox: Mailbox
) -> None:
    # mutants: tell somebody else; the words of an invitation for a reminder
    asha, ben = await a_member("asha"), await a_member("ben")
    await hear(app, sent("asha"), sent())
    (told,) = (await inbox_of(client, asha.bearer))["items"]
    assert (told["kind"], told["title"], told["path"]) == ("invitation", "You are invited: Tea", "/events/7")
    assert told["text"] == "olu invites you. Thursday, 02 May 2030, 00:00 (Asia/Dhaka). Will you come?"
    assert await titles(client, ben.bearer) == []
    assert (await mail_to(mailbox, "asha@mail.example"))["Subject"] == "You are invited: Tea"
    await hear(app, sent("asha", occasion="reminder"), first=3)
    (told,) = (await inbox_of(client, asha.bearer))["items"]
    assert (told["title"], told["count"]) == ("Will you come? Tea", 2)
    assert "You have not answered the invitation of olu yet." in told["text"]


async def test_whom_a_block_hides_from_who_invites_is_told_nothing(
    app: App, client: httpx.AsyncClient, a_member: AMember, an_admin: AnAdmin, mailbox: Mailbox
) -> None:
    """Kills: a block that works one way; a mail around it; one who may not act; a block that leaves what was told."""
    community, mo = Community(client), await an_admin("mo", "moderator")
    olu, asha, ben, chen = [await a_member(name) for name in ("olu", "asha", "ben", "chen")]
    await a_member("dina")
    await community.block(asha, "olu")
    await community.block(olu, "ben")
    because = {"reason": "Insulted others at the reunion."}
    suspended = await client.post("/api/v1/admin/users/dina/suspend", json=because, headers=mo.bearer)
    assert suspended.status_code == 200
    await hear(app, sent("asha", "ben", "chen", "dina", "nobody"))
    await mail_to(mailbox, "chen@mail.example")
    assert [await titles(client, one.bearer) for one in (asha, ben)] == [[], []]
    assert await titles(client, chen.bearer) == ["You are invited: Tea"]
    assert [mail["To"] for mail in mailbox.messages() if "invited" in str(mail["Subject"])] == ["chen@mail.example"]
    await community.block(chen, "olu")
    assert await titles(client, chen.bearer) == []


async def test_what_is_revoked_is_taken_back_and_nothing_else(
    app: App, client: httpx.AsyncClient, a_member: AMember
) -> None:
    # mutants: take back everything of the event, of others, or of other events
    asha, ben = await a_member("asha"), await a_member("ben")
    moved = EventChanged(
        event_id=7, change="moved", title="Tea", start_date=START, timezone="UTC", location=None, usernames=["asha"]
    )
    await hear(app, moved, sent("asha", "ben"), sent("asha", event_id=8, title="Dinner"))
    await hear(app, InvitationRevoked(event_id=7, usernames=["asha"]), first=4)
    assert sorted(await titles(client, asha.bearer)) == ["Moved: Tea", "You are invited: Dinner"]
    assert await titles(client, ben.bearer) == ["You are invited: Tea"]
