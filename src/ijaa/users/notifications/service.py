"""Use cases of notifications."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Invalid, Violation
from ijaa.shared.live import Tell
from ijaa.shared.mail import Mail
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.messages import Received
from ijaa.shared.pages import Cursors
from ijaa.shared.principals import Principal
from ijaa.users.notifications.domain import DEFAULTS, KINDS, Channels, Kind, Said, said
from ijaa.users.notifications.mails import notification_mail
from ijaa.users.notifications.repository import Addressee, NotificationRepository, Stored
from ijaa.users.notifications.schemas import (
    ChannelsRead,
    Inbox,
    NotificationRead,
    Preferences,
    PreferencesPatch,
    ReadMarks,
    Unread,
)
from ijaa.users.ports import (
    AnswerGiven,
    CommentReplied,
    EventChanged,
    InvitationRevoked,
    InvitationSent,
    Mentioned,
    OrganiserAppointed,
    SeatMoved,
    SeatOffered,
    SeatPromoted,
    TicketIssued,
)

_UNSUBSCRIBE = "unsubscribe"
_CHANGES: Mapping[str, Kind] = {
    "cancelled": "event_cancelled",
    "moved": "event_moved",
    "needs-organiser": "event_needs_organiser",
}
_MAILS_AT_ONCE = 50
"""Mails that are written without a pause; others are answered in it."""


class NotificationService:
    """Shows members what they are told, and lets them choose."""

    def __init__(
        self, database: Database, repository: NotificationRepository, tell: Tell, cursors: Cursors, clock: Clock
    ) -> None:
        self._database, self._repository, self._tell = database, repository, tell
        self._cursors, self._clock = cursors, clock

    async def page(self, member: Principal, cursor: str | None, limit: int, *, unread: bool) -> Inbox:
        """Return what the member is told, the latest first."""
        scope = f"notifications/{member.username}/{unread}"
        after = self._cursors.read(scope, cursor, tuple[datetime, int]) if cursor else None
        rows = await self._repository.page(member.username, after, limit + 1, unread=unread)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.told_at, row.id))
        return Inbox([_read(row) for row in kept], following, await self._repository.unread(member.username))

    async def mark_read(self, member: Principal, marks: ReadMarks) -> Unread:
        """Mark as read what the member names, or everything; return how many are left."""
        if (marks.ids is UNSET) == (marks.all is not True):
            raise Invalid([Violation("/ids", 'is required, or {"all": true} instead')])
        async with self._database.transaction() as session:
            ids = None if marks.ids is UNSET else marks.ids
            await self._repository.mark_read(session, member.username, ids, self._clock.now())
            self._tell(session, member.username)
        return Unread(await self._repository.unread(member.username))

    async def preferences(self, member: Principal) -> Preferences:
        """Return by which ways the member is told of what."""
        chosen = await self._repository.chosen(member.username)
        return Preferences(**{kind: _channels(chosen.get(kind, DEFAULTS[kind])) for kind in KINDS})

    async def choose(self, member: Principal, patch: PreferencesPatch) -> Preferences:
        """Change what is given (RFC 7396); null goes back to the default."""
        async with self._database.transaction() as session:
            for kind in KINDS:
                if (wanted := getattr(patch, kind)) is UNSET:
                    continue
                if wanted is None:
                    await self._repository.forget(session, member.username, kind)
                    continue
                given: dict[str, Any] = wanted.changes()
                await self._repository.choose(
                    session, member.username, kind, in_app=given.get("in_app"), email=given.get("email")
                )
        return await self.preferences(member)

    async def unsubscribe(self, token: str) -> None:
        """End the mails of one kind to whom the mail with this token went; an account that is gone wants none.

        Raises `Malformed` for a token nobody was sent.
        """
        user_id, kind = self._cursors.read(_UNSUBSCRIBE, token, tuple[int, Kind])
        async with self._database.transaction() as session:
            if username := await self._repository.name_of(session, user_id):
                await self._repository.choose(session, username, kind, in_app=None, email=False)


class Notifier:
    """Tells members what happened, by the ways they chose."""

    def __init__(
        self, repository: NotificationRepository, mails: MailQueue, tell: Tell, cursors: Cursors, base_url: str,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._repository, self._mails, self._tell, self._cursors = repository, mails, tell, cursors
        self._base_url, self._clock = base_url, clock

    async def tell(
        self, session: AsyncSession, usernames: Sequence[str], kind: Kind, *, subject: str, facts: dict[str, Any],
        seq: int, code: str | None = None,
    ) -> None:  # fmt: skip
        """Tell members, in the transaction of why; `seq` grows with each thing told of `subject`, which comes late.

        `code` is of a ticket: it goes into the mail and is not kept.
        """
        now, stored = self._clock.now(), msgspec.json.encode(facts).decode()
        await self._repository.add(session, usernames, kind, subject, stored, seq, now)
        for username in usernames:
            self._tell(session, username)
        words = said(kind, msgspec.json.decode(stored), 1)
        addressees = await self._repository.addressees(session, usernames, kind, now)
        for first in range(0, len(addressees), _MAILS_AT_ONCE):
            portion = addressees[first : first + _MAILS_AT_ONCE]
            mails = {_identity(kind, subject, seq, to): self._mail(to, kind, words, code) for to in portion}
            await self._mails.put_each(session, mails)

    def _mail(self, to: Addressee, kind: Kind, words: Said, code: str | None) -> Mail:
        token = self._cursors.write(_UNSUBSCRIBE, to.user_id, kind)
        return notification_mail(to.email, to.username, words, self._base_url, token, code)

    async def take_back(self, session: AsyncSession, usernames: Sequence[str], subject: str) -> None:
        """Take away what members were told of something, read or not; mails that left are gone."""
        await self._repository.remove(session, usernames, subject)
        for username in usernames:
            self._tell(session, username)

    async def take_back_between(self, session: AsyncSession, one: str, other: str) -> None:
        """Take away the invitations two members were told of that come from each other."""
        await self._repository.remove_invitations(session, one, other)
        for username in (one, other):
            self._tell(session, username)


class EventMessages:
    """Tells members what the events module says."""

    def __init__(self, notifier: Notifier, repository: NotificationRepository) -> None:
        self._notifier, self._repository = notifier, repository

    async def seat_promoted(self, session: AsyncSession, received: Sequence[Received[SeatPromoted]]) -> None:
        """Tell members that they have a seat."""
        await self._tell_each(session, "seat_promoted", received)

    async def seat_offered(self, session: AsyncSession, received: Sequence[Received[SeatOffered]]) -> None:
        """Tell members that a seat is kept for them, and until when."""
        await self._tell_each(session, "seat_offered", received)

    async def seat_moved(self, session: AsyncSession, received: Sequence[Received[SeatMoved]]) -> None:
        """Tell members where an organiser put them."""
        await self._tell_each(session, "seat_moved", received)

    async def ticket_issued(self, session: AsyncSession, received: Sequence[Received[TicketIssued]]) -> None:
        """Send members who have a seat their tickets."""
        await self._tell_each(session, "ticket_issued", received)

    async def event_changed(self, session: AsyncSession, received: Sequence[Received[EventChanged]]) -> None:
        """Tell those who come, or may, what became of an event."""
        for one in received:
            facts = msgspec.structs.asdict(one.message)
            kind = _CHANGES[facts.pop("change")]
            await self._tell(session, facts.pop("usernames"), kind, facts, one)

    async def organiser_appointed(
        self, session: AsyncSession, received: Sequence[Received[OrganiserAppointed]]
    ) -> None:
        """Tell members of the roles they were given."""
        await self._tell_each(session, "organiser_appointed", received)

    async def answer_given(self, session: AsyncSession, received: Sequence[Received[AnswerGiven]]) -> None:
        """Tell organisers that somebody answered; many answers are one notification until it is read."""
        for one in received:
            facts = msgspec.structs.asdict(one.message)
            await self._tell(session, facts.pop("organisers"), "answer_given", facts, one)

    async def comment_replied(self, session: AsyncSession, received: Sequence[Received[CommentReplied]]) -> None:
        """Tell members that they were answered, unless a block is between the two; of one comment until it is read."""
        for one in received:
            told = one.message
            facts = {"event_id": told.event_id, "comment_id": told.comment_id, "title": told.title}
            await self._tell_unblocked(
                session, [told.username], told.by, "comment_replied", f"comment/{told.parent_id}", facts, one
            )

    async def mentioned(self, session: AsyncSession, received: Sequence[Received[Mentioned]]) -> None:
        """Tell members that they were named, unless a block is between the two; of one event until it is read."""
        for one in received:
            told = one.message
            facts = {"event_id": told.event_id, "comment_id": told.comment_id, "title": told.title}
            await self._tell_unblocked(
                session, told.usernames, told.by, "mentioned", f"event/{told.event_id}", facts, one
            )

    async def _tell_unblocked(
        self, session: AsyncSession, usernames: Sequence[str], by: str, kind: Kind, subject: str, facts: dict[str, Any],
        one: Received[Any],
    ) -> None:  # fmt: skip
        if names := await self._repository.within_reach(session, usernames, by):
            await self._notifier.tell(session, names, kind, subject=subject, facts=facts, seq=one.envelope.sequence)

    async def invitation_sent(self, session: AsyncSession, received: Sequence[Received[InvitationSent]]) -> None:
        """Tell members that they are invited, or asked again, except whom a block hides from who asks."""
        for one in received:
            facts = msgspec.structs.asdict(one.message)
            names, inviter = facts.pop("usernames"), facts.pop("invited_by")
            told = facts | {"username": inviter}
            await self._tell_unblocked(session, names, inviter, "invitation", _invitation(facts["event_id"]), told, one)

    async def invitation_revoked(self, session: AsyncSession, received: Sequence[Received[InvitationRevoked]]) -> None:
        """Take away what members were told of invitations that are gone."""
        for one in received:
            await self._notifier.take_back(session, one.message.usernames, _invitation(one.message.event_id))

    async def _tell_each(self, session: AsyncSession, kind: Kind, received: Sequence[Received[Any]]) -> None:
        """Tell the one member each of these messages names."""
        for one in received:
            facts = msgspec.structs.asdict(one.message)
            await self._tell(session, [facts.pop("username")], kind, facts, one)

    async def _tell(
        self, session: AsyncSession, usernames: Sequence[str], kind: Kind, facts: dict[str, Any], one: Received[Any]
    ) -> None:
        code, subject = facts.pop("code", None), f"event/{facts['event_id']}"
        await self._notifier.tell(
            session, usernames, kind, subject=subject, facts=facts, seq=one.envelope.sequence, code=code
        )


def _read(row: Stored) -> NotificationRead:
    words = said(row.kind, msgspec.json.decode(row.facts), row.count)
    return NotificationRead(row.id, row.kind, words.title, words.text, words.path, row.count, row.told_at, row.read_at)


def _invitation(event_id: int) -> str:
    """Return the subject of invitations, which are taken back without anything else that is told of the event."""
    return f"invitation/{event_id}"


def _channels(chosen: Channels) -> ChannelsRead:
    return ChannelsRead(chosen.in_app, chosen.email)


def _identity(kind: Kind, subject: str, seq: int, to: Addressee) -> str:
    """Return what a mail is told by: the same news to the same member is one mail, however often it comes."""
    told = f"{kind}/{subject}/{seq}/{to.user_id}"
    return f"note-{blake2b(told.encode(), digest_size=16).hexdigest()}"
