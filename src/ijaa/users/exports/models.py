"""The table of exports."""

from datetime import datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import one_of
from ijaa.users.base import UsersBase
from ijaa.users.exports.domain import State


class Export(UsersBase):
    """An archive a member asked for; while it can be had it is one of his files."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint(one_of("state", *get_args(State)), name="state"),
        CheckConstraint("(state IN ('READY', 'FETCHED', 'EXPIRED')) = (ready_at IS NOT NULL)", name="ready_at"),
        CheckConstraint("(ready_at IS NULL) = (expires_at IS NULL)", name="expires_at"),
        CheckConstraint("(ready_at IS NULL) = (size IS NULL)", name="size"),
        CheckConstraint("(state = 'FETCHED') = (fetched_at IS NOT NULL)", name="fetched_at"),
        CheckConstraint("broken_off >= 0", name="broken_off"),
        Index("idx_exports_user_id", "user_id", text("created_at DESC")),
        Index("uq_exports_requested", "user_id", unique=True, postgresql_where=text("state = 'REQUESTED'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id", ondelete="SET NULL"), unique=True)
    size: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes of the archive."""
    broken_off: Mapped[int] = mapped_column(server_default=text("0"))
    """How often it was begun to be fetched, and its last byte never left."""
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
