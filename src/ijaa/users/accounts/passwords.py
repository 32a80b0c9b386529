"""Password hashes: argon2id (RFC 9106), and bcrypt until its owner signs in; a bounded number at a time."""

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

from ijaa.shared.errors import Unavailable
from ijaa.users.accounts import legacy as bcrypt
from ijaa.users.accounts.domain import MAX_PASSWORD_BYTES

T = TypeVar("T")

AT_ONCE = 2
"""Hashes at a time per process, 64 MiB each."""
QUEUED = 16
_HASHER = PasswordHasher(time_cost=2, memory_cost=64 * 1024, parallelism=1, type=Type.ID)


class Passwords:
    """Makes and checks password hashes in threads; `Unavailable` when too many wait already."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._places = threading.BoundedSemaphore(AT_ONCE + QUEUED)

    async def hash(self, password: str) -> str:
        """Return the hash of a password, taken exactly as typed."""
        return await self.run(lambda: _HASHER.hash(password.encode()))

    async def matches(self, password: str, hashed: str | None, *, legacy: int = 0) -> bool:
        """Whether a password belongs to a hash; whatever the hash is, or without one, a failure takes just as long.

        `legacy` is the highest cost of the bcrypt hashes there are: as long as one is left, every failure pays for it.
        """
        return await self.run(lambda: _matches(password, hashed, legacy))

    def close(self) -> None:
        """Let the threads go."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[[], T]) -> T:
        """Do in a thread what would keep the event loop from everybody else."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("Too many people sign in just now.", retry_after=2)
        try:
            future = self._executor.submit(work)
        except BaseException:
            self._places.release()
            raise
        future.add_done_callback(self._freed)  # when the thread is done, whoever still waits for it
        return await asyncio.wrap_future(future)

    def _freed(self, _: "Future[T]") -> None:
        self._places.release()


@cache
def dummy_hash() -> str:
    """Return the hash of a password nobody knows: what is checked where there is nothing to check."""
    return _HASHER.hash(secrets.token_bytes(32))


def outdated(hashed: str | None) -> bool:
    """Whether a hash is to be replaced as soon as its password is known."""
    return bcrypt.cost_of(hashed) > 0


def _matches(password: str, hashed: str | None, legacy: int = 0) -> bool:
    given = password.encode()[: MAX_PASSWORD_BYTES + 1]  # longer ones match nothing and must not cost more
    cost = bcrypt.cost_of(hashed)
    # argon2 first, whatever the hash is: the same work in another order can be told by a clock, too
    if _verified(given, hashed if hashed and not cost else dummy_hash()):
        return hashed is not None
    if cost and hashed and bcrypt.matches(given, hashed):
        return len(given) <= MAX_PASSWORD_BYTES
    bcrypt.work(given, since=cost, until=legacy)
    return False


def _verified(given: bytes, hashed: str) -> bool:
    try:
        return _HASHER.verify(hashed, given)
    except InvalidHashError:
        _verified(given, dummy_hash())  # what is no hash at all must not be told from a wrong password
        return False
    except Argon2Error:
        return False
