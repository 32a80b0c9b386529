"""The table of reports."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase
from ijaa.users.reports.domain import CATEGORIES, PRIORITIES, STATUSES, TARGETS, Category, Priority, Status, TargetKind

RANK = f"strpos('{' '.join(PRIORITIES)}', priority)"
"""What puts the most urgent first: where its priority stands in the list."""


class Report(UsersBase):
    """Something a member reported, and what became of it."""

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint(one_of("category", *CATEGORIES), name="category"),
        CheckConstraint(one_of("status", *STATUSES), name="status"),
        CheckConstraint(one_of("priority", *PRIORITIES), name="priority"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint(one_of("target_kind", *TARGETS), name="target_kind"),
        CheckConstraint("target_kind IS NOT NULL OR target_id IS NULL AND evidence IS NULL", name="target"),
        CheckConstraint("jsonb_typeof(evidence) = 'object'", name="evidence"),
        CheckConstraint("(status IN ('RESOLVED', 'CLOSED')) = (resolved_at IS NOT NULL)", name="resolved_at"),
        CheckConstraint("version > 0", name="version"),
        Index("idx_reports_reporter", "reporter_username"),
        Index("idx_reports_open", "status", "id", postgresql_where=text("status IN ('PENDING', 'IN_PROGRESS')")),
        Index("idx_reports_queue", text(RANK), "created_at", "id"),
        Index("idx_reports_resolved_at", "resolved_at"),
    )

    id: Mapped[Key]
    reporter_username: Mapped[str | None] = mapped_column(String(100))
    """NULL once the reporter was erased."""
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(10_000))
    category: Mapped[Category] = mapped_column(String(20))
    status: Mapped[Status] = mapped_column(String(20), server_default="PENDING")
    priority: Mapped[Priority] = mapped_column(String(10), server_default="MEDIUM")
    target_kind: Mapped[TargetKind | None] = mapped_column(String(10))
    target_id: Mapped[str | None] = mapped_column(String(100))
    """A username, or the id of a thing in the other module; NULL once the member was erased."""
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The target as the reporter saw it; NULL once its owner was erased."""
    assigned_to: Mapped[str | None] = mapped_column(String(50))
    """The public id of an admin."""
    admin_notes: Mapped[str | None] = mapped_column(String(10_000))
    outcome: Mapped[str | None] = mapped_column(String(2000))
    """What the reporter is told at the end."""
    attachment: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    """When it came to its end, whichever; NULL again once it is reopened."""
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
