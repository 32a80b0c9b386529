"""Rules of accounts."""

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from ijaa.shared.errors import Violation

USERNAME = re.compile(r"[a-z0-9._-]{3,50}")
MIN_PASSWORD, MAX_PASSWORD, MAX_PASSWORD_BYTES = 12, 128, 1024
TOKEN_LIFETIME = timedelta(hours=24)


class Claimant(msgspec.Struct, frozen=True):
    """An account that has the username or the e-mail somebody registers with."""

    id: int
    username: str
    login_alias: str | None
    email: str
    verified: bool
    awaited: bool
    """Whether a mail that confirms it is still good."""


class Claim(msgspec.Struct, frozen=True):
    """What stands against a registration."""

    username_taken: bool
    known: Claimant | None
    """The account that has the e-mail."""
    expired: list[int]
    """Accounts never confirmed in time: their username and e-mail are free again."""


def weigh(username: str, email: str, claimants: list[Claimant]) -> Claim:
    """Decide what the accounts found mean for a registration."""
    standing = [one for one in claimants if one.verified or one.awaited]
    return Claim(
        any(username in {one.username, (one.login_alias or "").lower()} for one in standing),
        next((one for one in standing if one.email == email), None),
        [one.id for one in claimants if one not in standing],
    )


def username_violations(username: str) -> Iterator[Violation]:
    """Yield what keeps a username from being given to a new account."""
    if not USERNAME.fullmatch(username):
        yield Violation(
            "/username",
            "takes 3 to 50 characters out of a to z, 0 to 9, dot, underscore and hyphen; no capitals, no spaces",
        )


def password_violations(password: str, refused: frozenset[str], pointer: str = "/password") -> Iterator[Violation]:
    """Yield what keeps a password, exactly as typed, from being taken; `refused` are in lower case."""
    if password.lower() in refused:
        yield Violation(pointer, "is a published default: everybody knows it")
    elif not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or len(password.encode()) > MAX_PASSWORD_BYTES:
        yield Violation(pointer, f"takes {MIN_PASSWORD} to {MAX_PASSWORD} characters")
