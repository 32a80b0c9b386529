"""Outgoing mail: a job written in the transaction of its reason, done after it, never lost and never before it."""

from collections.abc import Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.crypto import SecretBox
from ijaa.shared.jobs import Claim, JobFailed, JobQueue, Kind
from ijaa.shared.mail import Mail, MailError, MailTransport, compose
from ijaa.shared.metrics import MAILS

NAME = "mail"
TRIES = 120
"""About four and a half days: a mail server may be away for a weekend (RFC 5321 §4.5.4.1)."""


class SealedMail(msgspec.Struct, frozen=True):
    """A mail as it waits: sealed, because it holds a token."""

    identity: str
    sealed: bytes


class MailQueue:
    """A module's outgoing mail."""

    def __init__(self, jobs: JobQueue, box: SecretBox, transport: MailTransport, sender: str) -> None:
        self._jobs, self._box, self._transport, self._sender = jobs, box, transport, sender
        self.kind = Kind(NAME, SealedMail, self._send, tries=TRIES)

    async def put(self, session: AsyncSession, mail: Mail, *, identity: str) -> None:
        """Queue one mail in the transaction of its reason.

        `identity` becomes its Message-ID (≤ 64 characters, RFC 5321 §4.5.3.1.1); a mail of the same identity that waits
        already is the same mail.
        """
        await self.put_each(session, {identity: mail})

    async def put_each(self, session: AsyncSession, mails: Mapping[str, Mail]) -> None:
        """Queue many mails at once, by their identities."""
        await self._jobs.put_each(
            session, NAME, ((identity, self._seal(identity, mail)) for identity, mail in mails.items())
        )

    async def pretend(self, session: AsyncSession, mail: Mail, *, identity: str) -> None:
        """Do the work of `put` and leave no mail: whoever waits for the answer cannot tell the two apart."""
        await self.put(session, mail, identity=identity)
        await self._jobs.forget(session, NAME, identity)

    def _seal(self, identity: str, mail: Mail) -> SealedMail:
        return SealedMail(identity, self._box.seal(msgspec.msgpack.encode(mail), _place(identity)))

    async def _send(self, claim: Claim[SealedMail]) -> None:
        identity = claim.payload.identity
        mail = msgspec.msgpack.decode(self._box.unseal(claim.payload.sealed, _place(identity)), type=Mail)
        try:
            await self._transport.send(compose(mail, self._sender, identity, self._jobs.clock))
        except MailError as error:
            MAILS.labels("deferred").inc()
            raise JobFailed(str(error)) from error
        MAILS.labels("sent").inc()


def _place(identity: str) -> str:
    return f"outgoing_mails|sealed|{identity}"
