"""The table of feature flags."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key
from ijaa.users.base import UsersBase


class FeatureFlag(UsersBase):
    """A switch of the installation."""

    __tablename__ = "feature_flags"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z0-9]+([.-][a-z0-9]+)*$'", name="name"),
        CheckConstraint("parent_id <> id", name="parent"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("feature_flags.id"), index=True)
    enabled: Mapped[bool]
    description: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
