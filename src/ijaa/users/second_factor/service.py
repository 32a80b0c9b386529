"""Use cases of the second factor."""

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, token_hash
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, Invalid, Unauthenticated, Violation
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.principals import Principal
from ijaa.users.errors import LoginFailed, TotpRequired
from ijaa.users.second_factor.domain import enrolment_uri, new_recovery_codes, new_seed, step_of, typed
from ijaa.users.second_factor.mails import factor_enrolled_mail
from ijaa.users.second_factor.repository import SecondFactorRepository, StoredFactor
from ijaa.users.second_factor.schemas import RecoveryCodes, TotpEnrolment
from ijaa.users.tables import AUDIT_LOG


class SecondFactorService:
    """Enrols second factors and checks them."""

    def __init__(
        self, database: Database, repository: SecondFactorRepository, box: SecretBox, mails: MailQueue, clock: Clock
    ) -> None:
        self._database, self._repository, self._box = database, repository, box
        self._mails, self._clock = mails, clock

    async def begin(self, admin: Principal) -> TotpEnrolment:
        """Begin an enrolment; the factor there is, if any, counts until the new one is confirmed."""
        seed = new_seed()
        async with self._database.transaction() as session:
            stored = await self._locked(session, admin)
            await self._repository.begin(session, admin.user_id, self._box.seal(seed.encode(), _pending(admin.user_id)))
        return TotpEnrolment(secret=seed, uri=enrolment_uri(seed, stored.email))

    async def confirm(self, admin: Principal, code: str) -> RecoveryCodes:
        """Make the seed of the enrolment the one that counts, once a code shows that an app has it.

        Raises:
            Conflict: no enrolment was begun.
            Invalid: the code is not right.

        """
        admin_id, now = admin.user_id, self._clock.now()
        async with self._database.transaction() as session:
            stored = await self._locked(session, admin)
            if stored.pending is None:
                raise Conflict("No enrolment was begun: POST /api/v1/admin/auth/totp first.")
            seed = self._box.unseal(stored.pending, _pending(admin_id))
            step = step_of(seed.decode(), typed(code), now)
            if step is None:
                raise Invalid([Violation("/code", "is not the code of this moment: is the clock of the device right?")])
            shown = list(new_recovery_codes())
            hashes = [token_hash(typed(one)) for one in shown]
            await self._repository.enrol(session, admin_id, self._box.seal(seed, _seed(admin_id)), step, hashes, now)
            replaced = stored.seed is not None
            await self._audit(session, "admin-totp-enrolled", admin_id, replaced=replaced)
            mail = factor_enrolled_mail(stored.email, replaced=replaced, at=now)
            await self._mails.put(session, mail, identity=f"factor-{uuid4().hex}")
        return RecoveryCodes(recovery_codes=shown)

    async def check(self, session: AsyncSession, admin_id: str, code: str | None) -> None:
        """Take a code by time or a recovery code, in the transaction of what it is for; without a factor, any.

        Call it once the password was right, never before.

        Raises:
            TotpRequired: there is a factor, and no code was given.
            LoginFailed: the code is wrong or spent, or the admin is gone.

        """
        if (stored := await self._repository.lock(session, admin_id)) is None:
            raise LoginFailed
        if stored.seed is None:
            return
        if not (given := typed(code or "")):
            raise TotpRequired
        now = self._clock.now()
        step = step_of(self._box.unseal(stored.seed, _seed(admin_id)).decode(), given, now)
        if step is not None:
            if not await self._repository.spend_step(session, admin_id, step):
                raise LoginFailed
        elif await self._repository.spend_recovery(session, admin_id, token_hash(given), now):
            await self._audit(session, "admin-recovery-code-used", admin_id)
        else:
            raise LoginFailed

    async def _locked(self, session: AsyncSession, admin: Principal) -> StoredFactor:
        if (stored := await self._repository.lock(session, admin.user_id)) is None:
            raise Unauthenticated  # deactivated since the token was looked at
        return stored

    async def _audit(self, session: AsyncSession, action: str, admin_id: str, **details: object) -> None:
        at = self._clock.now()
        await audit.record(session, AUDIT_LOG, at=at, action=action, actor=admin_id, subject=admin_id, details=details)


def _seed(admin_id: str) -> str:
    return f"admins|totp_seed|{admin_id}"


def _pending(admin_id: str) -> str:
    return f"admins|totp_pending|{admin_id}"
