"""Use cases of members, for admins: finding them, and taking measures."""

from uuid import uuid4

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import Forbidden, NotFound, StepUpRequired, Violation
from ijaa.shared.jobs import JobQueue, NoPayload
from ijaa.shared.mail import Mail
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Publish
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import Principal
from ijaa.shared.schema import range_violations
from ijaa.users.accounts.models import User
from ijaa.users.errors import refuse
from ijaa.users.files.service import FileService
from ijaa.users.members.mails import erased_mail, leaving_mail, reinstated_mail, suspended_mail
from ijaa.users.members.repository import Leaving, MemberRepository
from ijaa.users.members.schemas import MemberAccount, Suspension
from ijaa.users.messages import Standing, StandingChanged
from ijaa.users.sessions.service import SessionEndings
from ijaa.users.standing import GRACE, MemberStatus, status_of
from ijaa.users.tables import AUDIT_LOG

NOTE = "note-erasure"
"""Name of the job that notes outside of the database who was erased."""
LAPSE = "end-suspension"
"""Name of the job that waits for the end of a suspension."""


class Lapse(msgspec.Struct, frozen=True):
    """Whose suspension ends."""

    account: int


class MemberService:
    """Shows members to admins and takes measures about them; each is recorded, and its member told."""

    def __init__(
        self,
        database: Database,
        repository: MemberRepository,
        endings: SessionEndings,
        files: FileService,
        mails: MailQueue,
        jobs: JobQueue,
        publish: Publish,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._endings, self._files = database, repository, endings, files
        self._mails, self._jobs, self._publish = mails, jobs, publish
        self._cursors, self._clock = cursors, clock

    async def page(
        self, query: str | None, status: MemberStatus | None, cursor: str | None, limit: int
    ) -> Page[MemberAccount]:
        """Return members by username."""
        (after,) = self._cursors.read("members", cursor, tuple[str]) if cursor else (None,)
        rows = await self._repository.page(query, status, self._clock.now(), after, limit + 1)
        items, following = self._cursors.page("members", rows, limit, lambda row: (row.username,))
        return Page(items=list(items), next_cursor=following)

    async def read(self, username: str) -> MemberAccount:
        """Return one member; raise `NotFound` for a name nobody has."""
        if (found := await self._repository.read(username, self._clock.now())) is None:
            raise NotFound
        return found

    async def suspend(self, actor: Principal, username: str, suspension: Suspension) -> MemberAccount:
        """Keep a member from acting, from now on; every session of his ends with it."""
        now, reason = self._clock.now(), suspension.reason.strip()
        past = suspension.until is not None and suspension.until <= now
        refuse(
            [
                *([] if reason else [Violation("/reason", "is required")]),
                *([Violation("/until", "is not in the future")] if past else []),
                *range_violations({"until": suspension.until}),
            ]
        )
        async with self._database.transaction() as session:
            user = await self._locked(session, username)
            user.suspended_at, user.suspended_until, user.suspension_reason = now, suspension.until, reason
            await self.bar(session, user)
            if suspension.until:
                await self._jobs.put(session, LAPSE, Lapse(user.id), due=suspension.until)
            mail = suspended_mail(user.email, user.username, reason, suspension.until)
            # why is in the account, where it can be erased; the log is for ever
            until = suspension.until.isoformat() if suspension.until else None
            await self._told(session, actor, user, "user-suspended", mail, until=until)
        return await self.read(username)

    async def lapse(self, session: AsyncSession, account: int) -> None:
        """Tell that a suspension has ended by itself, unless the account stands otherwise by now."""
        user = await self._repository.lock_account(session, account)
        if user and user.suspended_until and status_of(user, self._clock.now()) == "active":
            await self._publish(session, StandingChanged(username=user.username, standing="active"))

    async def reinstate(self, actor: Principal, username: str) -> MemberAccount:
        """End a suspension and a leave alike; who has neither stays as he is."""
        async with self._database.transaction() as session:
            user = await self._locked(session, username)
            if not user.active or user.suspended_at or user.erase_after:
                user.active, user.erase_after = True, None
                user.suspended_at = user.suspended_until = user.suspension_reason = None
                await self.let_in(session, user)
                mail = reinstated_mail(user.email, user.username)
                await self._told(session, actor, user, "user-reinstated", mail)
        return await self.read(username)

    async def delete(self, actor: Principal, username: str) -> MemberAccount:
        """Hide a member and let him in no more; after 30 days he is to be erased, until then it can be undone.

        Who was leaving by himself keeps his date, and can come back no more by himself.
        """
        async with self._database.transaction() as session:
            user = await self._locked(session, username)
            his_own = await self._repository.void_return(session, user.id, self._clock.now())
            if user.erase_after is None or his_own:
                user.erase_after = user.erase_after or self._clock.now() + GRACE
                await self.bar(session, user)
                mail = leaving_mail(user.email, user.username, user.erase_after)
                details = {"erase_after": user.erase_after.isoformat()}
                await self._told(session, actor, user, "user-deleted", mail, **details)
        return await self.read(username)

    async def erase(self, actor: Principal, username: str) -> None:
        """Erase a member now and for good; for a superadmin who has just proved who he is.

        What other modules keep of him is erased by messages.
        """
        now = self._clock.now()
        if actor.role != "superadmin":
            raise Forbidden("Only a superadmin erases without the 30 days of grace.")
        if not actor.is_fresh(now):
            raise StepUpRequired
        async with self._database.transaction() as session:
            await self._erase(session, actor, await self._locked(session, username))

    async def leaving(self, after: Leaving) -> Leaving | None:
        """Return the member after another whose grace is over, the longest first."""
        return await self._repository.leaving(self._clock.now(), after)

    async def erase_leaving(self, session: AsyncSession, one: Leaving) -> None:
        """Erase a member whose grace is over, unless he was brought back or erased meanwhile."""
        user = await self._repository.lock_account(session, one.account)
        if user is not None and user.erase_after == one.erase_after:
            await self._erase(session, None, user)

    async def bar(self, session: AsyncSession, user: User) -> None:
        """Sign a locked account out everywhere and tell others, because of what was just written into it."""
        user.updated_at = self._clock.now()
        await session.flush()
        await self._endings.end_all(session, "member", user.user_id)
        await self._tell_others(session, user, "suspended")

    async def let_in(self, session: AsyncSession, user: User) -> None:
        """Tell others that a locked account stands as it did before, because of what was just written into it."""
        user.updated_at = self._clock.now()
        await session.flush()
        await self._repository.void_return(session, user.id, self._clock.now())
        await self._tell_others(session, user, "active")

    async def erase_again(self, session: AsyncSession, username: str) -> None:
        """Erase a member who was erased before and came back with an old database; he was told the first time."""
        user = await self._locked(session, username)
        await self._record(session, None, user, "user-erased-again")
        await self._remove(session, user)

    async def _erase(self, session: AsyncSession, actor: Principal | None, user: User) -> None:
        await self._told(session, actor, user, "user-erased", erased_mail(user.email, user.username))
        await self._remove(session, user)

    async def _remove(self, session: AsyncSession, user: User) -> None:
        await self._endings.end_all(session, "member", user.user_id)
        await self._publish(session, StandingChanged(username=user.username, standing="erased"))
        await self._files.remove(session, user.id)
        await self._repository.erase(session, user, self._clock.now())
        await self._jobs.put(session, NOTE, NoPayload())

    async def _locked(self, session: AsyncSession, username: str) -> User:
        if (user := await self._repository.lock(session, username)) is None:
            raise NotFound
        return user

    async def _tell_others(self, session: AsyncSession, user: User, standing: Standing) -> None:
        if user.email_verified_at is not None:  # whoever never confirmed his address is unknown to others, as ever
            await self._publish(session, StandingChanged(username=user.username, standing=standing))

    async def _told(
        self, session: AsyncSession, actor: Principal | None, user: User, action: str, mail: Mail, **details: object
    ) -> None:
        await self._mails.put(session, mail, identity=f"measure-{uuid4().hex}")
        await self._record(session, actor, user, action, **details)

    async def _record(
        self, session: AsyncSession, actor: Principal | None, user: User, action: str, **details: object
    ) -> None:
        await audit.record(
            session,
            AUDIT_LOG,
            at=self._clock.now(),
            action=action,
            actor=actor.user_id if actor else None,
            subject=user.user_id,
            details=details,
        )
