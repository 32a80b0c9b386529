"""How an admin proves who he is again."""

from ijaa.shared.principals import Principal
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.errors import LoginFailed


class AdminProof:
    """Holds a password against an admin's account."""

    def __init__(self, repository: AdminRepository, checks: PasswordChecks) -> None:
        self._repository, self._checks = repository, checks

    async def prove(self, principal: Principal, password: str, totp: str | None) -> None:  # noqa: ARG002 - no account has a second factor
        """Return when the password is the admin's; raise `LoginFailed` when it is not."""
        held = await self._repository.held(principal.user_id)
        if not await self._checks.holds(principal.user_id, password, held.password_hash if held else None):
            raise LoginFailed
