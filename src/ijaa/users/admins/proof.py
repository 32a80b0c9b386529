"""The proof an admin gives again before something sensitive."""

from ijaa.shared.database import Database
from ijaa.shared.principals import Principal
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.errors import LoginFailed
from ijaa.users.second_factor.service import SecondFactorService


class AdminProof:
    """Proves that the caller is the admin: by password, and by the second factor of those who have one."""

    def __init__(
        self, database: Database, repository: AdminRepository, checks: PasswordChecks, factors: SecondFactorService
    ) -> None:
        self._database, self._repository = database, repository
        self._checks, self._factors = checks, factors

    async def prove(self, principal: Principal, password: str, totp: str | None) -> None:
        """Check password and second factor; the code is spent by it.

        Raises:
            TotpRequired: the password was right, and the second factor was not given.
            LoginFailed: one of them is wrong, or the admin may not act any more.

        """
        found = await self._repository.by_id(principal.user_id)
        hashed = found.password_hash if found and found.active else None
        if not await self._checks.proves(principal, password, hashed) or found is None:
            raise LoginFailed
        async with self._database.transaction() as session:
            if await self._repository.lock_unchanged(session, found) is None:
                raise LoginFailed
            await self._checks.factor(found.admin_id, lambda: self._factors.check(session, found.admin_id, totp))
