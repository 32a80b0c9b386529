"""The table of admins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.principals import ADMIN_ROLES
from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase


class Admin(UsersBase):
    """Somebody who looks after the installation."""

    __tablename__ = "admins"
    __table_args__ = (
        CheckConstraint(one_of("role", *ADMIN_ROLES), name="role"),
        CheckConstraint("email = lower(email) AND email <> ''", name="email"),
        CheckConstraint("char_length(name) >= 2", name="name"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[Key]
    admin_id: Mapped[str] = mapped_column(String(50), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20), server_default="superadmin")
    active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
