"""Three times what a worker can do: most of what it can do is still done, the rest is refused (guarantees: faults)."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from ijaa.shared.database import Database
from ijaa.users.accounts.passwords import Passwords
from tests.builders import PASSWORD
from tests.e2e.conftest import SignIn
from tests.e2e.processes import serving
from tests.faults.storm import Met, Storm
from tests.figures import report
from tests.integration.users.conftest import an_account

PATH = "/api/v1/events?limit=20"


async def _rage(storm: Storm) -> Met:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.storm", cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate(msgspec.json.encode(storm))
    return msgspec.json.decode(said, type=Met)


async def _events(url: str, token: str) -> None:
    """Fill a page, so that an answer costs what it costs in life."""
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    body = {"timezone": "UTC", "start_date": begins.isoformat(), "end_date": (begins + timedelta(hours=1)).isoformat()}
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        for number in range(20):
            made = await client.post("/api/v1/events", json={**body, "title": f"Reunion {number}"})
            assert made.status_code == 201, made.text


async def _beside(url: str, storm: Storm) -> tuple[Met, list[int]]:
    """Rage, and return what became of it and of sign-ins and health checks meanwhile."""
    raging, kept = asyncio.create_task(_rage(storm)), []
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        while not raging.done():
            kept.append((await client.get("/health/live")).status_code)
            body = {"login": "asha", "password": PASSWORD}
            kept.append((await client.post("/api/v1/auth/login", json=body)).status_code)
            await asyncio.sleep(0.5)
    return await raging, kept


async def _overloaded(
    deployment: dict[str, str], users: Database, sign_in: SignIn, log: Path, *, seconds: float, rounds: int
) -> float:
    """Return the share of its peak that is kept at three times as much, the two measured in turn."""
    await an_account(users, "asha", await Passwords().hash(PASSWORD), datetime.now(UTC))
    peaks, floods = [], []
    with serving([], deployment, log) as url:
        await _events(url, await sign_in("asha", url))
        port = int(url.rpartition(":")[2])
        await _rage(Storm(port=port, path=PATH, seconds=1, rate=None, connections=16))
        for _ in range(rounds):
            peak, kept = await _beside(url, Storm(port=port, path=PATH, seconds=seconds, rate=None, connections=16))
            storm = Storm(port=port, path=PATH, seconds=seconds, rate=3 * peak.goodput, connections=1000)
            met, beside = await _beside(url, storm)
            assert set(kept + beside) == {200}
            assert 200 in met.statuses
            assert set(met.statuses) <= {200, 503}
            assert met.unannounced == 0
            peaks.append(peak.goodput)
            floods.append(met.goodput)
            report(
                f"peak {peak.goodput:.0f}/s (p99 {peak.good_p99:.0f} ms); at 3 × {met.goodput:.0f}/s ="
                f" {met.goodput / peak.goodput:.2f} of it (p99 {met.good_p99:.0f} ms), answers {met.statuses},"
                f" refusals p50 {met.refused_p50:.0f} ms, p99 {met.refused_p99:.0f} ms"
            )
        async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(10):
            while (await client.get(PATH)).status_code != 200:  # what was still in line when the storm ended
                await asyncio.sleep(0.05)
    return sum(floods) / sum(peaks)


async def test_three_times_too_much(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: take on everything; refuse sign-in and health with the rest; forget what is under way
    await _overloaded(deployment, users_database, sign_in, tmp_path / "log", seconds=2, rounds=1)


@pytest.mark.long
async def test_three_times_too_much_for_longer(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    kept = await _overloaded(deployment, users_database, sign_in, tmp_path / "log", seconds=4, rounds=5)
    report(f"{kept:.2f} of the peak is kept")
    assert kept >= 0.8
