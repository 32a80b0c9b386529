"""The tables of announcements."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, false, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.announcements.domain import AUDIENCES, BATCHES, CATEGORIES, AudienceKind, Category
from ijaa.users.base import UsersBase


class Announcement(UsersBase):
    """Something the association tells its members."""

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint(one_of("category", *CATEGORIES), name="category"),
        CheckConstraint(one_of("audience", *AUDIENCES), name="audience"),
        CheckConstraint(
            "(batches IS NOT NULL OR batch_from IS NOT NULL OR batch_to IS NOT NULL) = (audience = 'batches')"
            " AND (batches IS NULL OR batch_from IS NULL AND batch_to IS NULL)",
            name="batches",
        ),
        CheckConstraint(f"cardinality(batches) BETWEEN 1 AND {BATCHES}", name="batches_listed"),
        CheckConstraint("(location IS NOT NULL) = (audience = 'location') AND location <> ''", name="location"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("content <> ''", name="content"),
        CheckConstraint("visible_until > visible_from", name="schedule"),
        CheckConstraint("told_up_to >= 0", name="told_up_to"),
        CheckConstraint("version > 0", name="version"),
        Index(
            "idx_announcements_order",
            text("pinned DESC"), text("urgent DESC"), text("visible_from DESC"), text("id DESC"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(String(10_000))
    """Markdown."""
    category: Mapped[Category] = mapped_column(String(10), server_default="GENERAL")
    urgent: Mapped[bool] = mapped_column(server_default=false())
    pinned: Mapped[bool] = mapped_column(server_default=false())
    active: Mapped[bool] = mapped_column(server_default=true())
    author_id: Mapped[str | None] = mapped_column(String(50))
    """The public id of an admin; NULL for one that was imported."""
    author_name: Mapped[str] = mapped_column(String(100))
    """As it was when he wrote it."""
    image: Mapped[str | None] = mapped_column(String(300))
    audience: Mapped[AudienceKind] = mapped_column(String(10), server_default="all")
    batches: Mapped[list[str] | None] = mapped_column(ARRAY(String(10)))
    batch_from: Mapped[str | None] = mapped_column(String(4))
    batch_to: Mapped[str | None] = mapped_column(String(4))
    location: Mapped[str | None] = mapped_column(String(100))
    visible_from: Mapped[datetime]
    visible_until: Mapped[datetime | None]
    told_up_to: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The highest account that was passed while telling members; who was passed is never told again."""
    told_at: Mapped[datetime | None]
    """When everybody had been told."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom


class AnnouncementRead(UsersBase):
    """A member who read an announcement."""

    __tablename__ = "announcement_reads"
    __table_args__ = (Index("idx_announcement_reads_user_id", "user_id"),)

    announcement_id: Mapped[int] = mapped_column(
        ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    read_at: Mapped[datetime]
