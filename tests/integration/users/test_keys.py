"""Signing keys: one per installation, sealed, published."""

import asyncio

import msgspec
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.errors import SettingError
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.keys import SigningKeys
from tests.integration.users.conftest import AMember, App, Start


def _keys(database: Database, clock: FrozenClock, sealed_with: str = "one secret") -> SigningKeys:
    return SigningKeys(database, KeyRepository(database), SecretBox(sealed_with, "signing-keys"), clock)


async def test_workers_that_start_together_make_one_key(users_database: Database, clock: FrozenClock) -> None:
    """Kills: the advisory lock left out (several keys)."""
    workers = [_keys(users_database, clock) for _ in range(8)]
    made = await asyncio.gather(*(worker.current() for worker in workers))
    assert len({key.kid for key in made}) == 1
    assert await users_database.fetch_value("SELECT count(*) FROM signing_keys") == 1


async def test_the_private_half_is_sealed(users_database: Database, clock: FrozenClock) -> None:
    """Kills: the seed stored as it is, published, or opened with any other secret."""
    keys = _keys(users_database, clock)
    private = (await keys.current()).as_dict(private=True)["d"]
    assert isinstance(private, str)
    assert "d" not in (await keys.published()).keys[0]
    stored = await users_database.fetch_value("SELECT t::text FROM signing_keys t")
    assert private not in stored
    with pytest.raises(SettingError, match="IJAA_SECRET_KEY"):
        await _keys(users_database, clock, "another secret").current()


async def test_made_up_key_ids_do_not_become_statements(users_database: Database, clock: FrozenClock) -> None:
    """Kills: a reload per unknown `kid`."""
    keys = _keys(users_database, clock)
    await keys.current()
    ran: list[str] = []
    users_database.observers.append(lambda _database, statement, _seconds: ran.append(statement))
    for _ in range(20):
        await keys.refresh()
    assert ran == []


async def test_one_process_takes_the_tokens_of_another(app: App, a_member: AMember, start: Start) -> None:
    """Kills: a key per process."""
    member = await a_member("asha")
    async with start() as (other, _):
        assert (await other.get("/api/v1/me", headers=member.bearer)).status_code == 200
        published = await other.get("/.well-known/jwks.json")
    key = published.json()["keys"][0]
    assert (key["kty"], key["crv"], "d" in key) == ("OKP", "Ed25519", False)
    assert published.headers["cache-control"] == "public, max-age=60"
    assert msgspec.json.decode(published.content) == (await app[0].get("/.well-known/jwks.json")).json()
