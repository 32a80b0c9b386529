"""Use cases of invitations by mail."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.events.invitations.domain import KEPT, MAILS_A_DAY
from ijaa.events.invitations.mails import invitation_mail
from ijaa.events.invitations.repository import Asking
from ijaa.events.invitations.token_repository import Addressed, EmailInvitationRepository, Sealed
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, new_token, token_hash
from ijaa.shared.errors import RateLimited
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors

_OPT_OUT = "no-invitations"
_DAY = timedelta(days=1)
_PORTION = 500


class AddressBook:
    """Keeps addresses of people who are no members: sealed as long as they are needed, compared by a keyed hash."""

    def __init__(self, box: SecretBox, key: bytes) -> None:
        self._box, self._key = box, key

    def hashed(self, email: str) -> bytes:
        """Return what an address is compared by."""
        return hmac.digest(self._key, email.encode(), "sha256")

    def addressed(self, event_id: int, email: str) -> Addressed:
        """Return an address as it is invited, with a new token."""
        hashed, token = self.hashed(email), new_token()
        sealed = self._box.seal(email.encode(), _place(event_id, hashed))
        return Addressed(email, hashed, sealed, token, token_hash(token))

    def address(self, sealed: Sealed) -> str:
        """Return the address of an invitation."""
        place = _place(sealed.event_id, sealed.address_hash)
        return self._box.unseal(sealed.sealed_address, place).decode()


class EmailInvitations:
    """Invites addresses, and lets them be."""

    def __init__(
        self, repository: EmailInvitationRepository, book: AddressBook, mails: MailQueue, cursors: Cursors,
        base_url: str, clock: Clock,
    ) -> None:  # fmt: skip
        self._repository, self._book, self._mails, self._cursors = repository, book, mails, cursors
        self._base_url, self._clock = base_url, clock

    async def send(
        self, session: AsyncSession, event: Asking, emails: Sequence[str], *, username: str, inviter: str,
        message: str | None, expires_at: datetime | None,
    ) -> None:  # fmt: skip
        """Mail an invitation to each address that has none and wants one, under the lock of the event.

        Raises `RateLimited` for a member who has had too many mails sent, whoever they were to.
        """
        now = self._clock.now()
        if await self._repository.sent(session, username, now - _DAY) + len(emails) > MAILS_A_DAY:
            raise RateLimited(f"No more than {MAILS_A_DAY} mails a day.", retry_after=int(_DAY.total_seconds()))
        addressed = [self._book.addressed(event.event_id, email) for email in emails]
        names = await self._repository.add(
            session, event.event_id, addressed, invited_by=username, message=message, expires_at=expires_at, now=now
        )
        mails = {
            names[one.hashed]: invitation_mail(
                one.email, event, inviter=inviter, message=message, expires_at=expires_at or event.end_date,
                token=one.token, opt_out=self._cursors.write(_OPT_OUT, one.hashed), base_url=self._base_url,
            )
            for one in addressed
            if one.hashed in names
        }  # fmt: skip
        await self._mails.put_each(session, mails)

    def opted_out(self, token: str) -> bytes:
        """Return the hash of the address a mail with this token went to; raise `Malformed` for one nobody was sent."""
        (hashed,) = self._cursors.read(_OPT_OUT, token, tuple[bytes])
        return hashed

    async def forget(self, session: AsyncSession) -> int:
        """Forget addresses and tokens of what is over, and after a while that there was anything; return of how many.

        A portion: whoever gets 0 is done.
        """
        now = self._clock.now()
        closed = await self._repository.close(session, now, _PORTION)
        return closed + await self._repository.purge(session, now - KEPT, _PORTION)


def _place(event_id: int, hashed: bytes) -> str:
    return f"event_email_invitations|sealed_address|{event_id}/{hashed.hex()}"
