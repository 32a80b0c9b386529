"""Use cases of registration: asking for an account, and confirming the address it is to have."""

from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.crypto import next_token, token_hash
from ijaa.shared.database import Database, violates
from ijaa.shared.mail import Mail
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Publish
from ijaa.shared.rate_limit import Recipients
from ijaa.users.accounts.domain import context_words, username_violations
from ijaa.users.accounts.mails import confirmation_mail, known_address_mail
from ijaa.users.accounts.models import User
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.accounts.registration_repository import RegistrationRepository, Waiting
from ijaa.users.accounts.rule import PasswordRule
from ijaa.users.accounts.schemas import Registration
from ijaa.users.errors import TokenNotValid, UsernameTaken, refuse
from ijaa.users.identifiers import fold_email, public_id
from ijaa.users.listing import Renew
from ijaa.users.messages import StandingChanged
from ijaa.users.profiles.domain import cleaned, unfit
from ijaa.users.profiles.models import Profile
from ijaa.users.profiles.service import name_key
from ijaa.users.sessions.schemas import Device, Tokens
from ijaa.users.sessions.service import SessionService

_MAILED = 10
"""Registrations of one address that are mailed again; more of them somebody else has made."""


class RegistrationService:
    """Registers people and confirms their addresses.

    A registration is no account: it keeps its username for a day, whether its address has an account or not, and its
    token confirms it alone, with the password it was made with. The first one of an address that is confirmed ends the
    tokens of the others.
    """

    def __init__(
        self,
        database: Database,
        repository: RegistrationRepository,
        sessions: SessionService,
        passwords: Passwords,
        mails: MailQueue,
        *,
        publish: Publish,
        rule: PasswordRule,
        recipients: Recipients,
        renew: Renew,
        token_key: bytes,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._recipients, self._renew, self._token_key = recipients, renew, token_key
        self._database, self._repository, self._sessions = database, repository, sessions
        self._passwords, self._mails, self._publish, self._rule = passwords, mails, publish, rule
        self._base_url, self._clock = base_url, clock

    async def register(self, registration: Registration) -> None:
        """Take a registration and mail its token; a known address gets another mail, and nobody else can tell.

        Raises:
            UsernameTaken: usernames are public, so this one is said.
            RateLimited: the address was asked for too often, known or not.

        """
        given = cleaned({"name": registration.name, "batch": registration.batch})
        words = context_words(registration.email, registration.name, registration.username, registration.batch)
        refuse(
            [
                *username_violations(registration.username),
                *await self._rule.violations(registration.password, words),
                *unfit(given),
            ]
        )
        waiting = Waiting(
            uuid4(),
            registration.username,
            fold_email(registration.email),
            await self._passwords.hash(registration.password),
            given["name"],
            given["batch"],
        )
        now = self._clock.now()
        async with self._database.transaction() as session:
            reserved = await self._repository.reserve(session, waiting, now)
            taken, known = await self._repository.standing(session, waiting.username, waiting.email)
            if taken or not reserved:
                raise UsernameTaken
            await self._recipients.count(waiting.email)
            await self._repository.renew(session, [(waiting.id, None if known else self._hash(waiting.id))], now)
            mail = known_address_mail(waiting.email, known) if known else self._confirmation(waiting.email, [waiting])
            await self._mails.put(session, mail, identity=f"verify-{uuid4().hex}")

    async def resend(self, email: str) -> None:
        """Mail the tokens of an address that waits to be confirmed; with any other do the same work for nothing.

        They are those that were mailed before: mails overtake each other, and any of them may come first.

        Raises:
            RateLimited: the address was asked for too often, known or not.

        """
        await self._recipients.count(email)
        to, now = fold_email(email), self._clock.now()
        async with self._database.transaction() as session:
            waiting = (await self._repository.lock(session, to, now))[:_MAILED]
            _, known = await self._repository.standing(session, "", to)
            hashes = [(one.id, None if known else self._hash(one.id)) for one in waiting]
            await self._repository.renew(session, hashes, now)
            send = self._mails.put if waiting and not known else self._mails.pretend
            await send(session, self._confirmation(to, waiting), identity=f"verify-{uuid4().hex}")

    async def confirm(self, token: str, device: Device) -> Tokens:
        """Make an account of a registration and sign its owner in; raise `TokenNotValid` for a token not good."""
        try:
            async with self._database.transaction() as session:
                return await self._confirm(session, token_hash(token), device)
        except IntegrityError as error:
            # an account got the name or the address by another way than a registration
            if violates(error, "idx_users_username") or violates(error, "uq_users_email"):
                raise TokenNotValid from None
            raise

    async def _confirm(self, session: AsyncSession, shown: bytes, device: Device) -> Tokens:
        now = self._clock.now()
        waiting = await self._repository.lock_beside(session, shown, now)
        mine = next((one for one in waiting if one.token_hash == shown), None)
        if mine is None:
            raise TokenNotValid
        await self._repository.end(session, [one.id for one in waiting])
        await self._repository.remove(session, mine.id)
        moment = {"created_at": now, "updated_at": now}
        user = User(
            user_id=public_id("USER"),
            username=mine.username,
            email=mine.email,
            password_hash=mine.password_hash,
            active=True,
            email_verified_at=now,
            **moment,
        )
        profile = Profile(
            username=mine.username,
            name=mine.name,
            name_key=name_key(mine.name),
            batch=mine.batch,
            email=mine.email,
            visibility={},
            **moment,
        )
        await self._repository.add(session, user, profile)
        await self._renew(session, [user.id])
        await self._publish(session, StandingChanged(username=user.username, standing="active"))
        return await self._sessions.open(session, user.user_id, user.username, role="member", device=device)

    def _confirmation(self, to: str, waiting: list[Waiting]) -> Mail:
        return confirmation_mail(to, [(one.username, self._token(one.id)) for one in waiting], self._base_url)

    def _token(self, registration_id: UUID) -> str:
        return next_token(self._token_key, str(registration_id))

    def _hash(self, registration_id: UUID) -> bytes:
        return token_hash(self._token(registration_id))
