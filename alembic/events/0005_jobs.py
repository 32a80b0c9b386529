"""Jobs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=100)),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("cron", sa.String(length=100)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("token", sa.Uuid()),
        sa.Column("error", sa.String(length=200)),
        sa.Column("parked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("idx_jobs_due_at", "jobs", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index("idx_jobs_parked_at", "jobs", ["parked_at"], postgresql_where=sa.text("parked_at IS NOT NULL"))
    op.create_index("uq_jobs_key", "jobs", ["name", "key"], unique=True)
    # a queue: its dead rows are many and its live ones few, so the share of dead ones says nothing
    op.execute("ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)")


def downgrade() -> None:
    op.drop_table("jobs")
