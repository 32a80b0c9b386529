"""What the events module tells the users module, and what members get to read of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from ijaa.shared.messages import Done, Envelope, Message
from ijaa.users.ports import (
    EventChanged,
    SeatPromoted,
)
from tests.integration.users.conftest import App, Mailbox

INBOX = "/api/v1/me/notifications"


PREFERENCES = "/api/v1/me/notification-preferences"


START = datetime(2030, 5, 1, 18, tzinfo=UTC)


def promoted(username: str, event: int = 7, title: str = "Reunion") -> SeatPromoted:
    return SeatPromoted(username=username, event_id=event, title=title, start_date=START, timezone="Asia/Dhaka")


def moved(*usernames: str, title: str = "Reunion") -> EventChanged:
    return EventChanged(
        event_id=7, change="moved", title=title, start_date=START, timezone="Asia/Dhaka", location=None,
        usernames=[*usernames],
    )  # fmt: skip


async def hear(app: App, *messages: Message, first: int = 1) -> None:
    envelopes = [
        Envelope(
            id=uuid4(), source="/events", type=one.TYPE, subject=one.subject, time=START, sequence=seq,
            data=msgspec.Raw(msgspec.json.encode(one)),
        )
        for seq, one in enumerate(messages, first)
    ]  # fmt: skip
    assert await app[1].inbox.receive(envelopes) == [Done()] * len(envelopes)


async def inbox_of(client: httpx.AsyncClient, bearer: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = await client.get(INBOX, headers=bearer, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def mail_to(mailbox: Mailbox, to: str) -> Any:
    await mailbox.last(to)
    return mailbox.messages(to)[-1]
