"""Routes for the events service when the two run apart; never routed by a public gateway."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import Guard

from ijaa.shared.flags import FlagsOn
from ijaa.users.flags.feed import FlagFeed
from ijaa.users.internal.schemas import (
    AddressAsked,
    Cards,
    CardsAsked,
    ContextAsked,
    HasAddress,
    Hidden,
    HiddenAsked,
    KeysRead,
    NamesAsked,
    RevocationRead,
    RevocationsRead,
    RevokedRead,
    SharedCards,
    Standings,
)
from ijaa.users.public import MemberContext, UsersPublic
from ijaa.users.sessions.feed import RevocationFeed
from ijaa.users.sessions.keys import SigningKeys

LONGEST_WAIT = 5
"""Seconds a poll stays open; shorter than the drain of a server that stops."""


class MemberDirectoryController(Controller):
    """Members, many at a time."""

    path = "/members"

    @post("/cards", operation_id="getMemberCards", status_code=200)
    async def cards(self, users: NamedDependency[UsersPublic], data: JSONBody[CardsAsked]) -> Cards:
        """Give the cards the viewer may see."""
        return Cards(await users.cards(data.usernames, data.viewer))

    @post("/shared-cards", operation_id="getSharedMemberCards", status_code=200)
    async def shared_cards(self, users: NamedDependency[UsersPublic], data: JSONBody[NamesAsked]) -> SharedCards:
        """Give the cards for every kind of viewer."""
        return SharedCards(await users.shared_cards(data.usernames))

    @post("/hidden", operation_id="getHiddenMembers", status_code=200)
    async def hidden(self, users: NamedDependency[UsersPublic], data: JSONBody[HiddenAsked]) -> Hidden:
        """Say whom the viewer and blocks hide from each other."""
        return Hidden(sorted(await users.hidden(data.viewer)))

    @post("/context", operation_id="getMemberContext", status_code=200)
    async def context(self, users: NamedDependency[UsersPublic], data: JSONBody[ContextAsked]) -> MemberContext:
        """Give what a member said of himself, and his connections, to be shown to him alone."""
        return await users.context(data.username)

    @post("/has-address", operation_id="hasMemberAddress", status_code=200)
    async def has_address(self, users: NamedDependency[UsersPublic], data: JSONBody[AddressAsked]) -> HasAddress:
        """Say whether an address is a member's own."""
        return HasAddress(await users.has_address(data.username, data.email))

    @post("/standings", operation_id="getMemberStandings", status_code=200)
    async def standings(self, users: NamedDependency[UsersPublic], data: JSONBody[NamesAsked]) -> Standings:
        """Say where each member stands."""
        return Standings(await users.standings(data.usernames))


class RevocationController(Controller):
    """Sessions that were revoked."""

    path = "/revocations"

    @get(operation_id="followRevocations")
    async def follow(
        self,
        feed: NamedDependency[RevocationFeed],
        after: Annotated[str | None, QueryParameter(max_length=100)] = None,
        wait: Annotated[int, QueryParameter(ge=0, le=LONGEST_WAIT)] = 0,
    ) -> RevocationsRead:
        """Give what was revoked after a cursor as soon as there is something; 503 while that cannot be known."""
        found = await feed.since(after, wait)
        entries = [RevokedRead(entry.session_id, entry.expires_at) for entry in found.revoked]
        return RevocationsRead(found.cursor, found.snapshot, entries)

    @get("/{session_id:uuid}", operation_id="getRevocation")
    async def look_up(self, feed: NamedDependency[RevocationFeed], session_id: FromPath[UUID]) -> RevocationRead:
        """Say whether one session has been revoked; 503 while that cannot be known."""
        return RevocationRead(str(session_id), await feed.known(str(session_id)))


class FlagController(Controller):
    """Feature flags."""

    path = "/flags"

    @get(operation_id="followFlags")
    async def follow(
        self,
        flags: NamedDependency[FlagFeed],
        after: Annotated[str | None, QueryParameter(max_length=100)] = None,
        wait: Annotated[int, QueryParameter(ge=0, le=LONGEST_WAIT)] = 0,
    ) -> FlagsOn:
        """Give what is on as soon as it differs from the state a cursor names."""
        return await flags.since(after, wait)


class KeyController(Controller):
    """Public keys of access tokens."""

    path = "/keys"

    @get(operation_id="followKeys")
    async def follow(
        self,
        keys: NamedDependency[SigningKeys],
        after: Annotated[str | None, QueryParameter(max_length=100)] = None,
        wait: Annotated[int, QueryParameter(ge=0, le=LONGEST_WAIT)] = 0,
    ) -> KeysRead:
        """Give the public keys as soon as they differ from those a cursor names."""
        await keys.changes.after(after, wait)
        cursor = keys.changes.cursor
        return KeysRead(cursor, (await keys.published()).keys)


def internal_router(
    users: UsersPublic, feed: RevocationFeed, flags: FlagFeed, keys: SigningKeys, guard: Guard
) -> Router:
    """Return the internal routes; `guard` lets the events service pass, and nobody else."""

    def provide_users() -> UsersPublic:
        return users

    def provide_keys() -> SigningKeys:
        return keys

    def provide_flags() -> FlagFeed:
        return flags

    def provide_feed() -> RevocationFeed:
        return feed

    return Router(
        "/",
        route_handlers=[MemberDirectoryController, RevocationController, FlagController, KeyController],
        guards=[guard],
        dependencies={
            "users": Provide(provide_users, sync_to_thread=False),
            "feed": Provide(provide_feed, sync_to_thread=False),
            "flags": Provide(provide_flags, sync_to_thread=False),
            "keys": Provide(provide_keys, sync_to_thread=False),
        },
    )
