"""SQL of the second factor: the admin's row holds the seed, a table of its own the recovery codes."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.users.second_factor.models import RecoveryCode

# every change of a factor, and every use of one, stands in line at the admin's row
_LOCK = text("SELECT email, totp_seed, totp_pending FROM admins WHERE admin_id = :id AND active FOR NO KEY UPDATE")
_BEGIN = text("UPDATE admins SET totp_pending = :sealed, version = version + 1 WHERE admin_id = :id")
_ENROL = text("""
UPDATE admins SET totp_seed = :sealed, totp_pending = NULL, totp_last_step = :step, totp_confirmed_at = :now,
                  updated_at = :now, version = version + 1
WHERE admin_id = :id
""")
_SPEND_STEP = text("""
UPDATE admins SET totp_last_step = :step WHERE admin_id = :id AND totp_last_step < :step RETURNING admin_id
""")
_SPEND_RECOVERY = text("""
UPDATE admin_recovery_codes SET used_at = :now WHERE admin_id = :id AND hash = :hash AND used_at IS NULL
RETURNING admin_id
""")
_FORGET = text("""
UPDATE admins SET totp_seed = NULL, totp_pending = NULL, totp_last_step = NULL, totp_confirmed_at = NULL,
                  updated_at = :now, version = version + 1
WHERE admin_id = :id
""")
_FORGET_RECOVERY = text("DELETE FROM admin_recovery_codes WHERE admin_id = :id")


class StoredFactor(msgspec.Struct, frozen=True):
    """The second factor of an admin, as it lies in his row."""

    email: str
    seed: bytes | None
    """Sealed."""
    pending: bytes | None
    """Sealed."""


class SecondFactorRepository:
    """Second factors."""

    async def lock(self, session: AsyncSession, admin_id: str) -> StoredFactor | None:
        """Return the factor of an active admin; nobody else uses or changes it before the transaction ends."""
        row = (await session.execute(_LOCK, {"id": admin_id})).one_or_none()
        return None if row is None else StoredFactor(*row)

    async def begin(self, session: AsyncSession, admin_id: str, sealed: bytes) -> None:
        """Keep the seed of an enrolment that is not confirmed yet."""
        await session.execute(_BEGIN, {"id": admin_id, "sealed": sealed})

    async def enrol(
        self, session: AsyncSession, admin_id: str, sealed: bytes, step: int, recovery: Sequence[bytes], now: datetime
    ) -> None:
        """Make a seed the one that counts, its first code spent, with new recovery codes."""
        await session.execute(_ENROL, {"id": admin_id, "sealed": sealed, "step": step, "now": now})
        await session.execute(_FORGET_RECOVERY, {"id": admin_id})
        rows = [{"admin_id": admin_id, "hash": hashed, "created_at": now} for hashed in recovery]
        await session.execute(insert(RecoveryCode), rows)

    async def spend_step(self, session: AsyncSession, admin_id: str, step: int) -> bool:
        """Take a time step, unless it or a later one was taken before."""
        return (await session.execute(_SPEND_STEP, {"id": admin_id, "step": step})).first() is not None

    async def spend_recovery(self, session: AsyncSession, admin_id: str, hashed: bytes, now: datetime) -> bool:
        """Take a recovery code, unless there is none like it or it was taken before."""
        spent = await session.execute(_SPEND_RECOVERY, {"id": admin_id, "hash": hashed, "now": now})
        return spent.first() is not None

    async def forget(self, session: AsyncSession, admin_id: str, now: datetime) -> None:
        """Take the factor and its recovery codes away."""
        await session.execute(_FORGET, {"id": admin_id, "now": now})
        await session.execute(_FORGET_RECOVERY, {"id": admin_id})
