"""SQL of claims."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared.database import Database
from ijaa.shared.schema import columns
from ijaa.users.claims.domain import Candidate, Claimed, State
from ijaa.users.claims.models import MemberClaim
from ijaa.users.claims.schemas import Match
from ijaa.users.imports.models import MemberRecord

_PAIRS = {
    "email": "r.email = g.email",
    "phone": "r.phone_key = g.phone_key",
    "birth_date": "r.birth_date = g.birth_date",
    "student_number": "r.student_key = g.student_key",
}
_AGREE = ", ".join(f"CASE WHEN {pair} THEN '{fact}' END" for fact, pair in _PAIRS.items())
_DIFFER = ", ".join(f"CASE WHEN NOT ({pair}) THEN '{fact}' END" for fact, pair in _PAIRS.items())
_MOST = 10
# two facts agree, so at least one of these three does; a birth date alone is many people's
_FOUND = text(f"""
SELECT g.place, m.* FROM unnest(
    CAST(:email AS text[]), CAST(:phone_key AS text[]), CAST(:birth_date AS date[]), CAST(:student_key AS text[])
) WITH ORDINALITY AS g (email, phone_key, birth_date, student_key, place)
CROSS JOIN LATERAL (
    SELECT r.id, r.name, r.batch, a.agrees, array_remove(ARRAY[{_DIFFER}], NULL)
    FROM member_records r CROSS JOIN LATERAL (SELECT array_remove(ARRAY[{_AGREE}], NULL) AS agrees) a
    WHERE r.claimed_by IS NULL AND r.id IN (
        SELECT r.id FROM member_records r WHERE {_PAIRS["email"]}
        UNION SELECT r.id FROM member_records r WHERE {_PAIRS["phone"]}
        UNION SELECT r.id FROM member_records r WHERE {_PAIRS["student_number"]}
    )
    ORDER BY cardinality(a.agrees) DESC, r.id LIMIT {_MOST}
) m ORDER BY g.place, cardinality(m.agrees) DESC, m.id
""")
_FILL = text("""
UPDATE profiles p SET
    batch = coalesce(p.batch, r.batch), phone = coalesce(p.phone, r.phone), email = coalesce(p.email, r.email),
    profession = coalesce(p.profession, r.profession), location = coalesce(p.location, r.location),
    updated_at = :now, version = p.version + 1
FROM member_records r WHERE r.id = :record_id AND p.user_id = :user_id
""")
_LOCK_MEMBER = text("SELECT id FROM users WHERE username = :username FOR UPDATE")
# the account first, as in `users.locks`
_LOCK = text("""
SELECT c.* FROM users u JOIN claims c ON c.user_id = u.id WHERE c.id = :id FOR KEY SHARE OF u FOR UPDATE OF c
""")
_RECENT = text("SELECT created_at FROM claims WHERE user_id = :user_id AND created_at > :since ORDER BY created_at")
_ACCOUNT = text("SELECT user_id, username, email FROM users WHERE id = :user_id")


class Stored(msgspec.Struct, frozen=True):
    """A claim as it is kept, with whose it is."""

    id: int
    username: str
    name: str
    batch: str | None
    state: State
    email: str | None
    phone: str | None
    birth_date: date | None
    student_number: str | None
    record_id: int | None
    settled_by: str | None
    created_at: datetime
    settled_at: datetime | None


class Account(msgspec.Struct, frozen=True):
    """Whom a claim is of."""

    user_id: str
    username: str
    email: str


_COLUMNS = columns(Stored, "c", username="p.username", name="p.name", batch="p.batch")
_FROM = "FROM claims c JOIN profiles p ON p.user_id = c.user_id"
_PAGE = f"""
SELECT {_COLUMNS} {_FROM} WHERE c.state = $1 AND c.id > $2
  AND ($3::text IS NULL OR p.username = $3) AND ($4::timestamptz IS NULL OR c.created_at <= $4)
ORDER BY c.id LIMIT $5
"""
_ONE = f"SELECT {_COLUMNS} {_FROM} WHERE c.id = $1 AND c.state <> 'RECEIVED'"


class ClaimRepository:
    """Claims, and the records they are to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, state: State, member: str | None, until: datetime | None, after: int, limit: int
    ) -> list[Stored]:
        """Return claims in the order they came, of one member or of all, that came by then."""
        return await self._database.fetch(Stored, _PAGE, state, after, member, until, limit)

    async def read(self, claim_id: int) -> Stored | None:
        """Return one claim."""
        return await self._database.fetch_one(Stored, _ONE, claim_id)

    async def lock_member(self, session: AsyncSession, username: str) -> int | None:
        """Return an account whose claims nobody else counts before the transaction ends."""
        found: int | None = await session.scalar(_LOCK_MEMBER, {"username": username})
        return found

    async def recent(self, session: AsyncSession, user_id: int, since: datetime) -> list[datetime]:
        """Return when a member claimed since then, the first first."""
        return [*(await session.scalars(_RECENT, {"user_id": user_id, "since": since}))]

    async def add(self, session: AsyncSession, claim: MemberClaim) -> int:
        """Add a claim and return its id."""
        session.add(claim)
        await session.flush()
        return claim.id

    async def lock(self, session: AsyncSession, claim_id: int) -> MemberClaim | None:
        """Return a claim to change."""
        found: MemberClaim | None = await session.scalar(select(MemberClaim).from_statement(_LOCK), {"id": claim_id})
        return found

    async def lock_record(self, session: AsyncSession, record_id: int) -> MemberRecord | None:
        """Return a record to change."""
        found: MemberRecord | None = await session.scalar(
            select(MemberRecord).where(MemberRecord.id == record_id).with_for_update()
        )
        return found

    async def has_record(self, session: AsyncSession, user_id: int) -> bool:
        """Whether a member has claimed a record."""
        statement = select(MemberRecord.id).where(MemberRecord.claimed_by == user_id)
        return await session.scalar(statement) is not None

    async def matches(self, session: AsyncSession, claims: Sequence[Claimed]) -> list[list[Match]]:
        """Return, for each claim, the records nobody has that agree in something, those that agree in most first."""
        bound = {name: [getattr(one, name) for one in claims] for name in Claimed.__struct_fields__}
        found: list[list[Match]] = [[] for _ in claims]
        for place, record_id, name, batch, agrees, differs in await session.execute(_FOUND, bound):
            match = Match(record_id=record_id, name=name, batch=batch, agrees=agrees, differs=differs)
            found[place - 1].append(match)
        return found

    async def fill(self, session: AsyncSession, user_id: int, record_id: int, now: datetime) -> None:
        """Fill the blanks of a profile from a record."""
        await session.execute(_FILL, {"user_id": user_id, "record_id": record_id, "now": now})

    async def account(self, session: AsyncSession, user_id: int) -> Account:
        """Return whom a locked claim is of."""
        return Account(*(await session.execute(_ACCOUNT, {"user_id": user_id})).one())


def candidates(matches: Sequence[Match]) -> list[Candidate]:
    """Return what decides whether a claim speaks for itself."""
    return [Candidate(one.record_id, len(one.agrees), len(one.differs)) for one in matches]
