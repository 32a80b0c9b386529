"""Use cases of accounts: registering, confirming, signing in, oneself."""

from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.crypto import new_token, token_hash
from ijaa.shared.database import Database, violates
from ijaa.shared.errors import NotFound, Unavailable
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Publish
from ijaa.shared.principals import Principal
from ijaa.shared.rate_limit import Recipients
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.domain import context_words, username_violations, weigh
from ijaa.users.accounts.mails import confirmation_mail, known_address_mail
from ijaa.users.accounts.models import User
from ijaa.users.accounts.passwords import Passwords, outdated
from ijaa.users.accounts.repository import AccountRepository, Credentials, StoredMe
from ijaa.users.accounts.rule import PasswordRule
from ijaa.users.accounts.schemas import MePatch, MeRead, Registration
from ijaa.users.errors import LoginFailed, TokenNotValid, UsernameTaken, refuse
from ijaa.users.identifiers import fold_email, public_id
from ijaa.users.listing import Renew
from ijaa.users.messages import StandingChanged
from ijaa.users.profiles.domain import cleaned, unfit
from ijaa.users.profiles.models import Profile
from ijaa.users.profiles.schemas import ProfilePatch
from ijaa.users.profiles.service import Precondition, ProfileService, name_key
from ijaa.users.sessions.schemas import Device, Tokens
from ijaa.users.sessions.service import SessionService

_RACES = 3
"""How often two registrations may collide before one is told to come back."""


