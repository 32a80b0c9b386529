"""Brute force through HTTP, over two worker processes (guarantees: identity)."""

import asyncio
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from ijaa.shared.database import Database
from tests.e2e.processes import serving
from tests.integration.users.conftest import an_account

GUESSES = 100
LIMIT = 5
FRESH = {"Connection": "close"}
"""Each try goes to whichever worker takes it."""
PASSWORD, WRONG = "a long enough passphrase", "a wrong passphrase"
TWO = ["--workers", "2"]


@pytest.fixture
async def asha(users_database: Database) -> None:
    """Make somebody whose password is worth guessing, with a hash that costs little to check."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await an_account(users_database, "asha", cheap, datetime.now(UTC))


@pytest.mark.usefixtures("asha")
@pytest.mark.parametrize("redis", ["up", "black-holed"])
async def test_of_a_hundred_guesses_at_once_five_are_evaluated(
    deployment: dict[str, str], tmp_path: Path, redis: str
) -> None:
    # mutants: count after the hash; count per process; allow all without Redis; switched off with the rate limits
    with _black_hole() as hole:
        urls = {"up": deployment["IJAA_REDIS_URL"], "black-holed": hole}
        environ = deployment | {"IJAA_REDIS_URL": urls[redis], "IJAA_RATE_LIMITS": "off"}
        with serving(TWO, environ, tmp_path / "log") as url:
            statuses = await asyncio.gather(*(_guess(url, WRONG) for _ in range(GUESSES)))
            checks = _checks(url)
            late = await _guess(url, PASSWORD)
    assert Counter(statuses) == {401: GUESSES}
    assert checks["refused"] <= LIMIT
    assert checks["refused"] + checks["throttled"] == GUESSES
    assert late == 401


@pytest.mark.usefixtures("asha")
@pytest.mark.parametrize("redis", ["up", "stopped"])
async def test_an_address_gets_twenty_tries_a_minute_over_all_workers(
    deployment: dict[str, str], tmp_path: Path, redis: str
) -> None:
    # mutants: count per process; answer 500 without Redis
    urls = {"up": deployment["IJAA_REDIS_URL"], "stopped": "redis://127.0.0.1:1"}
    with serving(TWO, deployment | {"IJAA_REDIS_URL": urls[redis], "IJAA_RATE_LIMITS": "1"}, tmp_path / "log") as url:
        async with httpx.AsyncClient() as client:
            answers = [await _post(client, url, f"nobody{number}", WRONG) for number in range(40)]
            ready = await client.get(f"{url}/health/ready")
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {401, 429}
    assert 10 <= statuses[401] <= 20
    assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in answers if answer.status_code == 429)
    assert ready.status_code == 200


async def _guess(url: str, password: str) -> int:
    """Guess until somebody has time to look."""
    async with httpx.AsyncClient(timeout=60) as client:
        return (await _post(client, url, "asha", password)).status_code


async def _post(client: httpx.AsyncClient, url: str, login: str, password: str) -> httpx.Response:
    body = {"login": login, "password": password}
    while (answer := await client.post(f"{url}/api/v1/auth/login", json=body, headers=FRESH)).status_code == 503:
        await asyncio.sleep(0.2)  # more than wait for a hash are told to come back
    return answer


def _checks(url: str) -> Counter[str]:
    """Return how many passwords were checked by outcome, over all workers."""
    figures = httpx.get(f"{url}/metrics").text
    found = re.findall(r'^ijaa_password_checks_total\{outcome="(\w+)"\} ([\d.]+)$', figures, re.MULTILINE)
    return Counter({outcome: int(float(count)) for outcome, count in found})


@contextmanager
def _black_hole() -> Iterator[str]:
    """Accept connections and never say a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)
        for connection in kept:
            connection.close()
