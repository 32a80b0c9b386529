"""Too little of something: connections, disk, processor. Answers stay in time, and everything resumes by itself."""

import asyncio
from pathlib import Path

import asyncpg
import httpx
from sqlalchemy import make_url

from ijaa.shared.database import Database
from tests.e2e.conftest import SignIn
from tests.faults.served import served
from tests.faults.test_dependencies import EVENTS, USERS, begin
from tests.figures import report


async def test_a_pool_that_is_exhausted(
    deployment: dict[str, str], servers: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: wait for a connection as long as it takes; no lock timeout; one pool for both modules
    database = make_url(deployment["IJAA_EVENTS_DATABASE_URL"]).database
    superuser = make_url(servers["TEST_EVENTS_SUPERUSER_URL"]).set(database=database)
    async with served(deployment, tmp_path / "log", IJAA_POOL_SIZE="2") as system:
        token = await begin(system, sign_in, users_database)
        holder = await asyncpg.connect(superuser.render_as_string(hide_password=False))
        async with httpx.AsyncClient(base_url=f"{system.url}/api/v1", timeout=10) as client:
            async with holder.transaction():
                event = await holder.fetchval("SELECT id FROM events FOR UPDATE")
                headers = {"Authorization": f"Bearer {token}"}
                changes = [
                    asyncio.create_task(client.patch(f"/events/{event}", json={"title": "Other"}, headers=headers))
                    for _ in range(2)
                ]
                await asyncio.sleep(0.2)
                async with system.asked(EVENTS, clients=8) as events, system.asked(USERS, token) as users:
                    await asyncio.sleep(1.2)
                refused = await asyncio.gather(*changes)
            report(f"pool exhausted: users {users} | events {events}")
            assert [answer.status_code for answer in refused] == [503, 503]
            assert set(users.met) == {200}
            assert 503 in events.met
            assert set(events.met) <= {200, 503}
            assert events.unannounced == 0
            await system.recovered(EVENTS)
            changed = await client.patch(f"/events/{event}", json={"title": "Other"}, headers=headers)
            assert changed.status_code == 200
        await holder.close()
