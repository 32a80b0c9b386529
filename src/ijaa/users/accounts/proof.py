"""How a member proves who he is again."""

from ijaa.shared.principals import Principal
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.repository import AccountRepository
from ijaa.users.errors import LoginFailed


class MemberProof:
    """Holds a password against a member's account."""

    def __init__(self, repository: AccountRepository, checks: PasswordChecks) -> None:
        self._repository, self._checks = repository, checks

    async def prove(self, principal: Principal, password: str, totp: str | None) -> None:  # noqa: ARG002 - members have none
        """Return when the password is the member's; raise `LoginFailed` when it is not."""
        held = await self._repository.held(principal.user_id)
        if not await self._checks.proves(principal, password, held.password_hash if held else None):
            raise LoginFailed
