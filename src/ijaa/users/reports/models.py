"""The table of reports."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase


class Report(UsersBase):
    """Something a member reported, and what became of it."""

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint(
            one_of("category", "USER_REPORT", "CONTENT_REPORT", "BUG_REPORT", "FEATURE_REQUEST"), name="category"
        ),
        CheckConstraint(one_of("status", "PENDING", "IN_PROGRESS", "RESOLVED", "CLOSED"), name="status"),
        CheckConstraint(one_of("priority", "LOW", "MEDIUM", "HIGH", "URGENT"), name="priority"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("version > 0", name="version"),
        Index("idx_reports_reporter", "reporter_username"),
        Index("idx_reports_open", "status", "id", postgresql_where=text("status IN ('PENDING', 'IN_PROGRESS')")),
    )

    id: Mapped[Key]
    reporter_username: Mapped[str | None] = mapped_column(String(100))
    """NULL once the reporter was erased."""
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(10_000))
    category: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), server_default="PENDING")
    priority: Mapped[str] = mapped_column(String(10), server_default="MEDIUM")
    target: Mapped[str | None] = mapped_column(String(300))
    """What it is about: a username, or the path of a thing."""
    assigned_to: Mapped[str | None] = mapped_column(String(50))
    """The public id of an admin."""
    admin_notes: Mapped[str | None] = mapped_column(String(10_000))
    attachment: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
