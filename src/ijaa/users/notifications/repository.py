"""SQL of notifications."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.live import State
from ijaa.shared.schema import columns
from ijaa.users.notifications.domain import DEFAULTS, Channels, Kind
from ijaa.users.notifications.schemas import LiveUnread
from ijaa.users.standing import MAY_ACT


class Stored(msgspec.Struct, frozen=True):
    """A notification as it is kept."""

    id: int
    kind: Kind
    facts: str
    """JSON."""
    count: int
    told_at: datetime
    read_at: datetime | None


class Addressee(msgspec.Struct, frozen=True):
    """Somebody who wants a mail."""

    user_id: int
    username: str
    email: str


class Choice(msgspec.Struct, frozen=True):
    """What a member chose for one kind."""

    kind: Kind
    in_app: bool
    email: bool


# in the order of the accounts: two receivers with the same members wait for each other instead of dying in a deadlock
_ADD = text(f"""
INSERT INTO notifications (user_id, kind, subject, facts, seq, told_at)
SELECT u.id, :kind, :subject, CAST(:facts AS jsonb), :seq, :now
FROM users u LEFT JOIN notification_preferences p ON p.user_id = u.id AND p.kind = :kind
WHERE u.username = ANY (CAST(:usernames AS text[])) AND {MAY_ACT.format(now=":now")} AND coalesce(p.in_app, :in_app)
ORDER BY u.id
ON CONFLICT (user_id, kind, subject) WHERE read_at IS NULL DO UPDATE SET
    count = notifications.count + 1, told_at = EXCLUDED.told_at, seq = greatest(notifications.seq, EXCLUDED.seq),
    facts = CASE WHEN EXCLUDED.seq > notifications.seq THEN EXCLUDED.facts ELSE notifications.facts END
RETURNING user_id
""")
_ADDRESSEES = text(f"""
SELECT u.id, u.username, u.email
FROM users u LEFT JOIN notification_preferences p ON p.user_id = u.id AND p.kind = :kind
WHERE u.username = ANY (CAST(:usernames AS text[])) AND {MAY_ACT.format(now=":now")} AND coalesce(p.email, :email)
ORDER BY u.id
""")
_PAGE = f"""
SELECT {columns(Stored, "n", facts="n.facts::text")} FROM notifications n JOIN users u ON u.id = n.user_id
WHERE u.username = $1 AND ($2 = false OR n.read_at IS NULL)
  AND ($3::timestamptz IS NULL OR (n.told_at, n.id) < ($3, $4::bigint))
ORDER BY n.told_at DESC, n.id DESC LIMIT $5
"""
_UNREAD = """
SELECT count(*) FROM notifications n JOIN users u ON u.id = n.user_id WHERE u.username = $1 AND n.read_at IS NULL
"""
_LIVE = """
SELECT count(*), max(n.told_at) FROM notifications n JOIN users u ON u.id = n.user_id
WHERE u.username = $1 AND n.read_at IS NULL
"""
_READ = text("""
UPDATE notifications n SET read_at = :now FROM users u
WHERE u.id = n.user_id AND u.username = :username AND n.read_at IS NULL
  AND (CAST(:ids AS bigint[]) IS NULL OR n.id = ANY (CAST(:ids AS bigint[])))
""")
_WITHIN_REACH = text("""
SELECT one.name FROM unnest(CAST(:usernames AS text[])) AS one (name)
WHERE NOT EXISTS (
    SELECT FROM blocks b WHERE b.blocker_username = one.name AND b.blocked_username = :by
        OR b.blocker_username = :by AND b.blocked_username = one.name
) ORDER BY one.name
""")
_REMOVE = text("""
DELETE FROM notifications n USING users u
WHERE u.id = n.user_id AND u.username = ANY (CAST(:usernames AS text[])) AND n.subject = :subject
""")
_REMOVE_INVITATIONS = text("""
DELETE FROM notifications n USING users u
WHERE u.id = n.user_id AND n.kind = 'invitation'
  AND (u.username = :one AND n.facts ->> 'username' = :other OR u.username = :other AND n.facts ->> 'username' = :one)
