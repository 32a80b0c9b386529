"""The ledger of seats, which begins with what everybody has, and offers of seats."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATUSES = "('GOING', 'MAYBE', 'NOT_GOING', 'PENDING', 'WAITLISTED')"
WHAT = (
    "'carried-over', 'answered', 'claimed', 'waitlisted', 'asked-approval', 'approved', 'rejected', 'resized',"
    " 'promoted', 'offered', 'offer-accepted', 'offer-declined', 'offer-expired', 'offer-withdrawn', 'gave-up',"
    " 'withdrawn', 'moved', 'erased', 'capacity-changed'"
)
SEATS = "going >= 0 AND waiting >= 0 AND waitlist_seq >= 0"

# The ledger is append-only for the role that serves requests, but for names, which an erasure takes out; the trigger
# holds for every role, whatever it is called.
APPEND_ONLY = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ijaa_events_app') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON seat_ledger FROM ijaa_events_app;
        GRANT UPDATE (username) ON seat_ledger TO ijaa_events_app;
    END IF;
END $$
"""
REFUSE = """
CREATE FUNCTION refuse_change_of_seat_ledger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'an entry of the ledger of seats does not change' USING ERRCODE = 'insufficient_privilege';
END $$
"""
TRIGGER = """
CREATE TRIGGER only_names_go BEFORE UPDATE ON seat_ledger FOR EACH ROW
WHEN (NEW.username IS NOT NULL OR (NEW.event_id, NEW.entry, NEW.at, NEW.what, NEW.actor, NEW.participation_id,
    NEW.status_before, NEW.status, NEW.guests_before, NEW.guests, NEW.seats, NEW.waiting, NEW.seq, NEW.priority,
    NEW.position, NEW.reason, NEW.offered_until, NEW.capacity_before, NEW.capacity) IS DISTINCT FROM (OLD.event_id,
    OLD.entry, OLD.at, OLD.what, OLD.actor, OLD.participation_id, OLD.status_before, OLD.status, OLD.guests_before,
    OLD.guests, OLD.seats, OLD.waiting, OLD.seq, OLD.priority, OLD.position, OLD.reason, OLD.offered_until,
    OLD.capacity_before, OLD.capacity))
EXECUTE FUNCTION refuse_change_of_seat_ledger()
"""
# what somebody has, and what those had who were erased after the event: its seats stay taken
CARRY_OVER = """
INSERT INTO seat_ledger (event_id, entry, at, what, actor, participation_id, username, status, guests, seats, waiting,
    seq, priority, position)
SELECT event_id, row_number() OVER (PARTITION BY event_id ORDER BY id NULLS FIRST), now(), 'carried-over', 'system', id,
       username, status, guests, seats, (coalesce(status, '') = 'WAITLISTED')::int, seq, priority, place
FROM (
    SELECT event_id, id, participant_username AS username, status, guests,
           CASE WHEN status = 'GOING' THEN 1 + guests ELSE 0 END AS seats, seq,
           CASE WHEN status = 'WAITLISTED' THEN priority END AS priority,
           CASE WHEN status = 'WAITLISTED' THEN row_number() OVER (
               PARTITION BY event_id, status ORDER BY priority DESC, seq) END AS place
    FROM event_participations
    UNION ALL
    SELECT event_id, NULL, NULL, NULL, 0, sum(seats), NULL, NULL, NULL FROM erased_answers
    GROUP BY event_id HAVING sum(seats) > 0
) one
"""
NUMBER = """
UPDATE events e SET seat_entries = l.entries
FROM (SELECT event_id, count(*) AS entries FROM seat_ledger GROUP BY event_id) l WHERE l.event_id = e.id
"""


