"""The one place where a password somebody gives is held against that of an account."""

from ijaa.users.accounts.passwords import Passwords


class PasswordChecks:
    """Checks passwords for signing in, for stepping up and for changes, so that failures count alike everywhere."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    async def holds(self, account: str, password: str, hashed: str | None, *, legacy: int = 0) -> bool:  # noqa: ARG002 - what failures are counted by
        """Whether the password is that of the account.

        `account` is its public id, or what was typed where there is none. `legacy` is the highest cost of the bcrypt
        hashes there are, whose check a failure has to take as long as.
        """
        return await self._passwords.matches(password, hashed, legacy=legacy)
