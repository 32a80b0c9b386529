"""Signing keys: one per installation, sealed, published."""

import asyncio
import base64

import msgspec
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.errors import Conflict, NotFound, SettingError
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.key_service import KeyService
from ijaa.users.sessions.key_states import KEPT, LEAD
from ijaa.users.sessions.keys import SigningKeys
from tests.integration.users.conftest import AMember, App, Start, eventually, refresh

SECRET = "secret key of the tests, 0123456789"


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


def _service(database: Database, clock: FrozenClock) -> KeyService:
    return KeyService(database, KeyRepository(database), SecretBox(SECRET, "signing-keys"), clock)


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_stays_good(
    app: App, a_member: AMember, clock: FrozenClock, start: Start
) -> None:
    """Kills: signing at once with a key others have not heard of; the old one dropped with its tokens still good."""
    client, module = app
    async with start() as (other, _):
        old = await a_member("asha")
        kid = await _service(module.database, clock).rotate()
        await eventually(lambda: len(module.public.keys._public) == 2)
        assert _kid((await a_member("bina")).access) != kid
        assert len((await client.get("/.well-known/jwks.json")).json()["keys"]) == 2
        clock.at += LEAD
        new = await a_member("chen")
        assert _kid(new.access) == kid
        for member in (old, new):
            assert (await other.get("/api/v1/me", headers=member.bearer)).status_code == 200
        clock.at += KEPT
        published = (await client.get("/.well-known/jwks.json")).json()["keys"]
        assert [key["kid"] for key in published] == [kid]


async def test_a_second_rotation_waits_for_the_first(users_database: Database, clock: FrozenClock) -> None:
    """Kills: keys piling up before one of them signs."""
    await _keys(users_database, clock, SECRET).current()
    service = _service(users_database, clock)
    results = await asyncio.gather(*(service.rotate() for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 3
    assert [key.state for key in await service.list()] == ["next", "signing"]


async def test_a_revoked_key_is_refused_in_every_process_and_another_one_signs(
    app: App, a_member: AMember, clock: FrozenClock, start: Start
) -> None:
    """Kills: tokens of the key kept in the cache of verified ones; no key left to sign; no push."""
    client, module = app
    member = await a_member("asha")
    async with start() as (other, _):
        assert (await other.get("/api/v1/me", headers=member.bearer)).status_code == 200
        successor = await _service(module.database, clock).revoke(_kid(member.access))
        for one in (client, other):
            async with asyncio.timeout(30):
                while (await one.get("/api/v1/me", headers=member.bearer)).status_code != 401:
                    await asyncio.sleep(0.005)
        again = (await refresh(other, member.refresh)).json()["access_token"]
        assert _kid(again) == successor
        assert (await client.get("/api/v1/me", headers={"Authorization": f"Bearer {again}"})).status_code == 200
    audited = await module.database.fetch_value(
        "SELECT array_agg(action ORDER BY id) FROM audit_log WHERE subject = $1", _kid(member.access)
    )
    assert audited == ["signing-key-revoked"]
    with pytest.raises(NotFound):
        await _service(module.database, clock).revoke(_kid(member.access))


def _kid(token: str) -> str:
    kid: str = msgspec.json.decode(base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))["kid"]
    return kid
