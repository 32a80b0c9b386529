"""SQL of the demo's people: bulk COPY over the driver connection."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import text

from ijaa.shared.clock import SystemClock
from ijaa.shared.database import Database, driver_of
from ijaa.users.directory.repository import DirectoryRepository


class UserRow(msgspec.Struct, frozen=True):
    """An account to copy; every one is active and confirmed."""

    user_id: str
    username: str
    email: str
    password_hash: str | None
    email_verified_at: datetime
    created_at: datetime
    updated_at: datetime


class ProfileRow(msgspec.Struct, frozen=True):
    """A profile to copy."""

    username: str
    name: str
    name_key: str
    profession: str
    location: str
    bio: str
    email: str
    batch: str
    visibility: str
    created_at: datetime
    updated_at: datetime
    former_name: str | None = None
    nickname: str | None = None


class ExperienceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An experience to copy."""

    title: str
    title_key: str
    company: str | None
    company_key: str | None
    start_date: date
    end_date: date | None
    created_at: datetime
    updated_at: datetime


class InterestRow(msgspec.Struct, frozen=True):
    """An interest to copy."""

    interest: str
    interest_key: str
    created_at: datetime
    updated_at: datetime


class ConnectionRow(msgspec.Struct, frozen=True):
    """A connection or a request to copy."""

    requester_username: str
    receiver_username: str
    status: str
    created_at: datetime
    updated_at: datetime


class AnnouncementRow(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement to copy, which everybody it is for has been told of."""

    title: str
    content: str
    category: str
    author_id: str
    author_name: str
    visible_from: datetime
    told_at: datetime
    created_at: datetime
    updated_at: datetime
    pinned: bool = False
    urgent: bool = False
    audience: str = "all"
    batch_from: str | None = None
    batch_to: str | None = None
    location: str | None = None


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report to copy."""

    reporter_username: str
    title: str
    description: str
    category: str
    status: str
    priority: str
    target_kind: str | None
    target_id: str | None
    evidence: str | None
    assigned_to: str | None
    created_at: datetime
    updated_at: datetime


class AdminRow(msgspec.Struct, frozen=True):
    """An admin to copy."""

    admin_id: str
    name: str
    email: str
    password_hash: str
    created_at: datetime
    updated_at: datetime


_FIXED: dict[str, tuple[int, ...]] = {"connections": (), "announcements": (1,), "reports": (1,)}
"""The version of each, where it has one."""
_OTHERS: dict[type[msgspec.Struct], tuple[str, tuple[str, ...]]] = {
    kind: (table, (*kind.__struct_fields__, *(["version"] if _FIXED[table] else [])))
    for kind, table in ((ConnectionRow, "connections"), (AnnouncementRow, "announcements"), (ReportRow, "reports"))
}
_PORTION = 2_000
_IDS = """
SELECT nextval(pg_get_serial_sequence('users', 'id')) FROM generate_series(1, $1)
"""


_RENEW_ADMIN = text("UPDATE admins SET password_hash = :hash WHERE email = :email RETURNING admin_id")
_RENEW = text(
    "WITH first AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM users"
    " WHERE email = username || '@' || CAST(:domain AS text) ORDER BY id LIMIT cardinality(CAST(:hashes AS text[]))),"
    " done AS (UPDATE users u SET password_hash = (CAST(:hashes AS text[]))[f.place] FROM first f WHERE u.id = f.id"
    " RETURNING u.username, f.place)"
    " SELECT username FROM done ORDER BY place"
)


class DemoRepository:
    """Writes many people at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def usernames(self) -> list[str]:
        """Return the members there are."""
        found: list[str] = await self._database.fetch_value(
            "SELECT coalesce(array_agg(username ORDER BY username), '{}') FROM users"
            " WHERE email_verified_at IS NOT NULL"
        )
        return found

    async def renew(self, domain: str, hashes: Sequence[str], admin: str) -> list[str]:
        """Give new passwords to the first people with an address of `domain`, and to the admin; return the people.

        Nobody, and nothing changes, where that admin is not.
        """
        async with self._database.transaction() as session:
            found = await session.execute(_RENEW_ADMIN, {"hash": hashes[-1], "email": admin})
            if found.first() is None:
                return []
            rows = await session.execute(_RENEW, {"hashes": list(hashes[:-1]), "domain": domain})
            return [row.username for row in rows]

    async def copy(
        self,
        users: Sequence[UserRow],
        profiles: Sequence[ProfileRow],
        experiences: Sequence[Sequence[ExperienceRow]],
        interests: Sequence[Sequence[InterestRow]],
        admin: AdminRow,
        others: Sequence[Sequence[msgspec.Struct]],
    ) -> None:
        """Write all of them in one transaction; what is said of a user is at his place in each list.

        `others` are rows of connections, announcements and reports.
        """
        async with self._database.transaction() as session:
            driver = await driver_of(session)
            ids = [row[0] for row in await driver.fetch(_IDS, len(users))]
            fixed = ("active", "version")
            await driver.copy_records_to_table(
                "users",
                columns=("id", *UserRow.__struct_fields__, *fixed),
                records=[(key, *msgspec.structs.astuple(user), True, 1) for key, user in zip(ids, users, strict=True)],
            )
            await driver.copy_records_to_table(
                "profiles",
                columns=("user_id", *ProfileRow.__struct_fields__, "version"),
                records=[
                    (key, *msgspec.structs.astuple(profile), 1) for key, profile in zip(ids, profiles, strict=True)
                ],
            )
            lists: dict[str, tuple[type[msgspec.Struct], Sequence[Sequence[msgspec.Struct]]]] = {
                "experiences": (ExperienceRow, experiences),
                "interests": (InterestRow, interests),
            }
            for table, (kind, rows) in lists.items():
                await driver.copy_records_to_table(
                    table,
                    columns=("user_id", *kind.__struct_fields__, "version"),
                    records=[
                        (key, *msgspec.structs.astuple(row), 1)
                        for key, own in zip(ids, rows, strict=True)
                        for row in own
                    ],
                )
            await driver.execute(
                "INSERT INTO admins (admin_id, name, email, password_hash, created_at, updated_at, active, version)"
                " VALUES ($1, $2, $3, $4, $5, $6, true, 1)",
                *msgspec.structs.astuple(admin),
            )
            for made in others:
                table, columns = _OTHERS[type(made[0])]
                await driver.copy_records_to_table(
                    table, columns=columns, records=[(*msgspec.structs.astuple(row), *_FIXED[table]) for row in made]
                )
            directory = DirectoryRepository(self._database, SystemClock())
            for first in range(0, len(ids), _PORTION):
                await directory.renew(session, ids[first : first + _PORTION])
