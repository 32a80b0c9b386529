"""The table of profiles."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.users.base import UsersBase
from ijaa.users.profiles.domain import default_audience


def shown_to_members(field: str) -> str:
    """Return the SQL of a field, folded, as members see it who are not connected; `{p}` goes before each column.

    It is what is indexed, so that a hidden value finds nobody and takes nobody's place.
    """
    # as PostgreSQL writes it back, line for line, or alembic takes it for another index
    return f"(\nCASE\n    WHEN {for_members(field)} THEN lower({{p}}{field})\n    ELSE NULL\nEND)"


def for_members(field: str) -> str:
    """Return the SQL of whether members see a field or a list who are not connected; `{p}` goes before each column."""
    audience = f"COALESCE({{p}}visibility ->> '{field}', '{default_audience(field)}')"
    return f"{audience} = ANY (ARRAY['members', 'public'])"


class Profile(UsersBase):
    """What a member says of himself; one per account."""

    __tablename__ = "profiles"
    __table_args__ = (
        Index("idx_profiles_username", "username", unique=True),
        Index("idx_profiles_name_key", "name_key", postgresql_using="gin", postgresql_ops={"name_key": "gin_trgm_ops"}),
        *(
            Index(f"idx_profiles_{field}_shown", text(shown_to_members(field).format(p="")), "user_id")
            for field in ("batch", "profession", "location")
        ),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("jsonb_typeof(visibility) = 'object'", name="visibility"),
        CheckConstraint("version > 0", name="version"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    username: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200))
    """The name folded, as it is searched and sorted."""
    former_name: Mapped[str | None] = mapped_column(String(100))
    nickname: Mapped[str | None] = mapped_column(String(100))
    profession: Mapped[str | None] = mapped_column(String(100))
    location: Mapped[str | None] = mapped_column(String(100))
    bio: Mapped[str | None] = mapped_column(String(1000))
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    linked_in: Mapped[str | None] = mapped_column(String(300))
    website: Mapped[str | None] = mapped_column(String(300))
    facebook: Mapped[str | None] = mapped_column(String(300))
    batch: Mapped[str | None] = mapped_column(String(10))
    photo: Mapped[str | None] = mapped_column(String(300))
    cover: Mapped[str | None] = mapped_column(String(300))
    visibility: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    """The audiences the member chose, by field; a field that is absent has its default."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
