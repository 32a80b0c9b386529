"""The table of files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import one_of
from ijaa.users.base import UsersBase

EXPORT = "export"
"""The purpose of an archive of everything about its owner: shown to nobody by its id."""
_SHOWN = one_of("purpose", "photo", "cover")


class File(UsersBase):
    """A file of a member; its objects lie in the storage, under its key."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint(one_of("purpose", "photo", "cover", EXPORT), name="purpose"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("length(sha256) = 32", name="sha256"),
        Index("idx_files_owner_id", "owner_id"),
        Index("uq_files_shown", "owner_id", "purpose", unique=True, postgresql_where=text(_SHOWN)),
        Index("uq_files_key", "key", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(50))
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all variants together."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the full variant."""
    created_at: Mapped[datetime]
