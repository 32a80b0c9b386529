"""Which passwords are taken: the rule of the domain with its lists, run where it keeps nobody waiting."""

from collections.abc import Collection

from ijaa.shared.errors import Violation
from ijaa.users.accounts.domain import password_violations
from ijaa.users.accounts.estimate import guesses
from ijaa.users.accounts.passwords import Passwords


class PasswordRule:
    """Judges new passwords."""

    def __init__(self, passwords: Passwords, leaked: Collection[str]) -> None:
        self._passwords, self._leaked = passwords, frozenset(leaked)

    async def violations(self, password: str, words: Collection[str], pointer: str = "/password") -> list[Violation]:
        """Return what keeps a password from being taken for an account these words are around."""
        return await self._passwords.run(
            lambda: list(password_violations(password, words, self._leaked, guesses, pointer))
        )
