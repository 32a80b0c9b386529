"""Use cases of admins: signing in, and looking after each other's accounts."""

import secrets
from collections.abc import Callable
from uuid import uuid4

from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database, violates
from ijaa.shared.errors import Conflict, NotFound, Unauthenticated, Violation
from ijaa.shared.mail import Mail
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import AdminRole, Principal
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.domain import context_words
from ijaa.users.accounts.mails import password_changed_mail
from ijaa.users.accounts.passwords import Passwords, outdated
from ijaa.users.accounts.rule import PasswordRule
from ijaa.users.admins.mails import role_changed_mail
from ijaa.users.admins.models import Admin
from ijaa.users.admins.repository import AdminCredentials, AdminRepository, StoredAdmin
from ijaa.users.admins.schemas import AdminCreated, AdminPatch, AdminRead
from ijaa.users.errors import LoginFailed, OwnAccount, refuse
from ijaa.users.identifiers import fold_email, public_id
from ijaa.users.second_factor.mails import factor_reset_mail
from ijaa.users.second_factor.repository import SecondFactorRepository
from ijaa.users.second_factor.service import SecondFactorService
from ijaa.users.sessions.schemas import Device, Tokens
from ijaa.users.sessions.service import SessionEndings, SessionService
from ijaa.users.tables import AUDIT_LOG

_MIN_NAME, _MAX_NAME = 2, 100
_GENERATED = 18
"""Random bytes of a generated password."""
Precondition = Callable[[int], None]
"""Refuses a version the client did not expect."""


def generated_password() -> str:
    """Return a password nobody chose."""
    return secrets.token_urlsafe(_GENERATED)


