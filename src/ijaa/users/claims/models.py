"""The table of claims."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.shared.tables import Key, one_of
from ijaa.users.base import UsersBase


class MemberClaim(UsersBase):
    """What a member said to be found by; it is forgotten once the claim is settled."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint(one_of("state", "RECEIVED", "WAITING", "ACCEPTED", "REJECTED"), name="state"),
        CheckConstraint("(settled_at IS NOT NULL) = (state IN ('ACCEPTED', 'REJECTED'))", name="settled_at"),
        CheckConstraint(
            "settled_at IS NULL OR num_nonnulls(email, phone, birth_date, student_number) = 0", name="forgotten"
        ),
        Index("idx_claims_user", "user_id", "created_at"),
        Index("idx_claims_state", "state", "id"),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("member_records.id", ondelete="SET NULL"), index=True)
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    birth_date: Mapped[date | None]
    student_number: Mapped[str | None] = mapped_column(String(50))
    state: Mapped[str] = mapped_column(String(10))
    """`RECEIVED` until a job has looked at it."""
    settled_by: Mapped[str | None] = mapped_column(String(50))
    """The public id of an admin; NULL for one that spoke for itself."""
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
