"""Tables of accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase


class User(UsersBase):
    """An account; `username` is an immutable handle that other databases refer to."""

    __tablename__ = "users"
    __table_args__ = (
        Index("idx_users_username", "username", unique=True),
        # how dear the dearest hash of an import is, asked at every sign-in; empty once all of them have signed in
        Index(
            "idx_users_legacy_cost",
            text("substr(password_hash, 5, 2)"),
            postgresql_where=text("left(password_hash, 2) = '$2'"),
        ),
        CheckConstraint("username = lower(username) AND username <> ''", name="username"),
        CheckConstraint("email = lower(email) AND email <> ''", name="email"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("(suspended_at IS NULL) = (suspension_reason IS NULL)", name="suspension_reason"),
        CheckConstraint("suspension_reason <> ''", name="suspension_reason_said"),
        CheckConstraint("suspended_until IS NULL OR suspended_until > suspended_at", name="suspended_until"),
        CheckConstraint("suspended_at IS NOT NULL OR suspended_until IS NULL", name="suspended_at"),
        Index(
            "idx_users_search",
            "username",
            "email",
            postgresql_using="gin",
            postgresql_ops={"username": "gin_trgm_ops", "email": "gin_trgm_ops"},
        ),
    )

    id: Mapped[Key]
    user_id: Mapped[str] = mapped_column(String(50), unique=True)
    username: Mapped[str] = mapped_column(String(100))
    login_alias: Mapped[str | None] = mapped_column(String(100), unique=True)
    """The old spelling of an imported username, exactly as it was typed."""
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool]
    email_verified_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    """When the suspension ends by itself; NULL is when it is lifted."""
    suspension_reason: Mapped[str | None] = mapped_column(String(500))
    erase_after: Mapped[datetime | None]
    """When the grace of an account that leaves is over."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom


class Registration(UsersBase):
    """Somebody who wants to become a member; he has an account once he has confirmed the address, and none before.

    There is one for every username that was asked for, also with an address that has an account: whether a username is
    taken tells nothing of the address it was asked for with.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint("username = lower(username) AND username <> ''", name="username"),
        CheckConstraint("email = lower(email) AND email <> ''", name="email"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Random: the token is made from it."""
    username: Mapped[str] = mapped_column(String(50), unique=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(100))
    batch: Mapped[str | None] = mapped_column(String(10))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """NULL where no token was mailed, or another registration of the address was confirmed."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """When the username is free again."""


class EmailToken(UsersBase):
    """A link in a mail, good once; only its hash is kept."""

    __tablename__ = "email_tokens"
    __table_args__ = (
        # verify-email is written by processes of the release before, which run beside this one during an upgrade
        CheckConstraint(one_of("purpose", "verify-email", "reset-password", "return"), name="purpose"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
    )

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasswordGuess(UsersBase):
    """The guesses of late at the password of one account, or at a login nobody has."""

    __tablename__ = "password_guesses"
    __table_args__ = (CheckConstraint("who ~ '^[0-9a-f]{32}$'", name="who"),)

    who: Mapped[str] = mapped_column(String(32), primary_key=True)
    """A keyed hash: people type passwords where the login belongs."""
    places: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """UUIDs of version 7: when each was taken is in its name."""
    guessed_at: Mapped[datetime]


class ErasedUsername(UsersBase):
    """A username that is never given again, because rows elsewhere may still name it."""

    __tablename__ = "erased_usernames"
    __table_args__ = (CheckConstraint("username = lower(username) AND username <> ''", name="username"),)

    username: Mapped[str] = mapped_column(String(100), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(50))
    """The public id of whoever had it; NULL for the old spelling of another name, which nobody had."""
    erased_at: Mapped[datetime]


class EmailChange(UsersBase):
    """A change of address that waits for both addresses to confirm it; a member has one at most."""

    __tablename__ = "email_changes"
    __table_args__ = (
        CheckConstraint("new_email = lower(new_email) AND new_email <> ''", name="new_email"),
        CheckConstraint("octet_length(old_hash) = 32 AND octet_length(new_hash) = 32", name="hashes"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    new_email: Mapped[str] = mapped_column(String(254))
    old_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the token mailed to the address the account has."""
    new_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Of the token mailed to the new address."""
    old_confirmed_at: Mapped[datetime | None]
    new_confirmed_at: Mapped[datetime | None]
    session_id: Mapped[UUID]
    """The session that asked for it, which stays."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
