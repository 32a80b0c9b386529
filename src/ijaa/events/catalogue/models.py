"""The table of events."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, String, Text, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from ijaa.events.base import EventsBase
from ijaa.shared.tables import Key, one_of


class Event(EventsBase):
    """One event; `going` counts seats taken and `waiting` entries of the waitlist, both kept by `seats` alone."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("end_date > start_date", name="dates"),
        CheckConstraint("rsvp_deadline <= end_date", name="rsvp_deadline"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint(one_of("privacy", "PUBLIC", "PRIVATE", "INVITE_ONLY"), name="privacy"),
        CheckConstraint(
            one_of("status", "DRAFT", "PUBLISHED", "CANCELLED", "COMPLETED", "NEEDS_ORGANISER"), name="status"
        ),
        CheckConstraint("capacity IS NULL OR capacity >= 1", name="capacity"),
        CheckConstraint("going >= 0 AND waiting >= 0 AND waitlist_seq >= 0 AND seat_entries >= 0", name="seats"),
        CheckConstraint("max_guests BETWEEN 0 AND 5", name="max_guests"),
        CheckConstraint(one_of("waitlist_mode", "auto", "offer"), name="waitlist_mode"),
        CheckConstraint("offer_minutes IS NULL OR offer_minutes BETWEEN 1 AND 10080", name="offer_minutes"),
        CheckConstraint("cardinality(tags) <= 20", name="tags"),
        CheckConstraint("(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint(
            "created_by_username = lower(created_by_username) AND created_by_username <> ''",
            name="created_by_username",
        ),
        CheckConstraint("version > 0", name="version"),
        Index("idx_events_created_by", "created_by_username"),
        Index("idx_events_start_date", "start_date", "id"),
        Index("idx_events_end_date", "end_date"),
        Index("idx_events_created_at", "created_at", "id"),
        Index("idx_events_search", "search_key", postgresql_using="gin", postgresql_ops={"search_key": "gin_trgm_ops"}),
        Index(
            "idx_events_misspelt",
            literal_column('"left"(search_key, 250)').label("beginning"),
            postgresql_using="gin",
            postgresql_ops={"beginning": "gin_trgm_ops"},
        ),
        Index("idx_events_words", text("array_to_tsvector(search_words)"), postgresql_using="gin"),
        Index(
            "idx_events_location",
            "location_key",
            postgresql_using="gin",
            postgresql_ops={"location_key": "gin_trgm_ops"},
        ),
        Index("idx_events_needs_organiser", "id", postgresql_where=text("status = 'NEEDS_ORGANISER'")),
        Index(
            "idx_events_to_complete",
            "end_date",
            postgresql_where=text("status IN ('PUBLISHED', 'NEEDS_ORGANISER')"),
        ),
        Index("uq_events_banner", "banner", unique=True, postgresql_where=text("banner IS NOT NULL")),
        Index("idx_events_tags", "tags", postgresql_using="gin"),
        # no index may hold `going` or `waiting`: an answer is then a heap-only update that touches no index at all
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(String(10_000))
    start_date: Mapped[datetime]
    end_date: Mapped[datetime]
    timezone: Mapped[str] = mapped_column(String(64))
    """IANA zone the organiser thinks in."""
    location: Mapped[str | None] = mapped_column(String(100))
    event_type: Mapped[str | None] = mapped_column(String(50))
    privacy: Mapped[str] = mapped_column(String(20))
    invite_message: Mapped[str | None] = mapped_column(String(500))
    is_online: Mapped[bool]
    meeting_link: Mapped[str | None] = mapped_column(String(500))
    capacity: Mapped[int | None]
    going: Mapped[int] = mapped_column(server_default=text("0"))
    waiting: Mapped[int] = mapped_column(server_default=text("0"))
    waitlist_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    seat_entries: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """Entries of its ledger of seats; the last one has this number."""
    rsvp_deadline: Mapped[datetime | None]
    requires_approval: Mapped[bool]
    waitlist_mode: Mapped[str] = mapped_column(String(10))
    offer_minutes: Mapped[int | None]
    max_guests: Mapped[int]
    organizer_name: Mapped[str | None] = mapped_column(String(100))
    organizer_email: Mapped[str | None] = mapped_column(String(254))
    created_by_username: Mapped[str | None] = mapped_column(String(100))
    """NULL once the organiser was erased."""
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    media_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether what others than its organisers show waits for approval."""
    banner: Mapped[UUID | None]
    """The file it is shown by."""
    status: Mapped[str] = mapped_column(String(20))
    search_key: Mapped[str] = mapped_column(String(25_000))
    """Title, type, tags and description folded, as they are searched."""
    search_words: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), deferred=True)
    """Its words, as `shared.search` asks for them."""
    location_key: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own idiom