""")
_CHOSEN = f"""
SELECT {columns(Choice, "p")} FROM notification_preferences p JOIN users u ON u.id = p.user_id WHERE u.username = $1
"""
_CHOOSE = text("""
INSERT INTO notification_preferences (user_id, kind, in_app, email)
SELECT id, :kind, coalesce(CAST(:in_app AS boolean), :default_in_app), coalesce(CAST(:email AS boolean), :default_email)
FROM users WHERE username = :username
ON CONFLICT (user_id, kind) DO UPDATE SET
    in_app = coalesce(CAST(:in_app AS boolean), notification_preferences.in_app),
    email = coalesce(CAST(:email AS boolean), notification_preferences.email)
""")
_FORGET = text("""
DELETE FROM notification_preferences p USING users u
WHERE u.id = p.user_id AND u.username = :username AND p.kind = :kind
""")
_NAME = text("SELECT username FROM users WHERE id = :user_id")


class NotificationRepository:
    """Notifications and what members chose about them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, session: AsyncSession, usernames: Sequence[str], kind: Kind, subject: str, facts: str, seq: int,
        now: datetime,
    ) -> list[int]:  # fmt: skip
        """Tell those of these members who may act and want it; return whose inboxes changed."""
        bound = {
            "usernames": list(usernames), "kind": kind, "subject": subject, "facts": facts, "seq": seq, "now": now,
            "in_app": DEFAULTS[kind].in_app,
        }  # fmt: skip
        return [*(await session.execute(_ADD, bound)).scalars()]

    async def within_reach(self, session: AsyncSession, usernames: Sequence[str], by: str) -> list[str]:
        """Return which of these members no block keeps from what somebody says, whoever blocked whom."""
        return [*(await session.execute(_WITHIN_REACH, {"usernames": list(usernames), "by": by})).scalars()]

    async def remove(self, session: AsyncSession, usernames: Sequence[str], subject: str) -> None:
        """Take away everything these members were told of something."""
        await session.execute(_REMOVE, {"usernames": list(usernames), "subject": subject})

    async def remove_invitations(self, session: AsyncSession, one: str, other: str) -> None:
        """Take away what two members were told of invitations by each other."""
        await session.execute(_REMOVE_INVITATIONS, {"one": one, "other": other})

    async def addressees(
        self, session: AsyncSession, usernames: Sequence[str], kind: Kind, now: datetime
    ) -> list[Addressee]:
        """Return those of these members who may act and want a mail."""
        bound = {"usernames": list(usernames), "kind": kind, "now": now, "email": DEFAULTS[kind].email}
        return [Addressee(*row) for row in await session.execute(_ADDRESSEES, bound)]

    async def page(
        self, username: str, after: tuple[datetime, int] | None, limit: int, *, unread: bool
    ) -> list[Stored]:
        """Return notifications, the latest first."""
        told_at, id_ = after or (None, None)
        return await self._database.fetch(Stored, _PAGE, username, unread, told_at, id_, limit)

    async def unread(self, username: str) -> int:
        """Return how many are unread."""
        return int(await self._database.fetch_value(_UNREAD, username))

    async def live(self, username: str) -> State | None:
        """Return what a member who watches is shown."""
        found = await self._database.fetch_one(LiveUnread, _LIVE, username)
        return State("notification", msgspec.json.encode(found)) if found else None

    async def mark_read(self, session: AsyncSession, username: str, ids: Sequence[int] | None, now: datetime) -> None:
        """Mark some as read, or all of them for None; what is not the member's is passed over."""
        given = {"username": username, "ids": None if ids is None else list(ids), "now": now}
        await session.execute(_READ, given)

    async def chosen(self, username: str) -> dict[Kind, Channels]:
        """Return what a member chose, by kind."""
        found = await self._database.fetch(Choice, _CHOSEN, username)
        return {one.kind: Channels(in_app=one.in_app, email=one.email) for one in found}

    async def choose(
        self, session: AsyncSession, username: str, kind: Kind, *, in_app: bool | None, email: bool | None
    ) -> None:
        """Change what is given; the rest stays as it was chosen, or as the default has it."""
        default = DEFAULTS[kind]
        given = {
            "username": username, "kind": kind, "in_app": in_app, "email": email,
            "default_in_app": default.in_app, "default_email": default.email,
        }  # fmt: skip
        await session.execute(_CHOOSE, given)

    async def forget(self, session: AsyncSession, username: str, kind: Kind) -> None:
        """Go back to the default."""
        await session.execute(_FORGET, {"username": username, "kind": kind})

    async def name_of(self, session: AsyncSession, user_id: int) -> str | None:
        """Return the username of an account, or None for one that is gone."""
        name: str | None = await session.scalar(_NAME, {"user_id": user_id})
        return name
