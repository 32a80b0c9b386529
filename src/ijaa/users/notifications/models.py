"""The tables of notifications."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase
from ijaa.users.notifications.domain import KINDS


class Notification(UsersBase):
    """Something a member is told; while it is unread, more of the same is counted in it."""

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint(one_of("kind", *KINDS), name="kind"),
        CheckConstraint("count > 0", name="count"),
        # who invited, by whom an erasure and a block find what others were told of him
        Index(
            "idx_notifications_inviter", text("(facts ->> 'username')"), postgresql_where=text("kind = 'invitation'"),
        ),
        Index("idx_notifications_user", "user_id", text("told_at DESC"), text("id DESC")),
        Index(
            "uq_notifications_unread", "user_id", "kind", "subject",
            unique=True, postgresql_where=text("read_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(100))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    seq: Mapped[int] = mapped_column(BigInteger)
    """Of the latest message it tells of."""
    count: Mapped[int] = mapped_column(server_default=text("1"))
    told_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class NotificationPreference(UsersBase):
    """What a member chose for one kind; without a row its default holds."""

    __tablename__ = "notification_preferences"
    __table_args__ = (CheckConstraint(one_of("kind", *KINDS), name="kind"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    in_app: Mapped[bool]
    email: Mapped[bool]
