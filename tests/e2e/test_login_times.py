"""Nobody can tell by a clock why a sign-in failed (guarantees: identity); minutes of sign-ins, one after the other."""

import http.client
import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import bcrypt
import pytest

from ijaa.shared.database import Database
from ijaa.users.accounts.passwords import Passwords
from tests.e2e.processes import serving
from tests.figures import report
from tests.integration.users.conftest import an_account

SAMPLES = 500
ALLOWED = 0.12
PER_ACCOUNT = 4
"""Guesses at one account; a fifth might be throttled, which is an arm of its own."""
PER_THROTTLED = 100
"""Rounds for which one account is out of guesses."""
PASSWORD, WRONG = "a long enough passphrase", "a wrong passphrase"
REFERENCE = "wrong"

Arm = Callable[[int], tuple[str, str]]


def ks_distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the largest distance between two empirical distributions (Kolmogorov–Smirnov, two samples)."""
    first, second = sorted(one), sorted(other)
    i = j = 0
    largest = 0.0
    while i < len(first) and j < len(second):
        at = min(first[i], second[j])
        while i < len(first) and first[i] == at:
            i += 1
        while j < len(second) and second[j] == at:
            j += 1
        largest = max(largest, abs(i / len(first) - j / len(second)))
    return largest


def test_the_distance_of_distributions_is_what_it_is_called() -> None:
    # mutants: compare means alone; look at one side of the difference
    assert ks_distance([1, 2, 3, 4], [1, 2, 3, 4]) == 0
    assert ks_distance([1, 2], [3, 4]) == ks_distance([3, 4], [1, 2]) == 1
    assert ks_distance([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5


@pytest.mark.long
async def test_the_time_of_a_failure_tells_nothing(
    deployment: dict[str, str], users_database: Database, tmp_path: Path
) -> None:
    # mutants: no dummy hash where there is nothing to compare; no hash when out of guesses; a legacy hash checked alone
    arms = await _arms(users_database)
    environ = deployment | {"IJAA_RATE_LIMITS": "off"}
    with serving([], environ, tmp_path / "log") as url:
        client = _Client(url)
        distances = _measure(client, arms, first=0)
        if max(distances.values()) > ALLOWED:
            report(f"failed sign-ins, measured again because of {distances}")
            distances = _measure(client, arms, first=SAMPLES)
        client.close()
    report(f"failed sign-ins, KS distances: { {name: round(value, 3) for name, value in distances.items()} }")
    assert max(distances.values()) <= ALLOWED


def _measure(client: "_Client", arms: dict[str, Arm], first: int) -> dict[str, float]:
    """Return each arm's distance from the reference; every round asks for each once, in an order of its own."""
    times: dict[str, list[float]] = {name: [] for name in arms}
    order, chance = list(arms), random.Random(7)  # noqa: S311 - an order, not a secret
    for number in range(first, first + SAMPLES):
        if number % PER_THROTTLED == 0:  # another one: after 15 minutes an account is not throttled any more
            for _ in range(6):
                client.seconds(f"throttled{number // PER_THROTTLED}", WRONG)
        chance.shuffle(order)
        for name in order:
            times[name].append(client.seconds(*arms[name](number)))
    for name, taken in times.items():
        ordered = sorted(taken)
        figures = [round(ordered[int(len(ordered) * share)] * 1000, 1) for share in (0.05, 0.5, 0.95)]
        report(f"failed sign-ins, {name}: 5 %, 50 %, 95 % = {figures} ms")
    return {name: ks_distance(times[name], times[REFERENCE]) for name in arms if name != REFERENCE}


async def _arms(database: Database) -> dict[str, Arm]:
    """Make as many accounts as two measurements need, and return what each kind of failure sends."""
    now = datetime.now(UTC)
    hashed = await Passwords().hash(PASSWORD)
    legacy = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    held = {"no-password": None, "legacy": legacy}
    kinds: dict[str, dict[str, object]] = {
        "wrong": {},
        "empty": {},
        "over-long": {},
        "unverified": {"email_verified_at": None},
        "suspended": {"active": False},
        "no-password": {},
        "legacy": {},
        "erased": {},
    }
    for kind, given in kinds.items():
        for number in range(2 * SAMPLES // PER_ACCOUNT):
            await an_account(database, f"{kind}{number}", held.get(kind, hashed), now, **given)
    for number in range(2 * SAMPLES // PER_THROTTLED):
        await an_account(database, f"throttled{number}", hashed, now)
    async with database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute("DELETE FROM profiles WHERE username LIKE 'erased%'")
        await driver.execute("DELETE FROM users WHERE username LIKE 'erased%'")

    def of(kind: str, password: str) -> Arm:
        return lambda number: (f"{kind}{number // PER_ACCOUNT}", password)

    right = ("unverified", "suspended", "no-password", "erased")
    return {
        REFERENCE: of("wrong", WRONG),
        **{kind: of(kind, PASSWORD) for kind in right},
        "legacy": of("legacy", WRONG),
        "empty": of("empty", ""),
        "over-long": of("over-long", "x" * 5_000),
        "unknown": lambda number: (f"nobody{number}", PASSWORD),
        "unknown over-long": lambda number: (f"{number}" + "x" * 5_000, PASSWORD),
        "throttled": lambda number: (f"throttled{number // PER_THROTTLED}", PASSWORD),
    }


class _Client:
    """One connection that signs in, and a clock."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def seconds(self, login: str, password: str) -> float:
        """Fail to sign in, and return how long it took."""
        body = json.dumps({"login": login, "password": password})
        headers = {"Content-Type": "application/json"}
        began = time.perf_counter()
        self._connection.request("POST", "/api/v1/auth/login", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        taken = time.perf_counter() - began
        assert answer.status == http.client.UNAUTHORIZED
        return taken