class AdminLoginService:
    """Signs admins in."""

    def __init__(
        self,
        database: Database,
        repository: AdminRepository,
        sessions: SessionService,
        checks: PasswordChecks,
        passwords: Passwords,
        factors: SecondFactorService,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._factors = database, repository, factors
        self._sessions, self._checks, self._passwords, self._clock = sessions, checks, passwords, clock

    async def log_in(self, email: str, password: str, totp: str | None, device: Device) -> Tokens:
        """Open a session; raise `LoginFailed` after the same work, whatever is wrong.

        Raises:
            TotpRequired: the password was right, and the second factor was not given.

        """
        try:
            return await self._log_in(email, password, totp, device)
        except LoginFailed:
            await self._note_failure(email)
            raise

    async def _log_in(self, email: str, password: str, totp: str | None, device: Device) -> Tokens:
        found = await self._proven(email, password)
        if outdated(found.password_hash):
            found = await self._renewed(found, email, password)
        async with self._database.transaction() as session:
            if (role := await self._repository.lock_unchanged(session, found)) is None:
                raise LoginFailed
            await self._checks.factor(found.admin_id, lambda: self._factors.check(session, found.admin_id, totp))
            # an admin is known by a pseudonym outside his own account: tokens and log lines hold no address
            tokens = await self._sessions.open(session, found.admin_id, found.admin_id, role=role, device=device)
            await audit.record(
                session,
                AUDIT_LOG,
                at=self._clock.now(),
                action="admin-signed-in",
                actor=found.admin_id,
                subject=found.admin_id,
            )
        return tokens

    async def _note_failure(self, email: str) -> None:
        """Record a failure, of whoever it was meant for, or of nobody: the work is the same."""
        meant, now = (await self._repository.by_email(email)).admin_id, self._clock.now()
        async with self._database.transaction() as session:
            await audit.record(session, AUDIT_LOG, at=now, action="admin-sign-in-failed", actor=None, subject=meant)

    async def _proven(self, email: str, password: str) -> AdminCredentials:
        sought = await self._repository.by_email(email)
        found = sought.account
        hashed = found.password_hash if found and found.active else None
        account = found.admin_id if found else fold_email(email)
        if not await self._checks.signs_in(account, password, hashed, legacy=sought.legacy) or found is None:
            raise LoginFailed
        return found

    async def _renewed(self, found: AdminCredentials, email: str, password: str) -> AdminCredentials:
        """Replace an imported hash, as its password is known now; of two who sign in at once one replaces it."""
        replacement, old = await self._passwords.hash(password), found.password_hash
        async with self._database.transaction() as session:
            if await self._repository.replace_password(session, found.admin_id, old, replacement, self._clock.now()):
                return AdminCredentials(found.admin_id, replacement, found.active)
        return await self._proven(email, password)


class AdminService:
    """Makes admins, changes what they may, and lets them back in.

    Every change locks the active superadmins in one order and finds its actor among them. As nobody does any of it to
    himself, one superadmin is always left, however many act at once.
    """

    def __init__(
        self,
        database: Database,
        repository: AdminRepository,
        factors: SecondFactorRepository,
        passwords: Passwords,
        rule: PasswordRule,
        endings: SessionEndings,
        mails: MailQueue,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._factors = database, repository, factors
        self._passwords, self._rule, self._endings = passwords, rule, endings
        self._mails, self._cursors, self._clock = mails, cursors, clock

    async def page(self, cursor: str | None, limit: int) -> Page[AdminRead]:
        """Return admins, oldest first."""
        (after,) = self._cursors.read("admins", cursor, tuple[int]) if cursor else (0,)
        rows = await self._repository.page(after, limit + 1)
        items, following = self._cursors.page("admins", rows, limit, lambda row: (row.id,))
        return Page(items=[_read(row) for row in items], next_cursor=following)

    async def read(self, admin_id: str) -> tuple[AdminRead, int]:
        """Return an admin and its version; raise `NotFound` without one."""
        if (stored := await self._repository.read(admin_id)) is None:
            raise NotFound
        return _read(stored), stored.version

    async def create(
        self, *, name: str, email: str, password: str | None, role: AdminRole, actor: str | None
    ) -> AdminCreated:
        """Make an admin, with a password made up where none is given; no actor is the command line.

        Raises:
            Invalid: the name or the password does not do.
            Conflict: an admin has this address.

        """
        name, chosen = name.strip(), password or generated_password()
        refuse([*_name_violations(name), *await self._rule.violations(chosen, context_words(name, email))])
        hashed, now = await self._passwords.hash(chosen), self._clock.now()
        admin = Admin(
            admin_id=public_id("ADMIN"),
            name=name,
            email=fold_email(email),
            password_hash=hashed,
            role=role,
            active=True,
            created_at=now,
            updated_at=now,
        )
        try:
            async with self._database.transaction() as session:
                await self._repository.add(session, admin)
                await self._audit(session, "admin-created", actor, admin, role=role)
        except IntegrityError as error:
            if violates(error, "uq_admins_email"):
                raise Conflict("An admin with this address exists already.") from None
            raise
        return AdminCreated(**asdict(_changed(admin)), password=UNSET if password else chosen)

    async def activate(self, actor: Principal, admin_id: str) -> AdminRead:
        """Let an admin sign in again."""
        async with self._database.transaction() as session:
            admin = await self._other(session, actor, admin_id)
            if not admin.active:
                await self._change(session, actor, admin, "admin-activated", active=True)
        return _changed(admin)

    async def deactivate(self, actor: Principal, admin_id: str) -> AdminRead:
        """Keep an admin from signing in, and end his sessions."""
        async with self._database.transaction() as session:
            admin = await self._other(session, actor, admin_id)
            if admin.active:
                await self._change(session, actor, admin, "admin-deactivated", active=False)
                await self._endings.end_all(session, "admin", admin_id)
        return _changed(admin)

    async def edit(
        self, actor: Principal, admin_id: str, patch: AdminPatch, precondition: Precondition
    ) -> tuple[AdminRead, int]:
        """Change name and role of an admin; another role ends his sessions, and nobody gives himself one."""
        changes = patch.changes()
        if "name" in changes:
            changes["name"] = changes["name"].strip()
            refuse(_name_violations(changes["name"]))
        async with self._database.transaction() as session:
            admin = await self._locked(session, actor, admin_id)
            precondition(admin.version)
            if "name" in changes and changes["name"] != admin.name:
                await self._change(session, actor, admin, "admin-renamed", name=changes["name"])
            if "role" in changes and changes["role"] != admin.role:
                await self._give_role(session, actor, admin, changes["role"])
        return _changed(admin), admin.version

    async def reset_totp(self, actor: Principal, admin_id: str) -> None:
        """Take another admin's second factor away, and end his sessions."""
        async with self._database.transaction() as session:
            await self._forget_factor(session, actor.user_id, await self._other(session, actor, admin_id))

    async def rescue_totp(self, email: str) -> None:
        """Take the second factor of whoever has this address away, from the command line."""
        async with self._database.transaction() as session:
            await self._forget_factor(session, None, await self._addressed(session, email))

    async def rescue_password(self, email: str, password: str) -> None:
        """Give whoever has this address a new password, from the command line, and end his sessions."""
        refuse(await self._rule.violations(password, context_words(email)))
        hashed = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            admin = await self._addressed(session, email)
            await self._change(session, None, admin, "admin-password-reset", password_hash=hashed)
            await self._tell(session, password_changed_mail(admin.email, self._clock.now()))
            await self._endings.end_all(session, "admin", admin.admin_id)

    async def _locked(self, session: AsyncSession, actor: Principal, admin_id: str) -> Admin:
        found = {admin.admin_id: admin for admin in await self._repository.lock_with_superadmins(session, admin_id)}
        acting = found.get(actor.user_id)
        if acting is None or not acting.active or acting.role != "superadmin":
            raise Unauthenticated(error="invalid_token")  # somebody was faster, and the actor is none any more
        if (admin := found.get(admin_id)) is None:
            raise NotFound
        return admin

    async def _other(self, session: AsyncSession, actor: Principal, admin_id: str) -> Admin:
        admin = await self._locked(session, actor, admin_id)
        if admin_id == actor.user_id:
            raise OwnAccount
        return admin

    async def _addressed(self, session: AsyncSession, email: str) -> Admin:
        if (admin := await self._repository.lock_by_email(session, fold_email(email))) is None:
            raise NotFound("No admin has this address.")
        return admin

    async def _give_role(self, session: AsyncSession, actor: Principal, admin: Admin, role: AdminRole) -> None:
        if admin.admin_id == actor.user_id:
            raise OwnAccount
        given = {"was": admin.role, "is": role}
        admin.role, admin.updated_at = role, self._clock.now()
        await session.flush()
        await self._audit(session, "admin-role-changed", actor.user_id, admin, **given)
        await self._tell(session, role_changed_mail(admin.email, given["was"], role, admin.updated_at))
        await self._endings.end_all(session, "admin", admin.admin_id)

    async def _forget_factor(self, session: AsyncSession, actor: str | None, admin: Admin) -> None:
        now, had = self._clock.now(), admin.totp_confirmed_at
        await self._factors.forget(session, admin.admin_id, now)
        await self._tell(session, factor_reset_mail(admin.email, had, now))
        await self._audit(session, "admin-totp-reset", actor, admin)
        await self._endings.end_all(session, "admin", admin.admin_id)

    async def _change(
        self, session: AsyncSession, actor: Principal | None, admin: Admin, action: str, **changes: object
    ) -> None:
        for field, value in changes.items():
            setattr(admin, field, value)
        admin.updated_at = self._clock.now()
        await session.flush()
        await self._audit(session, action, actor.user_id if actor else None, admin)

    async def _tell(self, session: AsyncSession, mail: Mail) -> None:
        await self._mails.put(session, mail, identity=f"admin-{uuid4().hex}")

    async def _audit(
        self, session: AsyncSession, action: str, actor: str | None, admin: Admin, **details: object
    ) -> None:
        at = self._clock.now()
        await audit.record(
            session, AUDIT_LOG, at=at, action=action, actor=actor, subject=admin.admin_id, details=details
        )


def _name_violations(name: str) -> list[Violation]:
    fits = _MIN_NAME <= len(name) <= _MAX_NAME
    return [] if fits else [Violation("/name", f"takes {_MIN_NAME} to {_MAX_NAME} characters")]


def _read(stored: StoredAdmin) -> AdminRead:
    return AdminRead(**{field: getattr(stored, field) for field in AdminRead.__struct_fields__})


def _changed(admin: Admin) -> AdminRead:
    return AdminRead(
        admin_id=admin.admin_id,
        name=admin.name,
        email=admin.email,
        role=admin.role,
        active=admin.active,
        second_factor=admin.totp_seed is not None,
        created_at=admin.created_at,
        updated_at=admin.updated_at,
    )
