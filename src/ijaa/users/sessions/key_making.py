"""How a signing key is made and sealed."""

import secrets
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import jwt
from ijaa.shared.crypto import SecretBox
from ijaa.users.sessions.key_repository import KeyRepository

_SEED = 32


async def add_key(
    session: AsyncSession, repository: KeyRepository, box: SecretBox, *, now: datetime, active: datetime
) -> str:
    """Make a key that signs from `active` on; returns its id."""
    kid, seed = secrets.token_hex(8), secrets.token_bytes(_SEED)
    public = jwt.public_jwk(jwt.key_from_seed(seed, kid))
    await repository.add(session, kid, public, box.seal(seed, place_of(kid)), now=now, active=active)
    return kid


def place_of(kid: str) -> str:
    """Return what a sealed private half is bound to."""
    return f"signing_keys|sealed_private|{kid}"
