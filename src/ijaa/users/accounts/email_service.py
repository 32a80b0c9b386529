"""Use cases of a change of address, which both addresses confirm."""

from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import new_token, token_hash
from ijaa.shared.database import Database, violates
from ijaa.shared.errors import NotFound, Violation
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.principals import Principal
from ijaa.shared.rate_limit import Recipients
from ijaa.users.accounts.mails import address_changed_mail, allow_address_mail, own_address_mail, wanted_address_mail
from ijaa.users.accounts.registration_repository import RegistrationRepository
from ijaa.users.accounts.schemas import EmailChangeRead
from ijaa.users.accounts.token_repository import Destination, Moving, TokenRepository
from ijaa.users.errors import EmailTaken, TokenNotValid, refuse
from ijaa.users.identifiers import fold_email
from ijaa.users.sessions.service import SessionEndings
from ijaa.users.tables import AUDIT_LOG


class EmailChangeService:
    """Moves accounts to another address."""

    def __init__(
        self,
        database: Database,
        tokens: TokenRepository,
        registrations: RegistrationRepository,
        endings: SessionEndings,
        mails: MailQueue,
        *,
        recipients: Recipients,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._database, self._tokens, self._registrations = database, tokens, registrations
        self._endings, self._mails = endings, mails
        self._recipients, self._base_url, self._clock = recipients, base_url, clock

    async def ask(self, caller: Principal, email: str) -> None:
        """Mail a token to both addresses; one that has an account already gets a mail without, and nobody can tell.

        Raises:
            RateLimited: the new address was asked for too often, known or not.

        """
        await self._recipients.count(email)
        new_email, now = fold_email(email), self._clock.now()
        for_old, for_new = new_token(), new_token()
        async with self._database.transaction() as session:
            found = await self._tokens.lock_moving(session, caller.user_id, new_email, self._clock.now())
            account = next((one for one in found if one.user_id == caller.user_id), None)
            if account is None:
                raise NotFound
            refuse([Violation("/email", "is your address already")] if account.email == new_email else [])
            await self._tokens.ask(
                session,
                account.id,
                new_email,
                old_hash=token_hash(for_old),
                new_hash=token_hash(for_new),
                session_id=UUID(caller.session_id),
                now=now,
            )
            allow = allow_address_mail(account.email, account.username, new_email, for_old, self._base_url)
            await self._mails.put(session, allow, identity=f"allow-{uuid4().hex}")
            owner = next((one for one in found if one.email == new_email), None)
            answer = (
                wanted_address_mail(new_email, owner.username)
                if owner
                else own_address_mail(new_email, account.username, for_new, self._base_url)
            )
            await self._mails.put(session, answer, identity=f"own-{uuid4().hex}")

    async def confirm(self, token: str) -> EmailChangeRead:
        """Note the confirmation of one address; with that of the other the change takes effect.

        Raises:
            TokenNotValid: the token is unknown, used, expired, or belongs to a change that another one replaced.
            EmailTaken: somebody else confirmed an account with the new address in the meantime.

        """
        shown = token_hash(token)
        if (destination := await self._tokens.moving(shown, self._clock.now())) is None:
            raise TokenNotValid
        try:
            async with self._database.transaction() as session:
                return await self._confirm(session, destination, shown)
        except IntegrityError as error:
            if violates(error, "uq_users_email"):
                raise EmailTaken from None
            raise

    async def _confirm(self, session: AsyncSession, destination: Destination, shown: bytes) -> EmailChangeRead:
        now, new_email = self._clock.now(), destination.new_email
        found = await self._tokens.lock_moving(session, destination.user_id, new_email, self._clock.now())
        account = next((one for one in found if one.user_id == destination.user_id and one.active), None)
        step = await self._tokens.confirm(session, shown, now) if account else None
        if account is None or step is None:
            raise TokenNotValid
        if not step.complete:
            return EmailChangeRead(status="waiting")
        # whoever registers with the address has it no more, and it has no account before that
        waiting = await self._registrations.lock(session, new_email, now)
        await self._registrations.end(session, [one.id for one in waiting])
        await self._tokens.move(session, account, new_email, now)
        await self._tokens.void(session, account.user_id, now)
        await self._endings.end_all(session, "member", account.user_id, keep=step.session_id)
        await self._tell(session, account, new_email)
        return EmailChangeRead(status="changed")

    async def _tell(self, session: AsyncSession, account: Moving, new_email: str) -> None:
        now = self._clock.now()
        notice = address_changed_mail(account.email, account.username, new_email, now)
        await self._mails.put(session, notice, identity=f"moved-{uuid4().hex}")
        await audit.record(
            session, AUDIT_LOG, at=now, action="email-changed", actor=account.user_id, subject=account.user_id
        )