def upgrade() -> None:
    # nobody answers before this commits, for his answer has to be an entry; everybody reads until the last steps
    op.execute("LOCK TABLE events, event_participations IN EXCLUSIVE MODE")  # whoever locks a row waits holding nothing
    op.create_table(
        "seat_ledger",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=10), nullable=False),
        sa.Column("participation_id", sa.BigInteger()),
        sa.Column("username", sa.String(length=100)),
        sa.Column("status_before", sa.String(length=20)),
        sa.Column("status", sa.String(length=20)),
        sa.Column("guests_before", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("guests", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seats", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waiting", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("priority", sa.Integer()),
        sa.Column("position", sa.Integer()),
        sa.Column("reason", sa.String(length=20)),
        sa.Column("offered_until", MOMENT),
        sa.Column("capacity_before", sa.Integer()),
        sa.Column("capacity", sa.Integer()),
        sa.CheckConstraint("entry > 0", name=op.f("ck_seat_ledger_entry")),
        sa.CheckConstraint(f"what IN ({WHAT})", name=op.f("ck_seat_ledger_what")),
        sa.CheckConstraint("actor IN ('self', 'organiser', 'system')", name=op.f("ck_seat_ledger_actor")),
        sa.CheckConstraint(
            "reason IN ('seat-freed', 'seats-added', 'seats-removed', 'offer-expired')",
            name=op.f("ck_seat_ledger_reason"),
        ),
        sa.CheckConstraint(f"status IN {STATUSES} AND status_before IN {STATUSES}", name=op.f("ck_seat_ledger_status")),
        sa.CheckConstraint(
            "guests BETWEEN 0 AND 5 AND guests_before BETWEEN 0 AND 5", name=op.f("ck_seat_ledger_guests")
        ),
        sa.CheckConstraint("waiting BETWEEN -1 AND 1", name=op.f("ck_seat_ledger_waiting")),
        sa.CheckConstraint(
            "position > 0 AND seq > 0 AND capacity > 0 AND capacity_before > 0", name=op.f("ck_seat_ledger_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_seat_ledger_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "entry", name=op.f("pk_seat_ledger")),
    )
    op.create_table(
        "seat_proofs",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.Column("proved_at", MOMENT, nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.CheckConstraint("entry >= 0 AND differences >= 0", name=op.f("ck_seat_proofs_numbers")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_seat_proofs_event_id_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_seat_proofs")),
    )
    op.create_index(
        "idx_seat_proofs_differences", "seat_proofs", ["event_id"], postgresql_where=sa.text("differences > 0")
    )
    op.execute(CARRY_OVER)
    op.create_index(
        "idx_seat_ledger_username",
        "seat_ledger",
        ["username", "event_id", "entry"],
        postgresql_where=sa.text("username IS NOT NULL"),
    )
    op.execute(REFUSE)
    op.execute(TRIGGER)
    op.execute(APPEND_ONLY)
    op.add_column("events", sa.Column("seat_entries", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.drop_constraint(op.f("ck_events_seats"), "events", type_="check")
    op.create_check_constraint(op.f("ck_events_seats"), "events", f"{SEATS} AND seat_entries >= 0")
    op.add_column("event_participations", sa.Column("offered_until", MOMENT))
    op.create_check_constraint(
        op.f("ck_event_participations_offered_until"),
        "event_participations",
        "offered_until IS NULL OR status = 'WAITLISTED'",
    )
    op.create_index(
        "idx_event_participations_offered",
        "event_participations",
        ["event_id", "offered_until"],
        postgresql_where=sa.text("offered_until IS NOT NULL"),
    )
    op.execute(NUMBER)


def downgrade() -> None:
    op.drop_table("seat_proofs")
    op.drop_table("seat_ledger")
    op.execute("DROP FUNCTION refuse_change_of_seat_ledger()")
    op.drop_index("idx_event_participations_offered", "event_participations")
    op.drop_constraint(op.f("ck_event_participations_offered_until"), "event_participations", type_="check")
    op.drop_column("event_participations", "offered_until")
    op.drop_constraint(op.f("ck_events_seats"), "events", type_="check")
    op.create_check_constraint(op.f("ck_events_seats"), "events", SEATS)
    op.drop_column("events", "seat_entries")
