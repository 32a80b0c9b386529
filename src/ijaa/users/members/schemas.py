"""What goes in and out of the routes about members, for admins."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from ijaa.shared.schema import Body, View
from ijaa.users.standing import MemberStatus


class Suspension(Body, frozen=True, kw_only=True):
    """Why a member may not act, and until when; without an end, until he is reinstated."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    until: Annotated[datetime, Meta(tz=True)] | None = None


class MemberAccount(View, frozen=True):
    """A member's account, as admins see it."""

    user_id: str
    username: str
    name: str
    email: str
    batch: str | None
    status: MemberStatus
    created_at: datetime
    email_verified_at: datetime | None
    last_seen_at: datetime | None
    """When a session of his was last opened or refreshed."""
    suspended_at: datetime | None
    suspended_until: datetime | None
    suspension_reason: str | None
    erase_after: datetime | None
