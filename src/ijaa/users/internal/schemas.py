"""Bodies between the services; the same structs the façade gives inside one process."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from ijaa.shared.schema import Body, View
from ijaa.users.identifiers import Username
from ijaa.users.profiles.schemas import MemberCard, SharedCard, Standing

Usernames = Annotated[list[Username], Meta(max_length=500)]


class CardsAsked(Body, frozen=True, kw_only=True):
    """Whose cards, and for whom; a viewer of null is the public."""

    usernames: Usernames
    viewer: Username | None = None


class Cards(View, frozen=True):
    """Cards by username; unknown members are left out."""

    cards: dict[str, MemberCard]


class NamesAsked(Body, frozen=True, kw_only=True):
    """Who."""

    usernames: Usernames


class SharedCards(View, frozen=True):
    """Cards for every kind of viewer, by username; unknown members are left out."""

    cards: dict[str, SharedCard]


class HiddenAsked(Body, frozen=True, kw_only=True):
    """For whom."""

    viewer: Username


class ContextAsked(Body, frozen=True):
    """Of whom."""

    username: Username


class Hidden(View, frozen=True):
    """Whom a block keeps from the viewer's sight."""

    usernames: list[str]


class AddressAsked(Body, frozen=True, kw_only=True):
    """Whether an address is whose."""

    username: Username
    email: Annotated[str, Meta(max_length=254)]


class HasAddress(View, frozen=True):
    """Whether it is his."""

    has_address: bool


class Standings(View, frozen=True):
    """Standings by username, of everybody asked for."""

    standings: dict[str, Standing]


class RevokedRead(View, frozen=True):
    """One revoked session."""

    session_id: str
    expires_at: datetime


class RevocationsRead(View, frozen=True):
    """What was revoked after a cursor; a snapshot replaces everything known before."""

    cursor: str
    snapshot: bool
    revoked: list[RevokedRead]


class RevocationRead(View, frozen=True):
    """Whether one session has been revoked."""

    session_id: str
    revoked: bool


class KeysRead(View, frozen=True):
    """The public keys (RFC 7517), and the name of this state of them."""

    cursor: str
    keys: list[dict[str, Any]]
