"""Of somebody who was erased nothing is left: in no column of either database, no file, not in Redis (guarantees)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from ijaa.events import personal as events
from ijaa.shared.redis import connect
from ijaa.users import personal as users
from tests.integration.erasure.canaries import (
    NO_ROOM,
    STEM,
    columns_of,
    fill,
    fitting,
    found_below,
    found_in,
    found_in_redis,
    held,
)
from tests.integration.erasure.conftest import House
from tests.pictures import a_picture

PERSONAL = {"users": users.PERSONAL, "events": events.PERSONAL}
NAME, EMAIL = f"{STEM}.asha", f"{STEM}@mail.example"
KEPT = {"users": {"erased_usernames.username"}, "events": {"members.username"}}
"""Where the name stays, so that it is never given again and no late message brings him back."""

Header = dict[str, str]


@pytest.fixture
async def redis(house: House) -> AsyncIterator[Redis]:
    """Give a client of a Redis that holds nothing yet."""
    client = connect(house.environ["IJAA_REDIS_URL"])
    await client.flushall()
    yield client
    await client.aclose()


async def a_life(house: House, asha: Header, ben: Header) -> None:
    """Let a member do everything one can, and others with him."""
    call, once = house.call, {"Idempotency-Key": uuid4().hex}
    line, link = f"{STEM} line", f"https://{STEM}.example/"
    profile = dict.fromkeys(("former_name", "nickname", "profession", "location", "bio"), line)
    profile |= dict.fromkeys(("linked_in", "website", "facebook"), link)
    await call(asha, "PATCH", "/me/profile", profile | {"email": EMAIL, "batch": "2009"})
    for path in ("photo", "cover"):
        picture = a_picture("JPEG", comment=f"{STEM} comment".encode())
        await call(asha, "PUT", f"/me/{path}", files={"file": ("x.jpg", picture, "image/jpeg")})
    await call(asha, "POST", "/me/experiences", {"title": line, "company": line, "description": line}, headers=once)
    await call(asha, "POST", "/me/interests", {"interest": line})
    await call(asha, "PATCH", "/me/settings", {"language": f"bn-{STEM}", "time_zone": "Asia/Dhaka"})
    await call(asha, "PATCH", "/me/notification-preferences", {"announcement": {"email": True}})
    await call(asha, "POST", "/connections", {"username": "ben"})
    await call(asha, "PUT", "/me/blocks/chen")
    await call(asha, "POST", "/me/email", {"email": f"new.{EMAIL}"})
    await call(asha, "POST", "/me/export")
    await call(asha, "POST", "/claims", {"email": EMAIL, "student_number": line})
    for body in (
        {"title": line, "description": line, "category": "BUG_REPORT"},
        {"title": line, "description": line, "category": "USER_REPORT", "target": {"kind": "member", "id": "ben"}},
    ):
        await call(asha, "POST", "/reports", body)
    start = house.clock.now() + timedelta(days=1)
    event = {
        "title": "Reunion", "start_date": start.isoformat(), "end_date": (start + timedelta(hours=2)).isoformat(),
        "timezone": "Asia/Dhaka", "organizer_name": line, "organizer_email": EMAIL, "invite_message": line,
    }  # fmt: skip
    mine = (await call(asha, "POST", "/events", event, headers=once))["id"]
    draft = (await call(asha, "POST", "/events", event | {"status": "DRAFT"}))["id"]
    theirs = (await call(ben, "POST", "/events", {**event, "organizer_name": None, "organizer_email": None,
                                                   "invite_message": None}))["id"]  # fmt: skip
    for one in (mine, theirs):
        await call(asha, "PUT", f"/events/{one}/rsvp", {"status": "GOING", "message": line})
    await call(ben, "PUT", f"/events/{mine}/rsvp", {"status": "GOING"})
    said = (await call(asha, "POST", f"/events/{theirs}/comments", {"content": line}, headers=once))["id"]
    await call(asha, "PATCH", f"/comments/{said}", {"content": f"{line}, and another"})
    answer = await call(ben, "POST", f"/events/{theirs}/comments", {"content": "Hm", "parent_id": said})
    await call(asha, "PUT", f"/comments/{answer['id']}/like")
    await call(asha, "POST", f"/events/{theirs}/comments", {"content": f"@ben {line}", "parent_id": answer["id"]})
    for one in (mine, theirs, draft):
        picture = a_picture("JPEG", comment=f"{STEM} comment".encode())
        shown = {"files": {"file": ("x.jpg", picture, "image/jpeg")}, "data": {"caption": line}}
        medium = await call(asha, "POST", f"/events/{one}/media", **shown)
        await call(asha, "PUT", f"/media/{medium['id']}/like")
    await call(asha, "PUT", f"/events/{draft}/banner", files={"file": ("x.jpg", picture, "image/jpeg")})
    for path in (f"/events/{mine}", f"/events/{theirs}/participants", f"/users/{NAME}"):
        await call(ben, "GET", path)  # cards come into Redis
    for target in ({"kind": "member", "id": NAME}, {"kind": "event", "id": str(mine)}):
        category = "USER_REPORT" if target["kind"] == "member" else "CONTENT_REPORT"
        await call(
            ben, "POST", "/reports", {"title": "Spam", "description": "x", "category": category, "target": target}
        )
    found = await call(ben, "GET", "/connections", params={"direction": "incoming"})
    await call(ben, "POST", f"/connections/{found['items'][0]['id']}/accept")
    dina = await house.member("dina")
    await call(asha, "POST", f"/events/{mine}/invitations", {"usernames": ["dina"], "message": line})  # who is told
    await call(dina, "POST", "/connections", {"username": NAME})
    asked = await call(asha, "GET", "/connections", params={"direction": "incoming"})
    await call(asha, "POST", f"/connections/{asked['items'][0]['id']}/accept")  # which dina is told
    failed = {"login": NAME, "password": "not the right one"}
    assert (await house.client.post("/api/v1/auth/login", json=failed)).status_code == 401
    wanted = {"username": f"{STEM}.two", "email": EMAIL, "password": "nine quiet rivers at dawn", "name": line}
    assert (await house.client.post("/api/v1/auth/register", json=wanted)).status_code == 202
    await house.client.post("/api/v1/auth/password-reset", json={"email": EMAIL})


ROWS = {
    "users": """
        INSERT INTO member_records (name, name_key, email, claimed_by, created_at, updated_at)
        SELECT name, name_key, '{email}', whose, now(), now()
        FROM profiles, (VALUES ({id}), (NULL)) AS v (whose) WHERE user_id = {id};
        INSERT INTO member_records (name, name_key, email, claimed_by, created_at, updated_at)
        SELECT 'Ben', 'ben', '{email}', id, now(), now() FROM users WHERE username = 'ben';
        UPDATE member_records SET phone = '1', phone_key = '{stem}', student_number = '1', student_key = '{stem}'
        WHERE claimed_by = {id};
        INSERT INTO announcements (title, content, author_name, visible_from, created_at, updated_at, version)
        VALUES ('t', 'c', 'Mo', now(), now(), now(), 1);
        INSERT INTO announcement_reads SELECT id, {id}, now() FROM announcements;
        UPDATE claims SET email = '{email}', phone = '{stem}', birth_date = '1903-02-17', student_number = '{stem}',
            state = 'WAITING', settled_at = NULL WHERE user_id = {id};
        INSERT INTO outbox (id, type, subject, data, created_at, parked_at)
        VALUES (gen_random_uuid(), 'x', '{username}', '{{"username": "{username}"}}', now(), now());
        UPDATE reports SET admin_notes = '{stem}';
        UPDATE users SET login_alias = 'Kzq7vx.Asha', suspended_at = now(), suspended_until = now() + interval '1 s',
            suspension_reason = '{stem}' WHERE id = {id}
    """,
    "events": """
        INSERT INTO event_invitations (event_id, invited_username, invited_by_username, personal_message, created_at)
        SELECT e.id, pair.whom, pair.by, '{stem}', now()
        FROM events e, (VALUES ('chen', '{username}'), ('{username}', 'ben')) AS pair (whom, by);
        INSERT INTO event_organisers (event_id, username, role, added_by, created_at)
        SELECT e.id, pair.whom, 'CHECK_IN', pair.by, now()
        FROM events e, (VALUES ('chen', '{username}'), ('{username}', 'ben')) AS pair (whom, by);
        UPDATE event_participations SET checked_in_at = now(), checked_in_by = '{username}'
        WHERE participant_username = 'ben';
        INSERT INTO event_email_invitations (event_id, invited_by_username, personal_message, address_hash,
                                             sealed_address, token_hash, sent_at)
        SELECT id, '{username}', '{stem}', sha256('a'), '{stem}', sha256(id::text::bytea), now() FROM events;
        INSERT INTO outbox (id, type, subject, data, created_at, parked_at) VALUES
            (gen_random_uuid(), 'x', '{username}', '{{"username": "{username}"}}', now(), now()),
            (gen_random_uuid(), 'y', '7', '{{"usernames": ["{username}"]}}', now(), now()),
            (gen_random_uuid(), 'z', '7', '{{"by": "{username}"}}', now(), now());
        INSERT INTO event_media (event_id, uploaded_by_username, media_type, file_id, file_type, file_size, sha256,
                                 is_approved, created_at, updated_at)
        SELECT id, 'ben', 'VIDEO', gen_random_uuid(), 'video/mp4', 1, sha256('x'), true, now(), now() FROM events;
        INSERT INTO event_media_likes
        SELECT id, '{username}', now() FROM event_media WHERE uploaded_by_username = 'ben'
    """,
}
"""What no route writes yet, or only in the course of days."""


async def planted(house: House) -> dict[str, set[str]]:
    """Fill every personal column that the life of a member left empty; return those that are still without a canary."""
    connection = await house.superuser("users")
    key = await connection.fetchval("SELECT id FROM users WHERE username = $1", NAME)
    his = {"id": key, "user_id": "USER_1", "username": NAME, "email": EMAIL, "stem": STEM}
    await connection.close()
    missing = {}
    for module, holdings in PERSONAL.items():
        connection = await house.superuser(module)
        await connection.execute(ROWS[module].format(**his))
        await fill(connection, holdings, his)
        wanted = fitting(holdings, await columns_of(connection))
        missing[module] = {f"{table}.{name}" for table, name in wanted if not await held(connection, table, name)}
        await connection.close()
    return missing


async def test_nothing_is_left_of_who_was_erased(house: House, redis: Redis) -> None:
    """Kills: a statement of the registry left out, in either database; a file, a card or an answer that stays."""
    async with house.running():
        asha = await house.member(NAME, user_id="USER_1", email=EMAIL, name=f"{STEM} Rahman")
        ben = await house.member("ben")
        await house.member("chen")
        await a_life(house, asha, ben)
        assert await found_in_redis(redis)
        await asyncio.sleep(1)  # mails and messages go
        assert await planted(house) == {"users": set(), "events": set()}
        stored = [one for one in (house.data / "files").rglob("*") if one.is_file()]
        assert len(stored) >= 2
        async with house.modules["users"].database.transaction() as session:
            leaving = {"name": NAME, "now": house.clock.now()}
            await session.execute(text("UPDATE users SET erase_after = :now WHERE username = :name"), leaving)

        for days in (1, 40, 100, 400):  # the erasure, then every period after which something is purged
            house.clock.at += timedelta(days=days)
            for module in house.modules.values():
                await module.worker.run_due()
            await asyncio.sleep(1)
            assert await left(house) == KEPT, days
            assert await found_in_redis(redis) == set()
            assert [one for one in (house.data / "files").rglob("*") if one.is_file()] == []
        # what people hold of him in a mailbox is theirs, and the ledger has his name
        assert found_below(house.data, but="mail") == {"erased.jsonl"}


async def left(house: House) -> dict[str, set[str]]:
    """Return the columns of each database that hold a canary."""
    found = {}
    for module in PERSONAL:
        connection = await house.superuser(module)
        found[module] = await found_in(connection)
        await connection.close()
    return found


def test_the_reasons_name_columns_there_are() -> None:
    """Kills: an excuse for a column that was renamed, and would then hide another."""
    known = {f"{one.table}.{name}" for holdings in PERSONAL.values() for one in holdings for name in one.columns}
    assert NO_ROOM.keys() <= known
