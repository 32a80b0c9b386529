"""The table of invitations."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.shared.tables import Key


class EventInvitation(EventsBase):
    """One member invited to one event: it lets him see a private event, and join a closed one."""

    __tablename__ = "event_invitations"
    __table_args__ = (
        UniqueConstraint("event_id", "invited_username"),
        CheckConstraint(
            "invited_username = lower(invited_username) AND invited_username <> ''", name="invited_username"
        ),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    invited_username: Mapped[str] = mapped_column(String(100), index=True)
    invited_by_username: Mapped[str | None] = mapped_column(String(100), index=True)
    """NULL once whoever invited was erased."""
    personal_message: Mapped[str | None] = mapped_column(String(500))
    is_read: Mapped[bool] = mapped_column(server_default=text("false"))
    is_responded: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
