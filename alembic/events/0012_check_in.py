"""Who came: tickets that are good for one answer, and who was let in by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ANSWERS, ERASED = "event_participations", "erased_answers"
NUMBERS = "answers > 0 AND seats >= 0"


def _numbers(rule: str) -> None:
    op.drop_constraint(op.f("ck_erased_answers_numbers"), ERASED, type_="check")
    op.create_check_constraint(op.f("ck_erased_answers_numbers"), ERASED, rule)


def upgrade() -> None:
    op.add_column(ANSWERS, sa.Column("ticket", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column(ANSWERS, sa.Column("checked_in_at", sa.DateTime(timezone=True)))
    op.add_column(ANSWERS, sa.Column("checked_in_by", sa.String(length=100)))
    op.add_column(ANSWERS, sa.Column("arrived_guests", sa.Integer()))
    op.create_check_constraint(op.f("ck_event_participations_ticket"), ANSWERS, "ticket > 0")
    op.create_check_constraint(
        op.f("ck_event_participations_arrived_guests"), ANSWERS, "arrived_guests BETWEEN 0 AND 5"
    )
    op.create_check_constraint(
        op.f("ck_event_participations_checked_in_at"),
        ANSWERS,
        "checked_in_at IS NOT NULL OR checked_in_by IS NULL AND arrived_guests IS NULL",
    )
    op.create_index(
        "idx_event_participations_checked_in_by",
        ANSWERS,
        ["checked_in_by"],
        postgresql_where=sa.text("checked_in_by IS NOT NULL"),
    )
    for name in ("attended", "arrived_guests"):
        op.add_column(ERASED, sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    _numbers(f"{NUMBERS} AND attended >= 0 AND arrived_guests >= 0")


def downgrade() -> None:
    _numbers(NUMBERS)
    for name in ("arrived_guests", "attended"):
        op.drop_column(ERASED, name)
    op.drop_index("idx_event_participations_checked_in_by", ANSWERS)
    for name in ("checked_in_at", "arrived_guests", "ticket"):
        op.drop_constraint(op.f(f"ck_event_participations_{name}"), ANSWERS, type_="check")
    for name in ("arrived_guests", "checked_in_by", "checked_in_at", "ticket"):
        op.drop_column(ANSWERS, name)
