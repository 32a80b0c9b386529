"""Use cases of claims."""

from datetime import timedelta
from math import ceil

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound, RateLimited, Violation
from ijaa.shared.jobs import JobQueue
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.users.claims.domain import ENOUGH, FACTS, MOST, PERIOD, Claimed, State, settled_by_itself
from ijaa.users.claims.mails import accepted_mail, rejected_mail
from ijaa.users.claims.models import MemberClaim
from ijaa.users.claims.repository import ClaimRepository, Stored, candidates
from ijaa.users.claims.schemas import ClaimCreate, ClaimRead, ClaimReceived
from ijaa.users.errors import ClaimSettled, RecordClaimed, refuse
from ijaa.users.identifiers import fold_email
from ijaa.users.imports.domain import RowError, phone_key, student_key
from ijaa.users.listing import Renew
from ijaa.users.tables import AUDIT_LOG

NAME = "settle-claim"


class ClaimJob(msgspec.Struct, frozen=True):
    """Which claim is to be looked at."""

    claim_id: int


class ClaimService:
    """Takes claims, and gives records to those whose they are.

    A claim is looked at by a job: the answer to it, and how long it takes, cannot tell whether a record matches.
    """

    def __init__(
        self,
        database: Database,
        repository: ClaimRepository,
        jobs: JobQueue,
        mails: MailQueue,
        renew: Renew,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._jobs = database, repository, jobs
        self._mails, self._renew, self._cursors, self._clock = mails, renew, cursors, clock

    async def submit(self, member: Principal, given: ClaimCreate) -> ClaimReceived:
        """Take a claim; raise `RateLimited` for the sixth within thirty days."""
        now = self._clock.now()
        refuse(_unfit(given))
        async with self._database.transaction() as session:
            if (user_id := await self._repository.lock_member(session, member.username)) is None:
                raise NotFound
            recent = await self._repository.recent(session, user_id, now - PERIOD)
            if len(recent) >= MOST:
                raise RateLimited(retry_after=ceil((recent[-MOST] + PERIOD - now).total_seconds()))
            claim = MemberClaim(
                user_id=user_id, record_id=None, email=given.email and fold_email(given.email), phone=given.phone,
                birth_date=given.birth_date, student_number=given.student_number, state="RECEIVED",
                settled_by=None, created_at=now, settled_at=None,
            )  # fmt: skip
            claim_id = await self._repository.add(session, claim)
            await self._jobs.put(session, NAME, ClaimJob(claim_id), key=str(claim_id))
        return ClaimReceived()

    async def look_at(self, session: AsyncSession, claim_id: int) -> None:
        """Accept a claim that speaks for itself; every other one waits for an admin."""
        claim = await self._repository.lock(session, claim_id)
        if claim is None or claim.state != "RECEIVED":
            return
        (matches,) = await self._repository.matches(session, [_claimed(claim)])
        record_id = settled_by_itself(candidates(matches))
        claim.state = "WAITING"
        if record_id is not None:
            try:
                await self._give(session, None, claim, record_id)
            except RecordClaimed:  # an admin says what is right
                return

    async def page(
        self, state: State, member: str | None, days: int | None, cursor: str | None, limit: int
    ) -> Page[ClaimRead]:
        """Return claims in one state, the oldest first: those of a member, those that are so many days old."""
        member = member and member.lower()
        scope = f"claims/{state}/{member}/{days}"
        (after,) = self._cursors.read(scope, cursor, tuple[int]) if cursor else (0,)
        until = None if days is None else self._clock.now() - timedelta(days=days)
        rows = await self._repository.page(state, member, until, after, limit + 1)
        kept, following = self._cursors.page(scope, rows, limit, lambda row: (row.id,))
        async with self._database.transaction() as session:
            found = await self._repository.matches(session, [_claimed(row) for row in kept])
        items = [
            ClaimRead(**msgspec.structs.asdict(row), candidates=matches if state == "WAITING" else [])
            for row, matches in zip(kept, found, strict=True)
        ]
        return Page(items=items, next_cursor=following)

    async def accept(self, admin: Principal, claim_id: int, record_id: int) -> ClaimRead:
        """Give a record to the member; raise `ClaimSettled`, or `RecordClaimed` if it or the member is taken."""
        async with self._database.transaction() as session:
            await self._give(session, admin, await self._waiting(session, claim_id), record_id)
        return await self._one(claim_id)

    async def reject(self, admin: Principal, claim_id: int) -> ClaimRead:
        """Settle a claim no record is found for."""
        async with self._database.transaction() as session:
            await self._settle(session, admin, await self._waiting(session, claim_id), None)
        return await self._one(claim_id)

    async def _waiting(self, session: AsyncSession, claim_id: int) -> MemberClaim:
        claim = await self._repository.lock(session, claim_id)
        if claim is None or claim.state == "RECEIVED":
            raise NotFound
        if claim.state != "WAITING":
            raise ClaimSettled
        return claim

    async def _give(self, session: AsyncSession, admin: Principal | None, claim: MemberClaim, record_id: int) -> None:
        if (record := await self._repository.lock_record(session, record_id)) is None:
            raise NotFound
        if record.claimed_by is not None or await self._repository.has_record(session, claim.user_id):
            raise RecordClaimed
        now = self._clock.now()
        record.claimed_by, record.updated_at = claim.user_id, now
        await session.flush()
        await self._repository.fill(session, claim.user_id, record_id, now)
        await self._renew(session, [claim.user_id])
        await self._settle(session, admin, claim, record_id)

    async def _settle(
        self, session: AsyncSession, admin: Principal | None, claim: MemberClaim, record_id: int | None
    ) -> None:
        now, state = self._clock.now(), "REJECTED" if record_id is None else "ACCEPTED"
        claim.state, claim.record_id, claim.settled_at = state, record_id, now
        claim.settled_by = admin.user_id if admin else None
        for fact in FACTS:
            setattr(claim, fact, None)
        await session.flush()
        to = await self._repository.account(session, claim.user_id)
        mail = (rejected_mail if record_id is None else accepted_mail)(to.email, to.username)
        await self._mails.put(session, mail, identity=f"claim-{claim.id}")
        await audit.record(
            session, AUDIT_LOG, at=now, action=f"claim-{state.lower()}", actor=claim.settled_by, subject=to.user_id,
            details={"claim": claim.id, "record": record_id},
        )  # fmt: skip

    async def _one(self, claim_id: int) -> ClaimRead:
        if (found := await self._repository.read(claim_id)) is None:
            raise NotFound
        return ClaimRead(**msgspec.structs.asdict(found), candidates=[])


def _claimed(said: MemberClaim | Stored) -> Claimed:
    return Claimed(
        said.email,
        phone_key(said.phone) if said.phone else None,
        said.birth_date,
        student_key(said.student_number) if said.student_number else None,
    )


def _unfit(given: ClaimCreate) -> list[Violation]:
    found = [] if sum(getattr(given, fact) is not None for fact in FACTS) >= ENOUGH else [
        Violation("", f"give at least {ENOUGH} of {', '.join(FACTS)}")
    ]  # fmt: skip
    if given.birth_date is not None and given.birth_date.year < 1900:  # noqa: PLR2004 - as of records
        found.append(Violation("/birth_date", "is before 1900"))
    for fact, key in (("phone", phone_key), ("student_number", student_key)):
        try:
            if (text := getattr(given, fact)) is not None:
                key(text)
        except RowError as error:
            found.append(Violation(f"/{fact}", str(error).partition(": ")[2]))
    return found
