"""Public ids and addresses: how they are made and compared."""

import secrets
from typing import Annotated, Literal

from msgspec import Meta

EMAIL_PATTERN = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?!\n)$"
)
"""A dot-atom at a domain (RFC 5321 §4.1.2), in ASCII: what every mail server takes."""

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=EMAIL_PATTERN)]
Username = Annotated[str, Meta(min_length=1, max_length=100)]
"""A username to look up; new ones are narrower."""


def fold_email(email: str) -> str:
    """Return the address as it is compared: mail servers that tell cases apart are not met in practice."""
    return email.lower()


def public_id(kind: Literal["USER", "ADMIN"]) -> str:
    """Return a new id that tells nothing but its kind."""
    return f"{kind}_{secrets.token_hex(12)}"
