"""The table of members who are known from messages."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.shared.tables import one_of


class KnownMember(EventsBase):
    """A member of whom a message told: where he stands by the latest one, and when something about him last changed."""

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint(one_of("standing", "active", "suspended", "erased"), name="standing"),
        CheckConstraint("username = lower(username) AND username <> ''", name="username"),
        Index("idx_members_changed_at", "changed_at"),
    )

    username: Mapped[str] = mapped_column(String(100), primary_key=True)
    standing: Mapped[str | None] = mapped_column(String(20))
    standing_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    changed_at: Mapped[datetime]
