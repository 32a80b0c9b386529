"""The one place where a password somebody gives is held against that of an account, a few wrong ones at most.

A guess takes one of a few places before it is looked at, so that of many at once no more than these are evaluated, and
gives it back when it was right. Whoever is out of guesses is answered like any failure, after the same work: he learns
neither that he is, nor whether there is an account. It ends by itself, and it ends no session.
"""

from collections.abc import Awaitable, Callable
from hashlib import blake2b

from ijaa.shared.errors import Unavailable
from ijaa.shared.metrics import PASSWORD_CHECKS
from ijaa.users.accounts.guess_repository import GuessRepository
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.errors import LoginFailed, TotpRequired

_LONGEST = 300
"""Characters of a login that matter: no username and no address is longer."""


class PasswordChecks:
    """Checks passwords for signing in, for stepping up and for changes, so that failures count alike everywhere."""

    def __init__(self, passwords: Passwords, guesses: GuessRepository, secret: bytes) -> None:
        self._passwords, self._guesses, self._secret = passwords, guesses, secret

    async def holds(self, account: str, password: str, hashed: str | None, *, legacy: int = 0) -> bool:
        """Whether the password is that of the account, and there is a guess left to find out.

        `account` is its public id, by whichever login it was meant, or what was typed where there is none. `legacy` is
        the highest cost of the bcrypt hashes there are, whose check a failure has to take as long as.

        Raises:
            Unavailable: too many sign in just now; the guess is not counted.

        """
        key = self._key(account)
        place = await self._guesses.take(key)
        if place is None:
            await self._passwords.matches(password, None, legacy=legacy)
            PASSWORD_CHECKS.labels("throttled").inc()
            return False
        try:
            right = await self._passwords.matches(password, hashed, legacy=legacy)
        except Unavailable:
            await self._guesses.give_back(key, place)
            raise
        PASSWORD_CHECKS.labels("matched" if right else "refused").inc()
        if right:
            await self._guesses.give_back(key, place)
        return right

    async def factor(self, account: str, check: Callable[[], Awaitable[None]]) -> None:
        """Check a second factor, if there is a guess left; wrong codes count like wrong passwords, apart from them.

        Raises:
            LoginFailed: the code is wrong, or there is no guess left to find out.

        """
        key = self._key(f"{account} factor")
        if (place := await self._guesses.take(key)) is None:
            raise LoginFailed
        try:
            await check()
        except (TotpRequired, Unavailable):
            await self._guesses.give_back(key, place)
            raise
        await self._guesses.give_back(key, place)

    async def forgive(self, account: str) -> None:
        """Forget the wrong guesses at an account whose owner has just set a new password by mail."""
        await self._guesses.forget(self._key(account))

    def _key(self, account: str) -> str:
        """Return what guesses are counted by; people type passwords where the login belongs, so it is never stored."""
        return blake2b(account[:_LONGEST].lower().encode(), key=self._secret, digest_size=16).hexdigest()
