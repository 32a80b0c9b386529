"""The table of recovery codes; the seed of the codes by time is a column of the admin."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.users.base import UsersBase


class RecoveryCode(UsersBase):
    """A code that stands in for the second factor, once; only its hash is kept."""

    __tablename__ = "admin_recovery_codes"
    __table_args__ = (CheckConstraint("octet_length(hash) = 32", name="hash"),)

    admin_id: Mapped[str] = mapped_column(
        String(50), ForeignKey("admins.admin_id", ondelete="CASCADE"), primary_key=True
    )
    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
