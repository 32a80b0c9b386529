"""The table of roles."""

from datetime import datetime
from typing import get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.events.organisers.domain import Role
from ijaa.shared.tables import Key, one_of


class EventOrganiser(EventsBase):
    """One member's role at one event; its owner has none here, he is `created_by_username`."""

    __tablename__ = "event_organisers"
    __table_args__ = (
        UniqueConstraint("event_id", "username"),
        CheckConstraint(one_of("role", *get_args(Role)), name="role"),
        CheckConstraint("username = lower(username) AND username <> ''", name="username"),
        Index("idx_event_organisers_username", "username", "event_id"),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    username: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    added_by: Mapped[str | None] = mapped_column(String(100), index=True)
    """NULL once whoever appointed was erased."""
    created_at: Mapped[datetime]
