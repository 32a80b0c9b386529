"""Guesses at an account: a guess takes one of a few places before it is looked at, and returns it when it was right."""

from collections.abc import Awaitable, Callable
from hashlib import blake2b

from ijaa.shared.errors import Unavailable
from ijaa.shared.metrics import PASSWORD_CHECKS
from ijaa.shared.rate_limit import Places
from ijaa.users.accounts.passwords import Passwords

_LONGEST = 300
"""Characters of a login that matter: no username and no address is longer."""


class Attempts:
    """Checks passwords of accounts, a few wrong ones in a quarter of an hour; the rest is not evaluated.

    Whoever is out of guesses is answered like any failure, after the same work: he neither learns that he is, nor
    whether there is an account. It ends no session, and it ends by itself.
    """

    def __init__(self, passwords: Passwords, places: Places, secret: bytes) -> None:
        self._passwords, self._places, self._secret = passwords, places, secret

    async def matches(self, account: str | None, login: str, password: str, hashed: str | None) -> bool:
        """Whether a password belongs to the hash of an account, by its public id, or of a login nobody has.

        Raises:
            Unavailable: too many sign in just now; the guess is not counted.

        """
        return await self.proved(account, login, lambda: self._passwords.matches(password, hashed), password)

    async def proved(
        self, account: str | None, login: str, check: Callable[[], Awaitable[bool]], password: str = ""
    ) -> bool:
        """Whether `check` is true, if it may be tried at all; otherwise a password is hashed in vain.

        For proofs of more than a password, such as one with a second factor: wrong in any part, it is one wrong guess.
        """
        key = self._key(account, login)
        place = await self._places.reserve(key)
        try:
            right = await (check() if place else self._passwords.matches(password, None))
        except Unavailable:
            if place:
                await self._places.give_back(key, place)
            raise
        if place is None:
            PASSWORD_CHECKS.labels("throttled").inc()
            return False
        PASSWORD_CHECKS.labels("matched" if right else "refused").inc()
        if right:
            await self._places.give_back(key, place)
        return right

    async def clear(self, account: str) -> None:
        """Forget the wrong guesses at an account whose password was just reset by a mail to its owner."""
        await self._places.clear(self._key(account, ""))

    def _key(self, account: str | None, login: str) -> str:
        """Return one key for an account, by whichever login it was meant, and one for a login nobody has."""
        meant = f"login/{login[:_LONGEST].lower()}" if account is None else f"account/{account}"
        return blake2b(meant.encode(), key=self._secret, digest_size=16).hexdigest()
