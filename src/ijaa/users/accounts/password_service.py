"""Use cases of passwords: changing a known one, replacing a forgotten one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import new_token, token_hash
from ijaa.shared.database import Database
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.principals import Principal
from ijaa.shared.rate_limit import Recipients
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.domain import Held
from ijaa.users.accounts.mails import password_changed_mail, reset_mail
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.accounts.rule import PasswordRule
from ijaa.users.accounts.token_repository import TokenRepository
from ijaa.users.errors import LoginFailed, TokenNotValid, refuse
from ijaa.users.identifiers import fold_email
from ijaa.users.sessions.service import SessionEndings
from ijaa.users.tables import AUDIT_LOG


class PasswordHolders(Protocol):
    """The accounts of one kind, as far as their passwords go."""

    async def held(self, principal_id: str, /) -> Held | None:
        """Return what is known of an account that may be signed in to."""
        ...

    async def replace_password(
        self, session: AsyncSession, principal_id: str, /, old: str, new: str, now: datetime
    ) -> bool:
        """Replace a hash, unless it is another one by now."""
        ...


class PasswordChangeService:
    """Changes the password of somebody who knows it, member or admin."""

    def __init__(
        self,
        database: Database,
        holders: Mapping[Literal["member", "admin"], PasswordHolders],
        tokens: TokenRepository,
        endings: SessionEndings,
        *,
        checks: PasswordChecks,
        passwords: Passwords,
        rule: PasswordRule,
        mails: MailQueue,
        clock: Clock,
    ) -> None:
        self._database, self._holders, self._tokens, self._endings = database, holders, tokens, endings
        self._checks, self._passwords, self._rule = checks, passwords, rule
        self._mails, self._clock = mails, clock

    async def change(self, caller: Principal, current: str, new: str) -> None:
        """Replace the caller's password; his other sessions end and what was mailed before is worthless.

        Raises:
            LoginFailed: the current password is not right; no session ends.
            Invalid: the new one does not do.

        """
        holders = self._holders[caller.kind]
        held = await holders.held(caller.user_id)
        old = held.password_hash if held else None
        if not await self._checks.proves(caller, current, old) or held is None or old is None:
            raise LoginFailed
        refuse(await self._rule.violations(new, held.words, "/new_password"))
        hashed, now = await self._passwords.hash(new), self._clock.now()
        async with self._database.transaction() as session:
            if not await holders.replace_password(session, caller.user_id, old, hashed, now):
                raise LoginFailed
            await self._tokens.void(session, caller.user_id, now)
            await self._endings.end_all(session, caller.kind, caller.user_id, keep=UUID(caller.session_id))
            mail = password_changed_mail(held.email, now)
            await self._mails.put(session, mail, identity=f"password-{uuid4().hex[:30]}")
            await audit.record(
                session, AUDIT_LOG, at=now, action="password-changed", actor=caller.user_id, subject=caller.user_id
            )


class PasswordResetService:
    """Gives a member who forgot his password, or never had one, a new one."""

    def __init__(
        self,
        database: Database,
        tokens: TokenRepository,
        endings: SessionEndings,
        *,
        checks: PasswordChecks,
        recipients: Recipients,
        passwords: Passwords,
        rule: PasswordRule,
        mails: MailQueue,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._database, self._tokens, self._endings = database, tokens, endings
        self._passwords, self._rule, self._mails = passwords, rule, mails
        self._checks, self._recipients = checks, recipients
        self._base_url, self._clock = base_url, clock

    async def request(self, email: str) -> None:
        """Mail a token to the address of an account; with any other address do the same work and leave nothing.

        Raises:
            RateLimited: the address was asked for too often, known or not.

        """
        await self._recipients.count(email)
        to, token, identity = fold_email(email), new_token(), f"reset-{uuid4().hex}"
        async with self._database.transaction() as session:
            if found := await self._tokens.lock_forgetful(session, to, self._clock.now()):
                await self._tokens.add_reset(session, found.id, token_hash(token), self._clock.now())
                await self._mails.put(session, reset_mail(to, found.username, token, self._base_url), identity=identity)
            else:
                await self._mails.pretend(session, reset_mail(to, "nobody", token, self._base_url), identity=identity)

    async def confirm(self, token: str, new: str) -> None:
        """Replace the password of the account the token was mailed to; all its sessions end.

        Raises:
            TokenNotValid: the token is unknown, used, expired, or another was mailed after it.
            Invalid: the new password does not do; the token is still good.

        """
        shown, now = token_hash(token), self._clock.now()
        if (held := await self._tokens.resetting(shown, now)) is None:
            raise TokenNotValid
        refuse(await self._rule.violations(new, held.words, "/new_password"))
        hashed, now = await self._passwords.hash(new), self._clock.now()
        async with self._database.transaction() as session:
            if not await self._tokens.reset(session, held.principal_id, shown, hashed, now):
                raise TokenNotValid
            await self._tokens.void(session, held.principal_id, now)
            await self._endings.end_all(session, "member", held.principal_id)
            mail = password_changed_mail(held.email, now)
            await self._mails.put(session, mail, identity=f"password-{uuid4().hex[:30]}")
            await audit.record(
                session, AUDIT_LOG, at=now, action="password-reset", actor=None, subject=held.principal_id
            )
        await self._checks.forgive(held.principal_id)
