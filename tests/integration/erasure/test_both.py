"""Who is erased in one database is erased in the other, whatever happens meanwhile."""

import asyncio
from datetime import timedelta

from tests.faulty import FaultProxy
from tests.integration.erasure.conftest import House

COUNT = "SELECT count(*) FROM event_participations"


async def an_event(house: House, by: dict[str, str]) -> str:
    """Create an event; return the path of its answers."""
    start = house.clock.now() + timedelta(days=90)
    body = {
        "title": "Reunion", "start_date": start.isoformat(), "end_date": (start + timedelta(hours=2)).isoformat(),
        "timezone": "Asia/Dhaka", "capacity": 1,
    }  # fmt: skip
    return f"/events/{(await house.call(by, 'POST', '/events', body))['id']}"


async def test_an_erasure_reaches_events_that_were_away(house: House, events_line: FaultProxy) -> None:
    """Kills: an erasure that waits for the other database, or is lost with it; tries counted while it is away."""
    async with house.running():
        users, events = house.modules["users"].database, house.modules["events"].database
        asha, ben, olu = [await house.member(name) for name in ("asha", "ben", "olu")]
        path = await an_event(house, olu)
        mine = await an_event(house, asha)
        for who in (asha, ben):
            await house.call(who, "PUT", f"{path}/rsvp", {"status": "GOING"})
        await house.call(asha, "DELETE", "/me")

        await events_line.stop()
        house.clock.at += timedelta(days=30, minutes=11)
        await house.modules["users"].worker.run_due()
        async with asyncio.timeout(10):
            while await users.fetch_value("SELECT count(*) FROM users") != 2:
                await asyncio.sleep(0.02)
        await asyncio.sleep(2.5)  # a few rounds of the relay
        waiting = "SELECT count(*) FROM outbox WHERE data ->> 'standing' = 'erased' AND tries = 0"
        assert await users.fetch_value(waiting) == 1

        await events_line.open(events_line.port)
        async with asyncio.timeout(20):
            while await users.fetch_value("SELECT count(*) FROM outbox"):
                await asyncio.sleep(0.02)
        ben = await house.sign_in("ben")
        assert (await house.call(ben, "GET", f"{path}/rsvp"))["status"] == "GOING"
        assert (await house.call(ben, "GET", mine))["status"] == "NEEDS_ORGANISER"
        assert await events.fetch_value(COUNT) == 1
        assert await events.fetch_value("SELECT going FROM events ORDER BY id LIMIT 1") == 1
