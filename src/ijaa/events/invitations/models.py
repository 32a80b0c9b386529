"""The tables of invitations."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.shared.tables import Key


class EventInvitation(EventsBase):
    """One member invited to one event: it lets him see a private event, and join a closed one."""

    __tablename__ = "event_invitations"
    __table_args__ = (
        UniqueConstraint("event_id", "invited_username"),
        CheckConstraint(
            "invited_username = lower(invited_username) AND invited_username <> ''", name="invited_username"
        ),
        Index("idx_event_invitations_event_id", "event_id", "id"),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    invited_username: Mapped[str] = mapped_column(String(100), index=True)
    invited_by_username: Mapped[str | None] = mapped_column(String(100), index=True)
    """NULL once whoever invited was erased."""
    personal_message: Mapped[str | None] = mapped_column(String(500))
    is_void: Mapped[bool] = mapped_column(server_default=text("false"))
    """Of a name nobody had, or whose a block hides: organisers see it like any other, and it lets nobody in."""
    is_read: Mapped[bool] = mapped_column(server_default=text("false"))
    is_responded: Mapped[bool] = mapped_column(server_default=text("false"))
    expires_at: Mapped[datetime | None]
    """When one that nobody answered ends."""
    reminded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class EmailInvitation(EventsBase):
    """One address invited to one event: whoever has confirmed it may redeem the token, once."""

    __tablename__ = "event_email_invitations"
    __table_args__ = (
        UniqueConstraint("event_id", "address_hash"),
        CheckConstraint("octet_length(address_hash) = 32", name="address_hash"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("(token_hash IS NULL) = (sealed_address IS NULL)", name="sealed_address"),
        CheckConstraint("mails BETWEEN 1 AND 3", name="mails"),
        Index("idx_event_email_invitations_invited_by", "invited_by_username", "sent_at"),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    invited_by_username: Mapped[str] = mapped_column(String(100))
    personal_message: Mapped[str | None] = mapped_column(String(500))
    address_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """Keyed: it says that an address is the same, and not which it is."""
    sealed_address: Mapped[bytes | None] = mapped_column(LargeBinary)
    """NULL once it is not needed: redeemed, revoked or over."""
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    mails: Mapped[int] = mapped_column(server_default=text("1"))
    """How often it was mailed: once, and again after it was revoked."""
    is_revoked: Mapped[bool] = mapped_column(server_default=text("false"))
    expires_at: Mapped[datetime | None]
    """NULL is the end of the event."""
    sent_at: Mapped[datetime]


class InvitationOptOut(EventsBase):
    """An address that is sent no invitations any more, whoever invites it."""

    __tablename__ = "invitation_opt_outs"
    __table_args__ = (CheckConstraint("octet_length(address_hash) = 32", name="address_hash"),)

    address_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[datetime]
