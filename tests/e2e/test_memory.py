"""What a worker takes of the machine's memory (guarantees: identity)."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ijaa.shared.database import Database
from ijaa.users.accounts.passwords import Passwords
from tests.e2e.processes import free_port, start, stop, wait_until_ready
from tests.figures import report
from tests.integration.users.conftest import an_account

PASSWORD = "a long enough passphrase"
LOGINS = 200
IDLE, PEAK = 200, 340
"""MB of 1,000,000 bytes."""


@pytest.mark.long
async def test_two_hundred_sign_ins_at_once_stay_within_the_memory_of_a_worker(
    deployment: dict[str, str], users_database: Database, tmp_path: Path
) -> None:
    # mutant: as many hashes at a time as there are requests, 64 MiB each
    hashed = await Passwords().hash(PASSWORD)
    for number in range(LOGINS):
        await an_account(users_database, f"member{number}", hashed, datetime.now(UTC))
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    environ = deployment | {"IJAA_BASE_URL": url, "IJAA_RATE_LIMITS": "off"}
    process = start(["serve", "--port", str(port)], environ, log)
    try:
        wait_until_ready(process, url, log)
        idle = _megabytes(process.pid, "VmRSS")
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=LOGINS)) as client:
            statuses = await asyncio.gather(*(_sign_in(client, url, f"member{n}") for n in range(LOGINS)))
        peak, after = _megabytes(process.pid, "VmHWM"), _megabytes(process.pid, "VmRSS")
    finally:
        stop(process)
    report(f"memory of a worker: idle {idle} MB, peak {peak} MB, afterwards {after} MB")
    assert Counter(statuses) == {200: LOGINS}
    assert idle <= IDLE
    assert peak <= PEAK


async def _sign_in(client: httpx.AsyncClient, url: str, login: str) -> int:
    body = {"login": login, "password": PASSWORD}
    fresh = {"Connection": "close"}  # one that is kept may end while it is taken up again
    while (answer := await client.post(f"{url}/api/v1/auth/login", json=body, headers=fresh)).status_code == 503:
        await asyncio.sleep(0.2)
    return answer.status_code


def _megabytes(pid: int, figure: str) -> int:
    """Return a figure of proc_pid_status(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kibibytes = next(int(line.split()[1]) for line in lines if line.startswith(f"{figure}:"))
    return kibibytes * 1024 // 1_000_000
