"""An index that finds members by a company they have in common."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("idx_experiences_company", "experiences", ["company_key", "user_id"])


def downgrade() -> None:
    op.drop_index("idx_experiences_company", table_name="experiences")
