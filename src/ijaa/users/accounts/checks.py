"""The one place where a password somebody gives is held against that of an account, a few wrong ones at most.

A guess takes one of a few places before it is looked at, so that of many at once no more than these are evaluated, and
gives it back when it was right. Whoever is out of guesses is answered like any failure, after the same work: he learns
neither that he is, nor whether there is an account. It ends by itself, and it ends no session.
"""

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Literal

from ijaa.shared.errors import Unavailable
from ijaa.shared.metrics import PASSWORD_CHECKS
from ijaa.shared.principals import Principal
from ijaa.users.accounts.guess_repository import GuessRepository
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.errors import LoginFailed, TotpRequired

Purpose = Literal["sign-in", "proof", "factor"]
_LONGEST = 300
"""Characters of a login that matter: no username and no address is longer."""


class PasswordChecks:
    """Checks passwords for signing in, for stepping up and for changes, so that failures count alike everywhere."""

    def __init__(
        self, passwords: Passwords, guesses: GuessRepository, secret: bytes, is_leaked: Callable[[str], bool]
    ) -> None:
        self._passwords, self._guesses, self._secret = passwords, guesses, secret
        self._is_leaked = is_leaked

    async def signs_in(self, account: str, password: str, hashed: str | None, *, legacy: int = 0) -> bool:
        """Whether the password is that of the account somebody signs in to, and there is a guess left to find out.

        `account` is its public id, by whichever login it was meant, or what was typed where there is none. `legacy` is
        the highest cost of the bcrypt hashes there are, whose check a failure has to take as long as.

        Raises:
            Unavailable: too many sign in just now; the guess is not counted.

        """
        return await self._holds(self._key("sign-in", account), password, hashed, legacy)

    async def proves(self, caller: Principal, password: str, hashed: str | None) -> bool:
        """Whether the password is that of the one who is signed in, and he has a guess left.

        His guesses are his own: strangers who guess at his account keep him from nothing.
        """
        return await self._holds(self._key("proof", f"{caller.kind} {caller.user_id}"), password, hashed, 0)

    async def _holds(self, key: str, password: str, hashed: str | None, legacy: int) -> bool:
        place = await self._guesses.take(key)
        if place is None:
            await self._passwords.matches(password, None, legacy=legacy)
            PASSWORD_CHECKS.labels("throttled").inc()
            return False
        try:
            # everybody knows a published default, whoever brought it along: a new password by mail opens the account
            known = None if self._is_leaked(password) else hashed
            right = await self._passwords.matches(password, known, legacy=legacy)
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
        key = self._key("factor", account)
        if (place := await self._guesses.take(key)) is None:
            raise LoginFailed
        try:
            await check()
        except (TotpRequired, Unavailable):
            await self._guesses.give_back(key, place)
            raise
        await self._guesses.give_back(key, place)

    async def forgive(self, member_id: str) -> None:
        """Forget the wrong guesses at the account of a member who has just set a new password by mail."""
        await self._guesses.forget(self._key("sign-in", member_id))
        await self._guesses.forget(self._key("proof", f"member {member_id}"))

    def _key(self, purpose: Purpose, who: str) -> str:
        """Return what guesses are counted by; people type passwords where the login belongs, so it is never stored."""
        said = who[:_LONGEST].lower().encode()
        return blake2b(said, key=self._secret, person=purpose.encode(), digest_size=16).hexdigest()
