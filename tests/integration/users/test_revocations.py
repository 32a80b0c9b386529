"""Revocations: at once here, within a moment everywhere else, and something to hold on to when the feed is down."""

import asyncio
import base64
import socket

import asyncpg
import httpx
import msgspec
import pytest
from sqlalchemy import text

from ijaa.shared.clock import FrozenClock
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.listener import Listener
from ijaa.shared.lookups import LOOKUP_WAIT
from ijaa.users.sessions.feed import RevocationFeed
from ijaa.users.sessions.revocation_repository import RevocationRepository
from ijaa.users.sessions.revoked import Revoked
from tests.integration.users.conftest import AMember, App, Member, Start, counted, eventually


async def _me(client: httpx.AsyncClient, member: Member) -> int:
    return (await client.get("/api/v1/me", headers=member.bearer)).status_code


async def test_a_revocation_holds_at_once_here_and_soon_elsewhere(app: App, a_member: AMember, start: Start) -> None:
    """Kills: the own set filled by NOTIFY alone; NOTIFY left out of the transaction."""
    client, _ = app
    async with start() as (other, _):
        for attempt in range(5):
            member = await a_member(f"asha{attempt}")
            assert await _me(other, member) == 200
            assert (await client.post("/api/v1/auth/logout-all", headers=member.bearer)).status_code == 204
            assert await _me(client, member) == 401
            await asyncio.sleep(0.1)
            assert await _me(other, member) == 401


async def test_a_process_knows_what_it_revoked_without_being_told(
    a_member: AMember, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the own set filled by the way through the database, which may come after the answer."""
    member = await a_member("asha")
    monkeypatch.setattr(RevocationFeed, "told", lambda *_: None)
    async with start() as (deaf, _):
        assert (await deaf.post("/api/v1/auth/logout", headers=member.bearer)).status_code == 204
        assert await _me(deaf, member) == 401


async def test_a_process_that_starts_later_knows_what_was_revoked(app: App, a_member: AMember, start: Start) -> None:
    """Kills: listening without loading."""
    client, _ = app
    member = await a_member("asha")
    assert (await client.post("/api/v1/auth/logout-all", headers=member.bearer)).status_code == 204
    async with start() as (late, _):
        assert await _me(late, member) == 401


async def test_a_live_feed_costs_no_statement(app: App, a_member: AMember) -> None:
    """Kills: a look-up per request."""
    client, module = app
    member = await a_member("asha")
    with counted(module.database) as ran:
        assert await _me(client, member) == 200
    assert len(ran) == 1


async def test_without_its_feed_a_process_looks_sessions_up(
    app: App, a_member: AMember, users_dsn: str, clock: FrozenClock
) -> None:
    """Kills: a feed that is down taken for one that says no."""
    client, _ = app
    member, other = await a_member("asha"), await a_member("bina")
    assert (await client.post("/api/v1/auth/logout-all", headers=member.bearer)).status_code == 204
    database = Database("users", users_dsn)
    deaf = RevocationFeed(RevocationRepository(database), clock)  # no listener serves it
    assert await deaf.revoked(_sid(member)) is True
    assert await deaf.revoked(_sid(other)) is False
    with pytest.raises(Unavailable):
        await deaf.since(None, 0)
    await database.dispose()


async def test_a_process_that_cannot_listen_looks_sessions_up_all_the_same(
    users_database: Database, users_dsn: str, clock: FrozenClock
) -> None:
    """Kills: a LISTEN connection that cannot be made taken for a database nobody can revoke in."""
    feed, sid = RevocationFeed(RevocationRepository(users_database), clock), "3" * 8 + "-0000-4000-8000-" + "0" * 12
    async with Listener("users", users_dsn, [feed]).run():
        assert feed.live
    async with Listener("users", "postgresql://u:p@127.0.0.1:1/ijaa_users", [feed]).run():
        async with users_database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO revocations (session_id, revoked_at, expires_at)"
                    " VALUES (:sid, :now, CAST(:now AS timestamptz) + interval '16 minutes')"
                ),
                {"sid": sid, "now": clock.now()},
            )
        assert await feed.revoked(sid) is True


async def test_without_the_database_the_last_set_decides(users_database: Database, clock: FrozenClock) -> None:
    """Kills: requests refused, or slowed, or let through after a revocation, because the database is away."""
    with socket.socket() as silent:  # takes connections and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        gone = Database("users", f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/ijaa_users")
        feed = RevocationFeed(RevocationRepository(gone), clock)
        known, unknown = "0" * 8 + "-0000-4000-8000-" + "0" * 12, "1" * 8 + "-0000-4000-8000-" + "0" * 12
        with pytest.raises(Unavailable):  # nothing was ever loaded: this is not the moment to guess
            await feed.revoked(unknown)
        async with Listener("users", users_database.url, [feed]).run():
            feed.add([Revoked(known, clock.now())])
        assert not feed.live
        feed._lookups._unreachable_until = 0
        loop = asyncio.get_running_loop()
        assert await feed.revoked(known) is True
        assert await feed.revoked(unknown) is False  # waits LOOKUP_WAIT once
        began = loop.time()
        assert [await feed.revoked(unknown) for _ in range(100)] == [False] * 100
        assert loop.time() - began < LOOKUP_WAIT
        await gone.dispose()


async def test_a_feed_that_lost_its_connection_comes_back_with_what_it_missed(
    users_database: Database, users_dsn: str, clock: FrozenClock
) -> None:
    """Kills: no reconnect; a reconnect that does not load; `live` claimed while nothing is heard."""
    feed = RevocationFeed(RevocationRepository(users_database), clock)
    missed = "2" * 8 + "-0000-4000-8000-" + "0" * 12
    async with Listener("users", users_dsn, [feed]).run():
        assert feed.live
        connection = await asyncpg.connect(users_dsn)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'ijaa-listener' AND datname = current_database()"
        )
        await connection.execute(
            "INSERT INTO revocations (session_id, revoked_at, expires_at)"
            " VALUES ($1, now(), now() + interval '16 minutes')",
            missed,
        )
        assert await feed.revoked(missed) or feed.live
        await eventually(lambda: missed in feed._sessions and feed.live)
        await connection.close()


def _sid(member: Member) -> str:
    payload = member.access.split(".")[1]
    sid: str = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=="))["sid"]
    return sid
