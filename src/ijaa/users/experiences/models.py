"""The table of experiences."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key
from ijaa.users.base import UsersBase

_YEARS = "{0} BETWEEN '1900-01-01' AND '9998-12-31'"


class Experience(UsersBase):
    """A post a member had or has; without an end it is held still, without any date nobody knows."""

    __tablename__ = "experiences"
    __table_args__ = (
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("(company IS NULL) = (company_key IS NULL)", name="company"),
        CheckConstraint("end_date >= start_date", name="dates"),
        CheckConstraint(f"{_YEARS.format('start_date')} AND {_YEARS.format('end_date')}", name="years"),
        CheckConstraint("version > 0", name="version"),
        Index("idx_experiences_user", "user_id", text("start_date DESC")),
        Index("idx_experiences_company", "company_key", "user_id"),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(100))
    title_key: Mapped[str] = mapped_column(String(200))
    """The title folded, as it is searched."""
    company: Mapped[str | None] = mapped_column(String(100))
    company_key: Mapped[str | None] = mapped_column(String(200))
    """The company folded, as it is searched."""
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    period: Mapped[str | None] = mapped_column(String(100))
    """When, in the words of an imported record that has no dates."""
    description: Mapped[str | None] = mapped_column(String(1000))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
