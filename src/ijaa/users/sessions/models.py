"""Tables of sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase


class Session(UsersBase):
    """A family of refresh tokens: one sign-in on one device."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint(one_of("principal_kind", "member", "admin"), name="principal_kind"),
        CheckConstraint("current_seq >= 0", name="current_seq"),
        Index("idx_sessions_principal", "principal_kind", "principal_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The `sid` of its access tokens."""
    principal_kind: Mapped[str] = mapped_column(String(10))
    principal_id: Mapped[str] = mapped_column(String(50))
    username: Mapped[str] = mapped_column(String(100))
    user_agent: Mapped[str | None] = mapped_column(String(300))
    ip: Mapped[str | None] = mapped_column(INET)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    """When it was opened or last rotated."""
    authenticated_at: Mapped[datetime]
    """When its owner last proved his password in it."""
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    current_seq: Mapped[int] = mapped_column(Integer)


class RefreshToken(UsersBase):
    """One generation of a family; spent ones stay, because meeting one again is how theft shows."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        UniqueConstraint("session_id", "seq"),
        CheckConstraint("seq >= 0", name="seq"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
    )

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    seq: Mapped[int]
    issued_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class SigningKey(UsersBase):
    """A key access tokens are signed with; its private half is sealed."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sealed_private: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    active_from: Mapped[datetime]
    """When it begins to sign; it is published from the start."""
    revoked_at: Mapped[datetime | None]


class Revocation(UsersBase):
    """A session whose access tokens are not good any more; kept until the last of them has expired."""

    __tablename__ = "revocations"

    id: Mapped[Key]
    session_id: Mapped[UUID] = mapped_column(index=True)
    revoked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
