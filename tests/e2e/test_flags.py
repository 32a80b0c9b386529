"""Feature flags over several processes and services, and as an OpenFeature client sees them."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.exception import FlagNotFoundError

from tests.e2e.conftest import SignIn
from tests.e2e.processes import serving
from tests.figures import report


def switch(url: str, token: str, name: str, *, enabled: bool) -> None:
    answer = httpx.patch(
        f"{url}/api/v1/admin/flags/{name}", headers={"Authorization": f"Bearer {token}"}, json={"enabled": enabled}
    )
    assert answer.status_code == 200, answer.text


def eventually(check: Callable[[], bool]) -> float:
    """Return after how many seconds something held ten times in a row."""
    began, held = time.monotonic(), 0
    last_not = began
    while held < 10:
        held = held + 1 if check() else 0
        if not held:
            last_not = time.monotonic()
        assert time.monotonic() < began + 30
    return last_not - began


async def test_every_worker_and_the_other_service_hear_of_a_switch(
    deployment: dict[str, str], sign_in: SignIn, tmp_path: Path
) -> None:
    # mutants: keep flags of each worker to itself; poll the other service
    halves = [
        {name: value for name, value in deployment.items() if not name.startswith(other)}
        for other in ("IJAA_EVENTS_", "IJAA_USERS_")
    ]
    with serving(["users", "--workers", "2"], halves[0], tmp_path / "users.log") as users:
        peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
        with serving(["events"], {**halves[1], **peer}, tmp_path / "events.log") as events:
            admin = await sign_in("root", users, "superadmin")
            assert httpx.get(f"{events}/api/v1/events").status_code == 200
            switch(users, admin, "events", enabled=False)
            here = eventually(lambda: not httpx.get(f"{users}/api/v1/flags/events.media").json()["enabled"])
            there = eventually(lambda: httpx.get(f"{events}/api/v1/events").status_code == 403)
            report(f"a switched flag, last seen as it was: {here * 1000:.0f} ms here, {there * 1000:.0f} ms apart")
            assert httpx.get(f"{events}/api/v1/events").json()["code"] == "feature-disabled"
            switch(users, admin, "events", enabled=True)
            eventually(lambda: httpx.get(f"{events}/api/v1/events").status_code == 200)


async def test_an_openfeature_client_evaluates_our_flags(
    deployment: dict[str, str], sign_in: SignIn, tmp_path: Path
) -> None:
    with serving([], deployment, tmp_path / "log") as url:
        provider = OFREPProvider(url, headers_factory=lambda: {"Accept": "application/json"})
        try:
            details = provider.resolve_boolean_details("events.media", default_value=False)
            assert (details.value, details.variant, str(details.reason)) == (True, "on", "STATIC")
            switch(url, await sign_in("root", url, "superadmin"), "events", enabled=False)
            eventually(lambda: provider.resolve_boolean_details("events.media", default_value=True).value is False)
            with pytest.raises(FlagNotFoundError):
                provider.resolve_boolean_details("no.such", default_value=True)
        finally:
            provider.session.close()
        bulk = f"{url}/ofrep/v1/evaluate/flags"
        every = httpx.post(bulk, json={"context": {"targetingKey": "asha"}})
        flags = {one["key"]: one["value"] for one in every.json()["flags"]}
        assert (len(flags), flags["events.media"], flags["reports"]) == (48, False, True)
        same = httpx.post(bulk, json={}, headers={"If-None-Match": every.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        switch(url, await sign_in("root", url, "superadmin"), "events", enabled=True)
        eventually(
            lambda: httpx.post(bulk, json={}, headers={"If-None-Match": every.headers["etag"]}).status_code == 200
        )
        unknown = httpx.post(f"{bulk}/no.such", json={})
        assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")
        assert (unknown.json()["errorCode"], unknown.json()["key"]) == ("FLAG_NOT_FOUND", "no.such")
        broken = httpx.post(f"{bulk}/events", content=b"{", headers={"Content-Type": "application/json"})
        assert (broken.status_code, broken.json()["errorCode"]) == (400, "PARSE_ERROR")
