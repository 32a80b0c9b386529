"""Feature flags and those every installation begins with."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
Tree = dict[str, "Tree"]


def _leaves(*names: str) -> Tree:
    return {name: {} for name in names}


SEEDS: Tree = {
    "user.profile": _leaves(
        "user.registration", "user.login", "user.logout", "user.password-change", "user.experiences",
        "user.interests", "user.settings", "user.location", "user.refresh",
    ),
    "admin.features": _leaves(
        "admin.user-management", "admin.announcements", "admin.reports", "admin.auth", "admin.logout"
    ),
    "events": {
        **_leaves(
            "events.creation", "events.update", "events.delete", "events.participation", "events.invitations",
            "events.comments", "events.media", "events.templates", "events.recurring", "events.analytics",
            "events.reminders", "calendar.integration", "events.banner",
        ),
        "events.posts": _leaves(
            "events.posts.create", "events.posts.update", "events.posts.delete", "events.posts.like",
            "events.posts.media",
        ),
    },
    "file-upload": _leaves("file-upload.profile-photo", "file-upload.cover-photo"),
    "file": _leaves("file-download", "file-delete"),
    "search": _leaves("search.advanced-filters"),
    **_leaves("alumni.search", "announcements", "reports", "system.health"),
}  # fmt: skip


def _rows(tree: Tree, parent: str | None = None) -> Iterator[dict[str, str | None]]:
    for name, below in tree.items():
        yield {"name": name, "display_name": name.replace(".", " · ").replace("-", " ").capitalize(), "parent": parent}
        yield from _rows(below, name)


def upgrade() -> None:
    op.create_table(
        "feature_flags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("description", sa.String(length=500)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9]+([.-][a-z0-9]+)*$'", name=op.f("ck_feature_flags_name")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_feature_flags_parent")),
        sa.CheckConstraint("version > 0", name=op.f("ck_feature_flags_version")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["feature_flags.id"], name=op.f("fk_feature_flags_parent_id_feature_flags")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_flags")),
        sa.UniqueConstraint("name", name=op.f("uq_feature_flags_name")),
    )
    op.create_index(op.f("idx_feature_flags_parent_id"), "feature_flags", ["parent_id"])
    seed = sa.text("""
        INSERT INTO feature_flags (name, display_name, parent_id, enabled, created_at, updated_at, version)
        VALUES (:name, :display_name, (SELECT id FROM feature_flags WHERE name = :parent), true, now(), now(), 1)
    """)
    for row in _rows(SEEDS):
        op.get_bind().execute(seed, row)


def downgrade() -> None:
    op.drop_table("feature_flags")
