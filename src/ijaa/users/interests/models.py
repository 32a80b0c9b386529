"""The table of interests."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key
from ijaa.users.base import UsersBase


class Interest(UsersBase):
    """Something a member cares for."""

    __tablename__ = "interests"
    __table_args__ = (
        CheckConstraint("interest <> ''", name="interest"),
        CheckConstraint("interest_key <> ''", name="interest_key"),
        CheckConstraint("version > 0", name="version"),
        UniqueConstraint("user_id", "interest_key"),
        Index("idx_interests_key", "interest_key", "user_id", postgresql_ops={"interest_key": "text_pattern_ops"}),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    interest: Mapped[str] = mapped_column(String(100))
    interest_key: Mapped[str] = mapped_column(String(200))
    """The interest folded: it is compared, searched and suggested by it."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
