"""Hashes an import brought along: bcrypt, which is checked and replaced, never made."""

import re

import bcrypt

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-2])\$[./A-Za-z0-9]{53}")
_READ = 72
"""Bytes bcrypt looks at; whoever made these hashes cut the rest off, and the library refuses to."""
_SALT = b"$2b$%02d$" + b"." * 22


def cost_of(hashed: str | None) -> int:
    """Return the cost of a bcrypt hash, a power of two, or 0 for what is none."""
    found = _BCRYPT.fullmatch(hashed or "")
    return int(found[1]) if found else 0


def matches(password: bytes, hashed: str) -> bool:
    """Whether a password belongs to a bcrypt hash."""
    return bcrypt.checkpw(password[:_READ], hashed.encode())


def work(password: bytes, *, since: int, until: int) -> None:
    """Take as long as a hash of cost `until` takes beyond one of cost `since`; `since` 0 is none at all."""
    if until and not since:
        bcrypt.hashpw(password[:_READ], _SALT % until)
    elif since:
        for cost in range(since, until):  # 2^10 + 2^10 + 2^11 is 2^12
            bcrypt.hashpw(password[:_READ], _SALT % cost)
