"""Tables of imports and of the people they brought."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase


class MemberImport(UsersBase):
    """One file of people, and what became of its rows."""

    __tablename__ = "member_imports"
    __table_args__ = (
        CheckConstraint(one_of("mode", "all-or-nothing", "skip-bad-rows"), name="mode"),
        CheckConstraint(one_of("state", "WAITING", "RUNNING", "DONE", "FAILED"), name="state"),
        CheckConstraint(
            "line >= 0 AND created >= 0 AND updated >= 0 AND unchanged >= 0 AND refused >= 0", name="counts"
        ),
        CheckConstraint("octet_length(body) <= 10485760", name="body"),
        CheckConstraint("(ended_at IS NOT NULL) = (state IN ('DONE', 'FAILED'))", name="ended_at"),
    )

    id: Mapped[Key]
    started_by: Mapped[str | None] = mapped_column(String(50))
    """The public id of an admin; NULL for whoever runs commands on the machine."""
    file_name: Mapped[str] = mapped_column(String(200))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What each column was taken for, where somebody said so."""
    delimiter: Mapped[str] = mapped_column(String(10))
    mode: Mapped[str] = mapped_column(String(20))
    dry_run: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    lines: Mapped[int]
    """Of the whole file."""
    line: Mapped[int]
    """Up to which everything is done."""
    created: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    refused: Mapped[int]
    errors: Mapped[list[Any]] = mapped_column(JSONB)
    """The first refused rows, without what they hold: line and reason."""
    problem: Mapped[str | None] = mapped_column(String(500))
    """Why nothing of the file could be taken."""
    body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The file, until a job has done it; loaded when it is asked for."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class MemberRecord(UsersBase):
    """Somebody an import told of; all of it is private, and shown to admins who settle claims alone."""

    __tablename__ = "member_records"
    __table_args__ = (
        CheckConstraint("name <> '' AND name_key <> ''", name="name"),
        CheckConstraint("email = lower(email) AND email <> ''", name="email"),
        CheckConstraint("(phone IS NULL) = (phone_key IS NULL)", name="phone"),
        CheckConstraint("(student_number IS NULL) = (student_key IS NULL)", name="student_number"),
        CheckConstraint("birth_date BETWEEN '1900-01-01' AND '9998-12-31'", name="birth_date"),
        CheckConstraint("jsonb_typeof(extra) = 'object'", name="extra"),
        Index("idx_member_records_name", "name_key", "birth_date"),
    )

    id: Mapped[Key]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("member_imports.id", ondelete="SET NULL"), index=True)
    """The last import that changed it."""
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    """Whose it is: it goes with his account."""
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200))
    batch: Mapped[str | None] = mapped_column(String(10))
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    phone: Mapped[str | None] = mapped_column(String(20))
    phone_key: Mapped[str | None] = mapped_column(String(20), index=True)
    """The last digits, as numbers are compared."""
    birth_date: Mapped[date | None]
    student_number: Mapped[str | None] = mapped_column(String(50))
    student_key: Mapped[str | None] = mapped_column(String(100), index=True)
    profession: Mapped[str | None] = mapped_column(String(100))
    location: Mapped[str | None] = mapped_column(String(100))
    extra: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    """What else the list said, by its column."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
