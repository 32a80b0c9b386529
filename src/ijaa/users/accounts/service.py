"""Use cases of accounts: signing in, oneself."""

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.principals import Principal
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.passwords import Passwords, outdated
from ijaa.users.accounts.repository import AccountRepository, Credentials, StoredMe
from ijaa.users.accounts.schemas import MePatch, MeRead
from ijaa.users.errors import LoginFailed
from ijaa.users.profiles.schemas import ProfilePatch
from ijaa.users.profiles.service import Precondition, ProfileService
from ijaa.users.sessions.schemas import Device, Tokens
from ijaa.users.sessions.service import SessionService


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
        if not await self._checks.signs_in(account, password, hashed, legacy=sought.legacy) or found is None:
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
