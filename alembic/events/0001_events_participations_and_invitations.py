"""Events, who takes part, who is invited, and the audit log every module has."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = ("events", "event_invitations", "event_participations", "audit_log")

# The log is append-only for the role that serves requests; under other names the installation revokes it by itself.
APPEND_ONLY = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM ijaa_events_app;
    END IF;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=50)),
        sa.Column("subject", sa.String(length=100)),
        sa.Column("details", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("idx_audit_log_at", "audit_log", ["at"])
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=10_000)),
        sa.Column("start_date", MOMENT, nullable=False),
        sa.Column("end_date", MOMENT, nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=100)),
        sa.Column("event_type", sa.String(length=50)),
        sa.Column("privacy", sa.String(length=20), nullable=False),
        sa.Column("invite_message", sa.String(length=500)),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("meeting_link", sa.String(length=500)),
        sa.Column("capacity", sa.Integer()),
        sa.Column("going", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waiting", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waitlist_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rsvp_deadline", MOMENT),
        sa.Column("requires_approval", sa.Boolean(), nullable=False),
        sa.Column("waitlist_mode", sa.String(length=10), nullable=False),
        sa.Column("offer_minutes", sa.Integer()),
        sa.Column("max_guests", sa.Integer(), nullable=False),
        sa.Column("organizer_name", sa.String(length=100)),
        sa.Column("organizer_email", sa.String(length=254)),
        sa.Column("created_by_username", sa.String(length=100), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.String(length=50)), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("search_key", sa.String(length=25_000), nullable=False),
        sa.Column("location_key", sa.String(length=300)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("cancelled_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("end_date > start_date", name=op.f("ck_events_dates")),
        sa.CheckConstraint("rsvp_deadline <= end_date", name=op.f("ck_events_rsvp_deadline")),
        sa.CheckConstraint("title <> ''", name=op.f("ck_events_title")),
        sa.CheckConstraint("privacy IN ('PUBLIC', 'PRIVATE', 'INVITE_ONLY')", name=op.f("ck_events_privacy")),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'PUBLISHED', 'CANCELLED', 'COMPLETED', 'NEEDS_ORGANISER')",
            name=op.f("ck_events_status"),
        ),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 1", name=op.f("ck_events_capacity")),
        sa.CheckConstraint("going >= 0 AND waiting >= 0 AND waitlist_seq >= 0", name=op.f("ck_events_seats")),
        sa.CheckConstraint("max_guests BETWEEN 0 AND 5", name=op.f("ck_events_max_guests")),
        sa.CheckConstraint("waitlist_mode IN ('auto', 'offer')", name=op.f("ck_events_waitlist_mode")),
        sa.CheckConstraint(
            "offer_minutes IS NULL OR offer_minutes BETWEEN 1 AND 10080", name=op.f("ck_events_offer_minutes")
        ),
        sa.CheckConstraint("cardinality(tags) <= 20", name=op.f("ck_events_tags")),
        sa.CheckConstraint("(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name=op.f("ck_events_cancelled_at")),
        sa.CheckConstraint(
            "created_by_username = lower(created_by_username) AND created_by_username <> ''",
            name=op.f("ck_events_created_by_username"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_events_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("idx_events_created_at", "events", ["created_at", "id"])
    op.create_index("idx_events_created_by", "events", ["created_by_username"])
    op.create_index("idx_events_end_date", "events", ["end_date"])
    op.create_index("idx_events_start_date", "events", ["start_date", "id"])
    op.create_index(
        "idx_events_location",
        "events",
        ["location_key"],
        postgresql_using="gin",
        postgresql_ops={"location_key": "gin_trgm_ops"},
    )
    op.create_index(
        "idx_events_search",
        "events",
        ["search_key"],
        postgresql_using="gin",
        postgresql_ops={"search_key": "gin_trgm_ops"},
    )
    op.create_index("idx_events_tags", "events", ["tags"], postgresql_using="gin")
    op.create_table(
        "event_invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("invited_username", sa.String(length=100), nullable=False),
        sa.Column("invited_by_username", sa.String(length=100), nullable=False),
        sa.Column("personal_message", sa.String(length=500)),
        sa.Column("is_read", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_responded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "invited_username = lower(invited_username) AND invited_username <> ''",
            name=op.f("ck_event_invitations_invited_username"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_invitations_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_invitations")),
        sa.UniqueConstraint(
            "event_id", "invited_username", name=op.f("uq_event_invitations_event_id_invited_username")
        ),
    )
    op.create_index(op.f("idx_event_invitations_invited_username"), "event_invitations", ["invited_username"])
    op.create_table(
        "event_participations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_username", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("guests", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("message", sa.String(length=500)),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("responded_at", MOMENT, nullable=False),
        sa.Column("promoted_at", MOMENT),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "status IN ('GOING', 'MAYBE', 'NOT_GOING', 'PENDING', 'WAITLISTED')",
            name=op.f("ck_event_participations_status"),
        ),
        sa.CheckConstraint("guests BETWEEN 0 AND 5", name=op.f("ck_event_participations_guests")),
        sa.CheckConstraint(
            "(status = 'WAITLISTED') = (seq IS NOT NULL) AND seq > 0", name=op.f("ck_event_participations_seq")
        ),
        sa.CheckConstraint("priority BETWEEN -1000 AND 1000", name=op.f("ck_event_participations_priority")),
        sa.CheckConstraint(
            "participant_username = lower(participant_username) AND participant_username <> ''",
            name=op.f("ck_event_participations_participant_username"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_event_participations_version")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_participations_event_id_events"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_participations")),
        sa.UniqueConstraint(
            "event_id", "participant_username", name=op.f("uq_event_participations_event_id_participant_username")
        ),
    )
    op.create_index("idx_event_participations_event_id", "event_participations", ["event_id", "id"])
    op.create_index(
        "idx_event_participations_participant", "event_participations", ["participant_username", "event_id"]
    )
    op.create_index(
        "idx_event_participations_waitlist",
        "event_participations",
        ["event_id", sa.text("priority DESC"), "seq"],
        postgresql_where=sa.text("status = 'WAITLISTED'"),
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
