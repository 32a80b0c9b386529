"""The table of settings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import one_of
from ijaa.users.base import UsersBase


class UserSettings(UsersBase):
    """What a member chose; without a row, or where a column is null, the device decides."""

    __tablename__ = "user_settings"
    __table_args__ = (
        CheckConstraint(one_of("theme", "DARK", "LIGHT", "DEVICE"), name="theme"),
        CheckConstraint("language ~ '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*$'", name="language"),
        CheckConstraint("time_zone <> ''", name="time_zone"),
        CheckConstraint("version > 0", name="version"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    theme: Mapped[str] = mapped_column(String(10), server_default=text("'DEVICE'"))
    language: Mapped[str | None] = mapped_column(String(35))
    """A language tag (BCP 47)."""
    time_zone: Mapped[str | None] = mapped_column(String(64))
    """A zone's name (IANA)."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
