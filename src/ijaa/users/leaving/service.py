"""Use cases of leaving: beginning it, and thinking better of it."""

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import new_token, token_hash
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.principals import Principal
from ijaa.users.accounts.models import User
from ijaa.users.errors import TokenNotValid
from ijaa.users.leaving.mails import farewell_mail, returned_mail
from ijaa.users.leaving.repository import LeavingRepository
from ijaa.users.leaving.schemas import Leave
from ijaa.users.members.service import MemberService
from ijaa.users.standing import GRACE, is_suspended
from ijaa.users.tables import AUDIT_LOG


class LeavingService:
    """Lets members leave, and come back while their grace lasts."""

    def __init__(
        self,
        database: Database,
        repository: LeavingRepository,
        members: MemberService,
        mails: MailQueue,
        *,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._members = database, repository, members
        self._mails, self._base_url, self._clock = mails, base_url, clock

    async def leave(self, caller: Principal) -> Leave:
        """Hide the caller and end every session of his; after 30 days he is erased, until then his token undoes it.

        Who is leaving already goes on doing so: his date and his token stay.
        """
        async with self._database.transaction() as session:
            if (user := await self._repository.lock(session, caller.user_id)) is None:
                raise NotFound
            if user.erase_after is None:
                await self._begin(session, user)
            assert user.erase_after is not None  # noqa: S101 - for the type checker
            return Leave(erase_after=user.erase_after)

    async def come_back(self, token: str) -> None:
        """Undo a leave by the token that was mailed about it.

        Raises:
            TokenNotValid: the token is unknown, spent or expired, the leave was undone or became an admin's, or the
                account was suspended meanwhile; which of them is not told.

        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            user = await self._repository.lock_returning(session, token_hash(token), now)
            if user is None or user.erase_after is None or is_suspended(user, now):
                raise TokenNotValid
            user.erase_after = None
            await self._members.let_in(session, user)
            mail = returned_mail(user.email, user.username)
            await self._mails.put(session, mail, identity=f"return-{uuid4().hex}")
            await self._audit(session, user, "leave-undone")

    async def _begin(self, session: AsyncSession, user: User) -> None:
        now, token = self._clock.now(), new_token()
        user.erase_after = now + GRACE
        await self._members.bar(session, user)
        await self._repository.add_token(session, user, token_hash(token), now)
        mail = farewell_mail(user.email, user.username, user.erase_after, token, self._base_url)
        await self._mails.put(session, mail, identity=f"leave-{uuid4().hex}")
        await self._audit(session, user, "leave-begun", erase_after=user.erase_after.isoformat())

    async def _audit(self, session: AsyncSession, user: User, action: str, **details: object) -> None:
        by = user.user_id
        await audit.record(
            session, AUDIT_LOG, at=self._clock.now(), action=action, actor=by, subject=by, details=details
        )
