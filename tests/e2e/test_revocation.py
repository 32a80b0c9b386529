"""A revocation against racing clients, over several workers, with Redis and without."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import TLS, free_port, serving
from tests.e2e.test_apart import signed_up
from tests.figures import report

RACERS = 8
AFTER = 1_000
"""Requests once it holds."""
RACED = 100
"""As many of them while the others still race."""


@pytest.mark.parametrize("redis", ["up", "down"])
async def test_no_request_is_accepted_once_a_revocation_holds(
    deployment: dict[str, str], tmp_path: Path, redis: str
) -> None:
    # mutants: keep revocations in Redis; tell the own worker alone; trust a verified token until it expires
    environ = deployment | ({"IJAA_REDIS_URL": f"redis://127.0.0.1:{free_port()}"} if redis == "down" else {})
    with serving(["--workers", "2"], environ, tmp_path / "log") as url:
        headers = {"Authorization": f"Bearer {signed_up(url, tmp_path, 'asha')}"}
        accepted_at: list[float] = []
        statuses: set[int] = set()
        stop = asyncio.Event()

        async def race() -> None:
            while not stop.is_set():
                async with httpx.AsyncClient(
                    base_url=url, timeout=10, verify=TLS
                ) as http:  # a new connection: either worker
                    for _ in range(10):
                        began = time.monotonic()
                        status = (await http.get("/api/v1/me", headers=headers)).status_code
                        statuses.add(status)
                        if status == 200:
                            accepted_at.append(began)

        racers = [asyncio.create_task(race()) for _ in range(RACERS)]
        await asyncio.sleep(0.5)
        async with httpx.AsyncClient(base_url=url, timeout=10, verify=TLS) as http:
            assert (await http.post("/api/v1/auth/logout", headers=headers)).status_code == 204
            revoked_at = time.monotonic()
            # on this connection, so in the worker that revoked, it holds at once
            same = [(await http.get("/api/v1/me", headers=headers)).status_code for _ in range(RACED)]
            stop.set()
            await asyncio.gather(*racers)
            same += [(await http.get("/api/v1/me", headers=headers)).status_code for _ in range(AFTER - RACED)]
        assert set(same) == {401}
        assert statuses <= {200, 401}
        late = max((at - revoked_at for at in accepted_at), default=0.0)
        report(f"revocation, Redis {redis}: the last request accepted began {late * 1000:.0f} ms after the answer")
        after = []
        for _ in range(AFTER // 50):
            async with httpx.AsyncClient(base_url=url, timeout=10, verify=TLS) as http:
                after += [(await http.get("/api/v1/me", headers=headers)).status_code for _ in range(50)]
        assert set(after) == {401}
