"""The people of the demo: the same ones for the same seed."""

import asyncio
import random
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ijaa.shared.database import Database
from ijaa.shared.text import fold
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.demo_doings import doings
from ijaa.users.demo_lives import lives
from ijaa.users.demo_names import CAREERS, CITIES, FAMILY, FEMALE, MALE
from ijaa.users.demo_repository import AdminRow, DemoRepository, ProfileRow, UserRow
from ijaa.users.profiles.service import name_key

_DOMAIN = "ijaa.example"
ADMIN_EMAIL = f"admin@{_DOMAIN}"
WITH_PASSWORD = 12
_BATCHES = range(1991, 2021)


class DemoMembers(msgspec.Struct, frozen=True, kw_only=True):
    """Who is there, and who of them can sign in: known only to the run that chose the passwords."""

    usernames: list[str]
    credentials: "DemoCredentials | None"


class DemoCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo's people sign in with."""

    admin: dict[str, str]
    """`email` and `password`."""
    members: list[dict[str, str]]
    """`username` and `password` of some."""


async def seed(database: Database, *, seed: int, count: int = 500, now: datetime | None = None) -> DemoMembers:
    """Make `count` alumni and one admin, unless there is anybody already.

    The same seed makes the same people; passwords and public ids are random every time.
    """
    repository = DemoRepository(database)
    if there := await repository.usernames():
        return DemoMembers(usernames=there, credentials=None)
    rng = random.Random(seed)  # noqa: S311 - people who do not exist
    now = now or datetime.now(UTC)
    people = _people(rng, count, now)
    led = lives([profile for _, profile in people], seed, now)
    passwords = _passwords()
    hashes = await _hashes(passwords)
    users = [
        msgspec.structs.replace(user, password_hash=hashes[index] if index < WITH_PASSWORD else None)
        for index, (user, _) in enumerate(people)
    ]
    created_at = users[0].created_at
    admin = AdminRow(f"ADMIN_{secrets.token_hex(12)}", "Demo Admin", ADMIN_EMAIL, hashes[-1], created_at, created_at)
    done = doings([life.profile for life in led], admin, WITH_PASSWORD, seed, now)
    await repository.copy(
        users,
        [life.profile for life in led],
        [life.experiences for life in led],
        [life.interests for life in led],
        admin,
        [done.connections, done.announcements, done.reports],
    )
    return DemoMembers(
        usernames=sorted(user.username for user in users),
        credentials=_credentials([user.username for user in users], passwords),
    )


async def renew(database: Database) -> DemoCredentials | None:
    """Give those who could sign in new passwords; None where the people are not the demo's."""
    passwords = _passwords()
    usernames = await DemoRepository(database).renew(_DOMAIN, await _hashes(passwords), ADMIN_EMAIL)
    return _credentials(usernames, passwords) if usernames else None


def _passwords() -> list[str]:
    """Choose a password for each member who can sign in, and last the admin's."""
    return [secrets.token_urlsafe(12) for _ in range(WITH_PASSWORD + 1)]


def _credentials(usernames: list[str], passwords: list[str]) -> DemoCredentials:
    *of_members, of_admin = passwords
    return DemoCredentials(
        admin={"email": ADMIN_EMAIL, "password": of_admin},
        members=[
            {"username": username, "password": password}
            for username, password in zip(usernames, of_members, strict=False)  # some may have gone since
        ],
    )


def _people(rng: random.Random, count: int, now: datetime) -> list[tuple[UserRow, ProfileRow]]:
    people: dict[str, tuple[UserRow, ProfileRow]] = {}
    while len(people) < count:
        name = f"{rng.choice(FEMALE if rng.random() < 0.5 else MALE)} {rng.choice(FAMILY)}"  # noqa: PLR2004
        username = _username(name, people)
        joined = now - timedelta(days=rng.randint(30, 1500), minutes=rng.randint(0, 1439))
        email = f"{username}@{_DOMAIN}"
        user = UserRow(f"USER_{secrets.token_hex(12)}", username, email, None, joined, joined, joined)
        people[username] = user, _profile(rng, name, user)
    return list(people.values())


def _profile(rng: random.Random, name: str, user: UserRow) -> ProfileRow:
    profession, employers = rng.choice(CAREERS)
    location = rng.choices([city for city, _ in CITIES], [weight for _, weight in CITIES])[0]
    batch = str(rng.choice(_BATCHES))
    bio = rng.choice(
        (
            f"{profession} at {rng.choice(employers)}, living in {location}.",
            f"Class of {batch}. {profession} at {rng.choice(employers)}.",
            f"{profession}; happy to mentor younger alumni.",
        )
    )
    public: dict[str, Any] = {"name": "public", "batch": "public"} if rng.random() < 0.4 else {}  # noqa: PLR2004
    return ProfileRow(
        user.username,
        name,
        name_key(name),
        profession,
        location,
        bio,
        user.email,
        batch,
        msgspec.json.encode(public).decode(),
        user.created_at,
        user.updated_at,
    )


def _username(name: str, taken: dict[str, Any]) -> str:
    plain = fold(name).translate({ord("ł"): "l", ord("ø"): "o", ord("’"): None})
    base = ".".join("".join(c for c in part if "a" <= c <= "z") for part in plain.split())
    number = 1
    while (username := base if number == 1 else f"{base}{number}") in taken:
        number += 1
    return username


async def _hashes(given: list[str]) -> list[str]:
    passwords = Passwords()
    try:
        return list(await asyncio.gather(*(passwords.hash(password) for password in given)))
    finally:
        passwords.close()
