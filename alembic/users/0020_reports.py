"""Reports: what they are about, how that was when it was reported, and what became of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

RANK = "strpos('URGENT HIGH MEDIUM LOW', priority)"


def upgrade() -> None:
    op.drop_column("reports", "target")  # nothing ever wrote it
    op.add_column("reports", sa.Column("target_kind", sa.String(length=10)))
    op.add_column("reports", sa.Column("target_id", sa.String(length=100)))
    op.add_column("reports", sa.Column("evidence", JSONB()))
    op.add_column("reports", sa.Column("outcome", sa.String(length=2000)))
    op.add_column("reports", sa.Column("resolved_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE reports SET resolved_at = updated_at WHERE status IN ('RESOLVED', 'CLOSED')")
    op.create_check_constraint(
        op.f("ck_reports_target_kind"), "reports", "target_kind IN ('member', 'event', 'comment', 'medium')"
    )
    op.create_check_constraint(
        op.f("ck_reports_target"),
        "reports",
        "target_kind IS NOT NULL OR target_id IS NULL AND evidence IS NULL",
    )
    op.create_check_constraint(op.f("ck_reports_evidence"), "reports", "jsonb_typeof(evidence) = 'object'")
    op.create_check_constraint(
        op.f("ck_reports_resolved_at"),
        "reports",
        "(status IN ('RESOLVED', 'CLOSED')) = (resolved_at IS NOT NULL)",
    )
    op.create_index("idx_reports_queue", "reports", [sa.text(RANK), "created_at", "id"])
    op.create_index("idx_reports_resolved_at", "reports", ["resolved_at"])


def downgrade() -> None:
    op.drop_index("idx_reports_resolved_at", "reports")
    op.drop_index("idx_reports_queue", "reports")
    for name in ("resolved_at", "evidence", "target", "target_kind"):
        op.drop_constraint(op.f(f"ck_reports_{name}"), "reports", type_="check")
    for name in ("resolved_at", "outcome", "evidence", "target_id", "target_kind"):
        op.drop_column("reports", name)
    op.add_column("reports", sa.Column("target", sa.String(length=300)))
