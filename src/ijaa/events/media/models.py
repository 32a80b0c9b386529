"""The tables of media."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.shared.tables import Key, one_of

_DRAWN = "(media_type = 'IMAGE') = (width IS NOT NULL) AND (width IS NULL) = (height IS NULL)"


class EventMedium(EventsBase):
    """One file somebody shows at an event; its objects lie in the storage, under `file_id`."""

    __tablename__ = "event_media"
    __table_args__ = (
        UniqueConstraint("file_id"),
        CheckConstraint(one_of("media_type", "IMAGE", "VIDEO", "DOCUMENT"), name="media_type"),
        CheckConstraint(
            one_of("file_type", "image/webp", "video/mp4", "video/quicktime", "video/webm", "application/pdf"),
            name="file_type",
        ),
        CheckConstraint("file_size > 0", name="file_size"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        CheckConstraint(_DRAWN, name="drawn"),
        CheckConstraint("width > 0 AND height > 0", name="edges"),
        CheckConstraint("caption <> ''", name="caption"),
        CheckConstraint(
            "uploaded_by_username = lower(uploaded_by_username) AND uploaded_by_username <> ''",
            name="uploaded_by_username",
        ),
        CheckConstraint("version > 0", name="version"),
        Index("idx_event_media_event_id", "event_id", "id"),
        Index("idx_event_media_uploaded_by", "uploaded_by_username"),
        Index("idx_event_media_created_at", "created_at", postgresql_using="brin"),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    uploaded_by_username: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(10))
    file_id: Mapped[UUID]
    file_type: Mapped[str] = mapped_column(String(50))
    file_size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all variants together."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the full variant."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    caption: Mapped[str | None] = mapped_column(String(200))
    is_approved: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class MediumLike(EventsBase):
    """One member who likes one medium."""

    __tablename__ = "event_media_likes"
    __table_args__ = (
        CheckConstraint("username = lower(username) AND username <> ''", name="username"),
        Index("idx_event_media_likes_username", "username"),
    )

    media_id: Mapped[int] = mapped_column(
        ForeignKey("event_media.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    username: Mapped[str] = mapped_column(String(100), primary_key=True)
    created_at: Mapped[datetime]
