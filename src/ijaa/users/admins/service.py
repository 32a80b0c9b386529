"""Use cases of admins."""

from sqlalchemy.exc import IntegrityError

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.database import Database, violates
from ijaa.shared.errors import Conflict, Violation
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.domain import password_violations
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.errors import LoginFailed, refuse
from ijaa.users.identifiers import fold_email, public_id
from ijaa.users.sessions.schemas import Device, Tokens
from ijaa.users.sessions.service import SessionService
from ijaa.users.tables import AUDIT_LOG

_MIN_NAME, _MAX_NAME = 2, 100


class AdminLoginService:
    """Signs admins in."""

    def __init__(
        self,
        database: Database,
        repository: AdminRepository,
        sessions: SessionService,
        checks: PasswordChecks,
        clock: Clock,
    ) -> None:
        self._database, self._repository = database, repository
        self._sessions, self._checks, self._clock = sessions, checks, clock

    async def log_in(self, email: str, password: str, device: Device) -> Tokens:
        """Open a session; raise `LoginFailed` after one look-up and one hash, whatever is wrong."""
        found = await self._repository.by_email(email)
        hashed = found.password_hash if found and found.active else None
        account = found.admin_id if found else email
        if not await self._checks.holds(account, password, hashed) or found is None:
            raise LoginFailed
        async with self._database.transaction() as session:
            if not await self._repository.still_good(session, found):
                raise LoginFailed
            # an admin is known by a pseudonym outside his own account: tokens and log lines hold no address
            tokens = await self._sessions.open(session, found.admin_id, found.admin_id, role=found.role, device=device)
            await audit.record(
                session,
                AUDIT_LOG,
                at=self._clock.now(),
                action="admin-signed-in",
                actor=found.admin_id,
                subject=found.admin_id,
            )
        return tokens


class AdminService:
    """Makes admins."""

    def __init__(
        self,
        database: Database,
        repository: AdminRepository,
        passwords: Passwords,
        refused_passwords: frozenset[str],
        clock: Clock,
    ) -> None:
        self._database, self._repository = database, repository
        self._passwords, self._refused, self._clock = passwords, refused_passwords, clock

    async def create(self, *, name: str, email: str, password: str) -> str:
        """Make a superadmin from the command line and return the public id.

        Raises:
            Invalid: the name or the password does not do.
            Conflict: an admin has this address.

        """
        name = name.strip()
        short = [Violation("/name", f"takes {_MIN_NAME} to {_MAX_NAME} characters")]
        refuse(
            [
                *(short if not _MIN_NAME <= len(name) <= _MAX_NAME else ()),
                *password_violations(password, self._refused),
            ]
        )
        hashed, admin_id, now = await self._passwords.hash(password), public_id("ADMIN"), self._clock.now()
        try:
            async with self._database.transaction() as session:
                await self._repository.add(
                    session,
                    admin_id=admin_id,
                    name=name,
                    email=fold_email(email),
                    password_hash=hashed,
                    now=now,
                )
                await audit.record(session, AUDIT_LOG, at=now, action="admin-created", actor=None, subject=admin_id)
        except IntegrityError as error:
            if violates(error, "uq_admins_email"):
                raise Conflict("An admin with this address exists already.") from None
            raise
        return admin_id
