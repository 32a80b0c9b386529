"""The table of files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import one_of
from ijaa.users.base import UsersBase

EXPORT = "export"
"""The purpose of an archive of everything about its owner: shown to nobody by its id."""
_SHOWN = one_of("purpose", "photo", "cover")
_BELONGS = (
    f"(owner_id IS NOT NULL) = ({one_of('purpose', 'photo', 'cover', EXPORT)})"
    " AND (announcement_id IS NOT NULL) = (purpose = 'image')"
    " AND (report_id IS NOT NULL) = (purpose = 'attachment')"
    " AND (place IS NOT NULL) = (purpose = 'attachment')"
)


class File(UsersBase):
    """A file of a member, an announcement or a report; its objects lie in the storage, under its key."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint(one_of("purpose", "photo", "cover", EXPORT, "image", "attachment"), name="purpose"),
        CheckConstraint(_BELONGS, name="belongs"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        Index("idx_files_owner_id", "owner_id"),
        Index("uq_files_shown", "owner_id", "purpose", unique=True, postgresql_where=text(_SHOWN)),
        Index("uq_files_announcement", "announcement_id", unique=True),
        Index("uq_files_report", "report_id", "place", unique=True),
        Index("uq_files_key", "key", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    place: Mapped[int | None] = mapped_column(SmallInteger)
    """Which of a report's attachments it is, from 1 on."""
    purpose: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(50))
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all variants together."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the full variant."""
    created_at: Mapped[datetime]
