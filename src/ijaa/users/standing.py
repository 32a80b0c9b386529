"""Where an account stands, and who may act: one rule, once for values in hand and once as SQL.

The fragments are SQL over `u` (`users`); `{now}` is the parameter that holds the instant. An account that was switched
off (`active`), as imported ones may be, counts as suspended without an end.
"""

from datetime import datetime, timedelta
from typing import Literal, Protocol

MemberStatus = Literal["active", "suspended", "unverified", "leaving"]
GRACE = timedelta(days=30)
"""How long a deleted account can be brought back."""


class Account(Protocol):
    """What decides on an account's standing."""

    active: bool
    email_verified_at: datetime | None
    suspended_at: datetime | None
    suspended_until: datetime | None
    erase_after: datetime | None


def status_of(account: Account, now: datetime) -> MemberStatus:
    """Return where an account stands; only who is `active` may act, is shown, and is let in."""
    if account.erase_after is not None:
        return "leaving"
    if is_suspended(account, now):
        return "suspended"
    return "active" if account.email_verified_at is not None else "unverified"


def is_suspended(account: Account, now: datetime) -> bool:
    """Whether an account is suspended or switched off, leaving or not."""
    ended = account.suspended_until is not None and account.suspended_until <= now
    return not account.active or (account.suspended_at is not None and not ended)


_LEAVING = "u.erase_after IS NOT NULL"
SUSPENDED = "(NOT u.active OR u.suspended_at IS NOT NULL AND (u.suspended_until IS NULL OR u.suspended_until > {now}))"
"""`is_suspended(…)`."""
NOT_BARRED = f"NOT {SUSPENDED} AND NOT {_LEAVING}"
"""Nobody keeps the account from being confirmed and used."""
MAY_ACT = f"{NOT_BARRED} AND u.email_verified_at IS NOT NULL"
"""`status_of(…) == "active"`."""
STATUS = (
    f"CASE WHEN {_LEAVING} THEN 'leaving' WHEN {SUSPENDED} THEN 'suspended'"
    " WHEN u.email_verified_at IS NULL THEN 'unverified' ELSE 'active' END"
)
"""`status_of(…)`."""

SIGNED_IN_AS = (
    "CASE WHEN a.role = 'superadmin' AND a.totp_seed IS NULL AND CAST(:totp_required AS boolean)"
    " THEN 'enrolling' ELSE a.role END"
)
"""The role an admin `a` is signed in with: a superadmin without a second factor may do nothing but enrol one."""
