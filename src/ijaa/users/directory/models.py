"""The table of the directory."""

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.users.base import UsersBase
from ijaa.users.directory.domain import CONNECTIONS, KEY_LENGTH, MEMBERS


def _sorted_by(name: str, *columns: str) -> Index:
    return Index(f"idx_directory_{name}", "level", *(text(one) for one in columns), "sort_key", "user_id")


class DirectoryEntry(UsersBase):
    """What one kind of viewer finds a member by; made anew in the transaction of every change of what it is made of."""

    __tablename__ = "directory"
    __table_args__ = (
        CheckConstraint(f"level IN ({MEMBERS}, {CONNECTIONS})", name="level"),
        CheckConstraint("connections >= 0", name="connections"),
        _sorted_by("name"),
        _sorted_by("batch", "batch DESC"),
        _sorted_by("connections", "connections DESC"),
        _sorted_by("profession", "profession_key"),
        _sorted_by("location", "location_key"),
        Index("idx_directory_words", "words", postgresql_using="gin"),
        Index("idx_directory_names", "names", postgresql_using="gin", postgresql_ops={"names": "gin_trgm_ops"}),
        Index("idx_directory_companies", "company_keys", postgresql_using="gin"),
        Index("idx_directory_interests", "interest_keys", postgresql_using="gin"),
    )

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    personal: Mapped[bool]
    sort_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    batch: Mapped[str] = mapped_column(String(10))
    profession_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    location_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    company_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    interest_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    names: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(TSVECTOR)
    connections: Mapped[int] = mapped_column()
