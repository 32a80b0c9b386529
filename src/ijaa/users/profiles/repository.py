"""SQL of profiles."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.locks import LOCK
from ijaa.users.profiles.domain import CHOSEN, Audience
from ijaa.users.profiles.models import Profile
from ijaa.users.sight import ACCEPTED_OF, CONNECTED, CONNECTIONS, SEEN
from ijaa.users.standing import MAY_ACT

_COUNTED = "CASE WHEN $2::text IS NOT NULL THEN {} END".format(
    CONNECTIONS.format(member="lower($1)", viewer="$2::text", now="$3::timestamptz")
)
_SEEN_BY = SEEN.format(viewer="$2::text", now="$3::timestamptz")
_CONNECTED_TO = CONNECTED.format(viewer="$2::text")


class StoredProfile(msgspec.Struct, frozen=True):
    """A profile as it lies in the table."""

    username: str
    name: str
    former_name: str | None
    nickname: str | None
    profession: str | None
    location: str | None
    bio: str | None
    phone: str | None
    email: str | None
    linked_in: str | None
    website: str | None
    facebook: str | None
    batch: str | None
    photo: str | None
    cover: str | None
    visibility: str
    """JSON."""
    updated_at: datetime
    version: int
    connected: bool
    """Whether the viewer and the member are connected."""
    connections: int | None
    """How many connections the viewer may count; None for the public."""

    @property
    def chosen(self) -> dict[str, Audience]:
        """The audiences the member chose."""
        return CHOSEN.decode(self.visibility)


class Showing(msgspec.Struct, frozen=True):
    """What decides on the lists of a member a viewer is shown."""

    username: str
    visibility: str
    """JSON."""
    connected: bool


class StoredCard(msgspec.Struct, frozen=True):
    """What a card is made of."""

    username: str
    name: str
    photo: str | None
    visibility: str
    """JSON."""
    connected: bool


class Around(msgspec.Struct, frozen=True):
    """What somebody said of himself, and whom he is connected with and sees."""

    location: str | None
    interests: list[str]
    connections: list[str]


class Standing(msgspec.Struct, frozen=True):
    """Where an account stands."""

    username: str
    active: bool
    """Whether it may act."""
    verified: bool


_JSON = "p.visibility::text"

_OWN = f"""
SELECT {columns(StoredProfile, "p", visibility=_JSON, connected="false", connections="NULL::bigint")}
FROM profiles p WHERE p.username = $1
"""
_SEEN = f"""
SELECT {columns(StoredProfile, "p", visibility=_JSON, connected=_CONNECTED_TO, connections=_COUNTED)}
FROM profiles p JOIN users u ON u.id = p.user_id
WHERE p.username = lower($1) AND {_SEEN_BY}
"""
_SHOWING = f"""
SELECT {columns(Showing, "p", visibility=_JSON, connected=_CONNECTED_TO)}
FROM profiles p JOIN users u ON u.id = p.user_id
WHERE p.username = lower($1) AND {_SEEN_BY}
"""
_CARDS = f"""
SELECT {columns(StoredCard, "p", visibility=_JSON, connected=_CONNECTED_TO)}
FROM profiles p JOIN users u ON u.id = p.user_id
WHERE p.username = ANY ($1::text[]) AND {_SEEN_BY}
"""
_INTERESTS, _CONNECTED = 50, 2_000
"""How much is told of a member to whoever recommends something to him."""
_AROUND = f"""
SELECT m.location,
       ARRAY(SELECT i.interest FROM interests i WHERE i.user_id = m.user_id
             ORDER BY i.interest_key LIMIT {_INTERESTS}),
       ARRAY(SELECT p.username::text FROM {ACCEPTED_OF.format(member="m.username")} c
             JOIN profiles p ON p.username = c.username JOIN users u ON u.id = p.user_id
             WHERE {SEEN.format(viewer="m.username", now="$2::timestamptz")} ORDER BY p.username LIMIT {_CONNECTED})
FROM profiles m WHERE m.username = $1
"""
_LOCK = text(LOCK.format(columns="p.*", which="p.username = :username"))
_STANDINGS = f"""
SELECT u.username, {MAY_ACT.format(now="$2::timestamptz")}, u.email_verified_at IS NOT NULL
FROM users u WHERE u.username = ANY ($1::text[])
"""
_HAS_ADDRESS = f"""
SELECT EXISTS (SELECT FROM users u WHERE u.username = $1 AND u.email = $2 AND {MAY_ACT.format(now="$3::timestamptz")})
"""


class ProfileRepository:
    """Profiles, to read past the ORM and to change through it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def own(self, username: str) -> StoredProfile | None:
        """Return a profile as its owner has it."""
        return await self._database.fetch_one(StoredProfile, _OWN, username)

    async def seen(self, username: str, viewer: str | None, now: datetime) -> StoredProfile | None:
        """Return the profile of a member the viewer can see; upper case in `username` does not matter."""
        return await self._database.fetch_one(StoredProfile, _SEEN, username, viewer, now)

    async def showing(self, username: str, viewer: str | None, now: datetime) -> Showing | None:
        """Return what decides on the lists of a member the viewer can see; upper case does not matter."""
        return await self._database.fetch_one(Showing, _SHOWING, username, viewer, now)

    async def cards(self, usernames: Collection[str], viewer: str | None, now: datetime) -> list[StoredCard]:
        """Return what the cards of these accounts are made of."""
        return await self._database.fetch(StoredCard, _CARDS, list(usernames), viewer, now)

    async def around(self, username: str, now: datetime) -> Around | None:
        """Return what a member said of himself, for him alone."""
        return await self._database.fetch_one(Around, _AROUND, username, now)

    async def standings(self, usernames: Collection[str], now: datetime) -> list[Standing]:
        """Return where these accounts stand."""
        return await self._database.fetch(Standing, _STANDINGS, list(usernames), now)

    async def has_address(self, username: str, email: str, now: datetime) -> bool:
        """Whether an account that may act has this address."""
        return bool(await self._database.fetch_value(_HAS_ADDRESS, username, email, now))

    async def lock(self, session: AsyncSession, username: str) -> Profile | None:
        """Return a profile to change; nobody else changes it before the transaction ends."""
        found: Profile | None = await session.scalar(select(Profile).from_statement(_LOCK), {"username": username})
        return found
