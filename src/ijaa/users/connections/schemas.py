"""What goes in and out of the routes of connections and blocks."""

from datetime import datetime

from ijaa.shared.schema import Body, View
from ijaa.users.connections.domain import Direction, Reason, Status
from ijaa.users.identifiers import Username
from ijaa.users.profiles.schemas import MemberCard


class ConnectionCreate(Body, frozen=True, kw_only=True):
    """Whom to ask."""

    username: Username


class ConnectionRead(View, frozen=True):
    """What is between the member and another one."""

    id: int
    status: Status
    direction: Direction
    """`incoming` if the other one asked."""
    member: MemberCard
    created_at: datetime
    updated_at: datetime
    """When it came to this status."""


class ConnectionCounts(View, frozen=True):
    """A member's own connections in numbers."""

    connections: int
    incoming: int
    """Requests that wait for his answer."""
    outgoing: int
    """Requests that wait for the answers of others."""


class SuggestionRead(View, frozen=True):
    """Somebody the member may know, and why; only what he may see of him is a reason."""

    member: MemberCard
    reasons: list[Reason]


class BlockRead(View, frozen=True):
    """Somebody the member blocked; nothing more of him is shown, because neither sees the other."""

    username: str
    created_at: datetime
