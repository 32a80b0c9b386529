"""Words events are found by, and how much goes on around them."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NEXT = sa.text("SELECT id, title, search_key FROM events WHERE id > :after ORDER BY id LIMIT 1000")
_PUT = sa.text("UPDATE events SET search_words = :words WHERE id = :id").bindparams(
    sa.bindparam("words", type_=sa.ARRAY(sa.Text()))
)


def upgrade() -> None:
    op.add_column(
        "events", sa.Column("search_words", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    _fill()
    op.create_index("idx_events_words", "events", [sa.text("array_to_tsvector(search_words)")], postgresql_using="gin")
    op.create_index(
        "idx_events_misspelt",
        "events",
        [sa.literal_column('"left"(search_key, 250)').label("beginning")],
        postgresql_using="gin",
        postgresql_ops={"beginning": "gin_trgm_ops"},
    )
    op.create_table(
        "event_activity",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.CheckConstraint("score > 0", name=op.f("ck_event_activity_score")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_activity")),
    )
    op.create_index("idx_event_activity_score", "event_activity", [sa.text("score DESC"), "event_id"])
    # the smallest index there is, and none that an answer has to touch when it changes
    op.create_index(
        "idx_event_participations_responded_at", "event_participations", ["responded_at"], postgresql_using="brin"
    )
    op.create_index("idx_event_comments_created_at", "event_comments", ["created_at"], postgresql_using="brin")
    op.create_index("idx_event_media_created_at", "event_media", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("idx_event_media_created_at", "event_media")
    op.drop_index("idx_event_comments_created_at", "event_comments")
    op.drop_index("idx_event_participations_responded_at", "event_participations")
    op.drop_table("event_activity")
    op.drop_index("idx_events_misspelt", "events")
    op.drop_index("idx_events_words", "events")
    op.drop_column("events", "search_words")


def _fill() -> None:
    connection, after = op.get_bind(), 0
    while rows := connection.execute(_NEXT, {"after": after}).all():
        connection.execute(_PUT, [{"id": id_, "words": _lexemes(title, key)} for id_, title, key in rows])
        after = rows[-1].id


def _lexemes(title: str, key: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", title.casefold())
    leading = _words("".join(c for c in decomposed if not unicodedata.combining(c)))
    return sorted({*(f"^{word}" for word in leading), *leading, *_words(key)})[:2000]


def _words(text: str) -> list[str]:
    return [word[:50] for word in re.findall(r"\w+", text)]
