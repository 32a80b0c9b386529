"""The tables of connections and blocks."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase


class Connection(UsersBase):
    """A request of one member to another, and what came of it."""

    __tablename__ = "connections"
    __table_args__ = (
        CheckConstraint(one_of("status", "PENDING", "ACCEPTED", "REJECTED"), name="status"),
        CheckConstraint("requester_username <> receiver_username", name="two_members"),
        Index("idx_connections_requester", "requester_username"),
        Index("idx_connections_receiver", "receiver_username"),
    )

    id: Mapped[Key]
    requester_username: Mapped[str] = mapped_column(String(100))
    receiver_username: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Block(UsersBase):
    """A member who wants nothing to do with another: neither of them sees the other, whoever blocked."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("blocker_username <> blocked_username", name="two_members"),
        Index("idx_blocks_blocked", "blocked_username"),
    )

    blocker_username: Mapped[str] = mapped_column(String(100), primary_key=True)
    blocked_username: Mapped[str] = mapped_column(String(100), primary_key=True)
    created_at: Mapped[datetime]


Index(
    "uq_connections_pair",
    func.least(Connection.requester_username, Connection.receiver_username),
    func.greatest(Connection.requester_username, Connection.receiver_username),
    unique=True,
)
