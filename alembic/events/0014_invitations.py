"""Invitations that expire, that reach nobody, and that go by mail to who is no member."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "event_invitations", sa.Column("is_void", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("event_invitations", sa.Column("expires_at", MOMENT, nullable=True))
    op.add_column("event_invitations", sa.Column("reminded_at", MOMENT, nullable=True))
    op.create_index("idx_event_invitations_event_id", "event_invitations", ["event_id", "id"])
    op.create_table(
        "event_email_invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("invited_by_username", sa.String(length=100), nullable=False),
        sa.Column("personal_message", sa.String(length=500), nullable=True),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("mails", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_revoked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.CheckConstraint("octet_length(address_hash) = 32", name=op.f("ck_event_email_invitations_address_hash")),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_event_email_invitations_token_hash")),
        sa.CheckConstraint(
            "(token_hash IS NULL) = (sealed_address IS NULL)", name=op.f("ck_event_email_invitations_sealed_address")
        ),
        sa.CheckConstraint("mails BETWEEN 1 AND 3", name=op.f("ck_event_email_invitations_mails")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_email_invitations_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_email_invitations")),
        sa.UniqueConstraint("event_id", "address_hash", name=op.f("uq_event_email_invitations_event_id_address_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_event_email_invitations_token_hash")),
    )
    op.create_index(
        "idx_event_email_invitations_invited_by", "event_email_invitations", ["invited_by_username", "sent_at"]
    )
    op.create_table(
        "invitation_opt_outs",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("octet_length(address_hash) = 32", name=op.f("ck_invitation_opt_outs_address_hash")),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_invitation_opt_outs")),
    )


def downgrade() -> None:
    op.drop_table("invitation_opt_outs")
    op.drop_table("event_email_invitations")
    # what holds for nobody would hold again without its column
    op.execute("DELETE FROM event_invitations WHERE is_void OR (NOT is_responded AND expires_at <= now())")
    op.drop_index("idx_event_invitations_event_id", "event_invitations")
    for column in ("reminded_at", "expires_at", "is_void"):
        op.drop_column("event_invitations", column)