class RegistrationService:
    """Registers people and confirms their addresses."""

    def __init__(
        self,
        database: Database,
        repository: AccountRepository,
        sessions: SessionService,
        passwords: Passwords,
        mails: MailQueue,
        *,
        publish: Publish,
        rule: PasswordRule,
        recipients: Recipients,
        renew: Renew,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._recipients, self._renew = recipients, renew
        self._database, self._repository, self._sessions = database, repository, sessions
        self._passwords, self._mails, self._publish, self._rule = passwords, mails, publish, rule
        self._base_url, self._clock = base_url, clock

    async def register(self, registration: Registration) -> None:
        """Register an account and mail its token; a known address gets another mail, and nobody else can tell.

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
        password_hash = await self._passwords.hash(registration.password)
        for _ in range(_RACES):
            try:
                async with self._database.transaction() as session:
                    await self._register(session, registration, given, password_hash)
            except IntegrityError as error:
                if not (violates(error, "idx_users_username") or violates(error, "uq_users_email")):
                    raise
            else:
                return
        raise Unavailable("Many people register with these names just now.")

    async def resend(self, email: str) -> None:
        """Mail a new token to an address that waits to be confirmed; with any other do the same work for nothing.

        Tokens mailed before stay good: mails overtake each other, and the first that is used ends the rest.

        Raises:
            RateLimited: the address was asked for too often, known or not.

        """
        await self._recipients.count(email)
        to = fold_email(email)
        async with self._database.transaction() as session:
            if found := await self._repository.unconfirmed(session, to, self._clock.now()):
                await self._mail_token(session, *found, to)
            else:
                mail = confirmation_mail(to, "nobody", new_token(), self._base_url)
                await self._mails.pretend(session, mail, identity=f"verify-{uuid4().hex}")

    async def confirm(self, token: str, device: Device) -> Tokens:
        """Confirm an address and sign its owner in; raise `TokenNotValid` for a token that is not good."""
        async with self._database.transaction() as session:
            user = await self._repository.confirm(session, token_hash(token), self._clock.now())
            if user is None:
                raise TokenNotValid
            await self._publish(session, StandingChanged(username=user.username, standing="active"))
            return await self._sessions.open(session, user.user_id, user.username, role="member", device=device)

    async def _register(
        self, session: AsyncSession, registration: Registration, given: dict[str, str], password_hash: str
    ) -> None:
        now, username, email = self._clock.now(), registration.username, fold_email(registration.email)
        claim = weigh(username, email, await self._repository.claimants(session, username, email, now))
        if claim.username_taken or await self._repository.erased(session, username):
            raise UsernameTaken
        await self._recipients.count(email)
        if claim.known and claim.known.verified:
            mail = known_address_mail(email, claim.known.username)
            await self._mails.put(session, mail, identity=f"known-{uuid4().hex}")
        elif claim.known:
            await self._mail_token(session, claim.known.id, claim.known.username, email)
        else:
            await self._repository.discard(session, claim.expired)
            moment = {"created_at": now, "updated_at": now}
            user = User(
                user_id=public_id("USER"),
                username=username,
                email=email,
                password_hash=password_hash,
                active=True,
                **moment,
            )
            profile = Profile(
                username=username,
                name=given["name"],
                name_key=name_key(given["name"]),
                batch=given["batch"],
                email=email,
                visibility={},
                **moment,
            )
            user_id = await self._repository.add(session, user, profile)
            await self._renew(session, [user_id])
            await self._mail_token(session, user_id, username, email)

    async def _mail_token(self, session: AsyncSession, user_id: int, username: str, email: str) -> None:
        token = new_token()
        await self._repository.add_token(session, user_id, token_hash(token), self._clock.now())
        mail = confirmation_mail(email, username, token, self._base_url)
        await self._mails.put(session, mail, identity=f"verify-{uuid4().hex}")


class LoginService:
    """Signs members in."""

    def __init__(
        self,
        database: Database,
        repository: AccountRepository,
        sessions: SessionService,
        *,
        checks: PasswordChecks,
        passwords: Passwords,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._sessions = database, repository, sessions
        self._checks, self._passwords, self._clock = checks, passwords, clock

    async def log_in(self, login: str, password: str, device: Device) -> Tokens:
        """Open a session; raise `LoginFailed` after one look-up and the same work, whatever is wrong."""
        found = await self._proven(login, password)
        # an imported hash is replaced as soon as its password is known; of two who sign in at once one replaces it
        replacement = await self._passwords.hash(password) if outdated(found.password_hash) else None
        async with self._database.transaction() as session:
            if await self._settled(session, found, replacement):
                return await self._open(session, found, device)
        if replacement is None:
            raise LoginFailed
        found = await self._proven(login, password)
        async with self._database.transaction() as session:
            if not await self._settled(session, found, None):
                raise LoginFailed
            return await self._open(session, found, device)

    async def _proven(self, login: str, password: str) -> Credentials:
        sought = await self._repository.by_login(login, self._clock.now())
        found = sought.account
        hashed = found.password_hash if found and found.may_act else None
        account = found.user_id if found else login.lower()
        if not await self._checks.holds(account, password, hashed, legacy=sought.legacy) or found is None:
            raise LoginFailed
        return found

    async def _settled(self, session: AsyncSession, found: Credentials, replacement: str | None) -> bool:
        """Whether the account still is as it was checked; until the transaction ends nobody changes it."""
        if replacement is None or found.password_hash is None:
            return await self._repository.still_good(session, found, self._clock.now())
        return await self._repository.replace_password(
            session, found.user_id, found.password_hash, replacement, self._clock.now()
        )

    async def _open(self, session: AsyncSession, found: Credentials, device: Device) -> Tokens:
        return await self._sessions.open(session, found.user_id, found.username, role="member", device=device)


class MeService:
    """Shows and edits one's own account."""

    def __init__(self, database: Database, repository: AccountRepository, profiles: ProfileService) -> None:
        self._database, self._repository, self._profiles = database, repository, profiles

    async def read(self, member: Principal) -> tuple[MeRead, int]:
        """Return the member's account and its version, which counts the changes of account and profile."""
        stored = await self._stored(member)
        return _read(stored, stored.name), stored.account_version + stored.profile_version

    async def edit(self, member: Principal, patch: MePatch, precondition: Precondition) -> tuple[MeRead, int]:
        """Change the member's account; returns it with its new version."""
        stored = await self._stored(member)
        profile, version = await self._profiles.edit(
            member, ProfilePatch(name=patch.name), lambda current: precondition(current + stored.account_version)
        )
        return _read(stored, profile.name), version + stored.account_version

    async def _stored(self, member: Principal) -> StoredMe:
        if (stored := await self._repository.me(member.username)) is None:
            raise NotFound
        return stored


def _read(stored: StoredMe, name: str) -> MeRead:
    return MeRead(
        stored.user_id,
        stored.username,
        stored.email,
        name,
        ["member"],
        stored.created_at,
        stored.email_verified_at,
    )
