"""The table of admins."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.principals import ADMIN_ROLES, AdminRole
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
        CheckConstraint(
            "(totp_seed IS NULL) = (totp_last_step IS NULL) AND (totp_seed IS NULL) = (totp_confirmed_at IS NULL)",
            name="totp",
        ),
        CheckConstraint("octet_length(totp_seed) <= 200 AND octet_length(totp_pending) <= 200", name="totp_sealed"),
    )

    id: Mapped[Key]
    admin_id: Mapped[str] = mapped_column(String(50), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[AdminRole] = mapped_column(String(20), server_default="superadmin")
    active: Mapped[bool]
    totp_seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; NULL until a second factor is enrolled."""
    totp_pending: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The sealed seed of an enrolment that waits for its first code."""
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the last code taken (RFC 6238 §5.2): it and older ones are spent."""
    totp_confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
