"""Codes by time (RFC 6238) and recovery codes: what is taken, and when."""

import base64
import secrets
from collections.abc import Iterator
from datetime import datetime
from hmac import compare_digest

from pyotp import TOTP, random_base32

ISSUER = "IJAA"
SKEW = 1
"""Time steps a clock may be off, either way (RFC 6238 §5.2)."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10
"""80 bits: nobody finds one from its hash, so that it needs neither salt nor cost."""
_GROUP = 4


def new_seed() -> str:
    """Return a seed of 160 bits in base32, as apps take it (RFC 4226 §4)."""
    return random_base32()


def enrolment_uri(seed: str, name: str) -> str:
    """Return what an app reads from a QR code."""
    return TOTP(seed).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(seed: str, code: str, now: datetime) -> int | None:
    """Return the time step a code belongs to, or None when it is good for none near `now`."""
    totp = TOTP(seed)
    current = totp.timecode(now)
    matching = [
        step
        for step in range(current - SKEW, current + SKEW + 1)
        if compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return max(matching, default=None)


def typed(code: str) -> str:
    """Return a code without what people put between its characters."""
    return "".join(character for character in code.lower() if character not in " -")


def new_recovery_codes() -> Iterator[str]:
    """Yield recovery codes as they are shown: sixteen characters of base32 in groups of four."""
    for _ in range(RECOVERY_CODES):
        plain = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
        yield "-".join(plain[start : start + _GROUP] for start in range(0, len(plain), _GROUP))
