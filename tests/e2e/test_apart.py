"""The two modules as two services, each with its own database alone (architecture: ports)."""

import asyncio
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ijaa.shared.database import Database
from tests.builders import a_member
from tests.e2e.conftest import SignIn
from tests.e2e.processes import free_port, halves, serving, start, stop, wait_until_ready
from tests.figures import report
from tests.patient import wipe


async def test_a_token_and_a_name_of_one_service_are_good_in_the_other(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    await a_member(users_database, "asha", name="Asha Rahman")
    await a_member(users_database, "bilal", name="Bilal Khan")
    only_users, only_events = halves(deployment)
    with serving(["users"], only_users, tmp_path / "users.log") as users:
        peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
        with serving(["events"], {**only_events, **peer}, tmp_path / "events.log") as events:
            asha, bilal = [Caller(events, await sign_in(name, users)) for name in ("asha", "bilal")]
            event = asha("POST", "/events", an_event()).json()
            assert event["organizer"]["name"] == "Asha Rahman"
            assert bilal("PUT", f"/events/{event['id']}/rsvp", {"status": "GOING"}).json()["status"] == "GOING"
            participants = asha("GET", f"/events/{event['id']}/participants").json()["items"]
            assert [(one["username"], one["name"]) for one in participants] == [("bilal", "Bilal Khan")]
            assert httpx.get(f"{events}/api/v1/auth/sessions").status_code == 404
            assert httpx.get(f"{users}/api/v1/events").status_code == 404


async def test_a_logout_at_one_service_holds_at_the_other(
    deployment: dict[str, str], users_database: Database, tmp_path: Path
) -> None:
    # mutant: verify signatures alone in the service that does not own the sessions
    await a_member(users_database, "asha")
    only_users, only_events = halves(deployment)
    with serving(["users"], only_users, tmp_path / "users.log") as users:
        token = signed_up(users, tmp_path, "chitra")
        peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
        with serving(["events"], {**only_events, **peer}, tmp_path / "events.log") as events:
            chitra = Caller(events, token)
            assert chitra("GET", "/me/events").status_code == 200
            assert Caller(users, token)("POST", "/auth/logout").status_code == 204
            until = time.monotonic() + 5
            while chitra("GET", "/me/events").status_code == 200:
                assert time.monotonic() < until, "the revocation never arrived"
            assert chitra("GET", "/me/events").json()["code"] == "unauthenticated"


async def test_a_change_in_one_service_is_seen_in_the_other(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: carry no message unless users knows where events is; remember a card although a message says it changed
    await a_member(users_database, "asha", name="Asha Rahman")
    only_users, only_events = halves(deployment)
    with serving(["users"], only_users, tmp_path / "users.log") as users:
        peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
        with serving(["events"], {**only_events, **peer}, tmp_path / "events.log") as events:
            token = await sign_in("asha", users)
            asha = Caller(events, token)
            event = asha("POST", "/events", an_event()).json()
            for name in ("Asha Khan", "Asha Devi"):
                assert Caller(users, token)("PATCH", "/me", {"name": name}).status_code == 200
                until = time.monotonic() + 30
                while asha("GET", f"/events/{event['id']}").json()["organizer"]["name"] != name:
                    assert time.monotonic() < until, "the message never arrived"
                    await asyncio.sleep(0.02)
            async with asyncio.timeout(30):
                while await users_database.fetch_value("SELECT count(*) FROM outbox"):
                    await asyncio.sleep(0.05)


@pytest.mark.parametrize("served", ["together", "apart"])
async def test_a_suspended_member_is_named_beside_events_no_more(
    served: str, deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:  # fmt: skip
    # mutants: suspend and tell nobody; remember a card although its member may not be shown
    for name in ("asha", "bilal"):
        await a_member(users_database, name, name=f"{name.title()} Rahman")
    only_users, only_events = halves(deployment)
    with ExitStack() as stack:
        given, half = (only_users, ["users"]) if served == "apart" else (deployment, [])
        users = events = stack.enter_context(serving(half, given, tmp_path / "users.log"))
        if served == "apart":
            peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
            events = stack.enter_context(serving(["events"], {**only_events, **peer}, tmp_path / "events.log"))
        event = Caller(events, await sign_in("asha", users))("POST", "/events", an_event()).json()
        bilal, mo = (
            Caller(events, await sign_in("bilal", users)),
            Caller(users, await sign_in("mo", users, "moderator")),
        )
        for _ in range(3):
            assert bilal("GET", f"/events/{event['id']}").json()["organizer"]["name"] == "Asha Rahman"
        assert mo("POST", "/admin/users/asha/suspend", {"reason": "Insulted others."}).status_code == 200
        began = time.monotonic()
        while (card := bilal("GET", f"/events/{event['id']}").json()["organizer"])["name"]:
            assert time.monotonic() < began + 30, "the message never arrived"
        report(f"a suspended member was named for {(time.monotonic() - began) * 1000:.0f} ms")
    assert card == {"username": "asha", "name": None, "photo": None}


async def test_a_block_in_one_service_hides_in_the_other(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: a port not wired over HTTP; remember who is hidden although a message says it changed
    for name in ("asha", "bilal", "chitra"):
        await a_member(users_database, name)
    only_users, only_events = halves(deployment)
    with serving(["users"], only_users, tmp_path / "users.log") as users:
        peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
        events_peer = {"IJAA_EVENTS_PEER": "http://127.0.0.1:1", "IJAA_BASE_URL": users}
        with (
            serving(["events"], {**only_events, **peer}, tmp_path / "events.log") as events,
            serving(["users"], {**only_users, **events_peer}, tmp_path / "users-2.log") as telling,
        ):
            asha, bilal, chitra = [Caller(events, await sign_in(name, users)) for name in ("asha", "bilal", "chitra")]
            participants = f"/events/{asha('POST', '/events', an_event()).json()['id']}/participants"
            bilal("PUT", participants.replace("participants", "rsvp"), {"status": "GOING"})

            def seen(who: Caller) -> list[str]:
                return [one["username"] for one in who("GET", participants).json()["items"]]

            for method, status, shown in (("PUT", 200, []), ("DELETE", 204, ["bilal"])):
                assert Caller(telling, chitra.token)(method, "/me/blocks/bilal").status_code == status
                began = time.monotonic()
                while seen(chitra) != shown:
                    assert time.monotonic() < began + 10, "the message never arrived"
                report(f"{method}: {time.monotonic() - began:.3f} s")
                assert seen(asha) == ["bilal"]


async def test_events_goes_on_without_users_and_says_what_it_does_not_know(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: let an unreachable directory fail the page; create an event nobody vouches for
    await a_member(users_database, "asha", name="Asha Rahman")
    await a_member(users_database, "bilal", name="Bilal Khan")
    only_users, only_events = halves(deployment)
    port = free_port()
    users = f"http://127.0.0.1:{port}"
    log = tmp_path / "users.log"
    process = start(["serve", "users", "--port", str(port)], {**only_users, "IJAA_BASE_URL": users}, log)
    wait_until_ready(process, users, log)
    peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
    with serving(["events"], {**only_events, **peer}, tmp_path / "events.log") as events:
        asha = Caller(events, await sign_in("asha", users))
        event = asha("POST", "/events", an_event()).json()
        bilal = Caller(events, await sign_in("bilal", users))
        assert bilal("PUT", f"/events/{event['id']}/rsvp", {"status": "GOING"}).status_code == 200
        stop(process)
        remembered = asha("GET", f"/events/{event['id']}")
        assert remembered.json()["organizer"] == {"username": "asha", "name": "Asha Rahman", "photo": None}
        await wipe(deployment["IJAA_REDIS_URL"])
        remembered = asha("GET", f"/events/{event['id']}")
        assert remembered.json()["organizer"]["name"] == "Asha Rahman"  # by this process itself
        read = asha("GET", f"/events/{event['id']}/participants")
        assert read.status_code == 200
        (his,) = read.json()["items"]
        assert (his["username"], his["name"], his["degraded"]) == ("bilal", None, True)
        assert asha("PUT", f"/events/{event['id']}/rsvp", {"status": "GOING"}).status_code == 200
        refused = asha("POST", "/events", an_event())
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert refused.headers["retry-after"]


async def test_the_dashboard_counts_both_halves_and_goes_without_events_while_they_are_down(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutants: the peer not wired; a 5xx because the other half is down; the guard left off the figures
    await a_member(users_database, "asha")
    only_users, only_events = halves(deployment)
    port = free_port()
    events, log = f"http://127.0.0.1:{port}", tmp_path / "events.log"
    with serving(["users"], {**only_users, "IJAA_EVENTS_PEER": events}, tmp_path / "users.log") as users:
        admin = Caller(users, await sign_in("ada", users, "auditor"))
        assert admin("GET", "/admin/dashboard").json()["events"] is None
        peer = {"IJAA_USERS_PEER": users, "IJAA_BASE_URL": users}
        process = start(["serve", "events", "--port", str(port)], {**only_events, **peer}, log)
        wait_until_ready(process, events, log)
        Caller(events, await sign_in("asha", users))("POST", "/events", an_event())
        said = admin("GET", "/admin/dashboard").json()
        assert (said["events"]["upcoming"], said["degraded"], said["active"]) == (1, False, 1)
        for headers in ({}, {"Authorization": f"Bearer {await sign_in('ada', users, 'superadmin')}"}):
            assert httpx.get(f"{events}/internal/v1/figures", headers=headers).status_code == 401
        stop(process)
        answer = admin("GET", "/admin/dashboard")
        assert (answer.status_code, answer.json()["events"], answer.json()["degraded"]) == (200, None, True)


async def test_nobody_but_a_service_calls_the_internal_routes(
    deployment: dict[str, str], sign_in: SignIn, tmp_path: Path
) -> None:
    # mutant: leave the guard off a router
    only_users, _ = halves(deployment)
    with serving(["users"], only_users, tmp_path / "users.log") as users:
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {await sign_in('asha', users)}"}):
            for method, path in (
                ("POST", "members/cards"),
                ("POST", "members/standings"),
                ("POST", "members/hidden"),
                ("GET", "revocations"),
                ("GET", "revocations/7b1f7c2e-5a53-4f62-9d8c-0a4f5f8f0a11"),
            ):
                body = {"usernames": ["asha"]} if method == "POST" else None
                answer = httpx.request(method, f"{users}/internal/v1/{path}", json=body, headers=headers)
                assert answer.status_code == 401, (method, path, headers)


async def test_two_halves_on_one_data_folder_find_each_other(tmp_path: Path) -> None:
    # mutant: leave the peer or the issuer to be guessed
    folder = Path(tempfile.mkdtemp(prefix="ijaa halves "))
    folder.chmod(0o711)  # the servers' account passes through; a space in the path is no problem
    data = ["--data", str(folder / "data")]
    try:
        with serving(["users", *data], {}, tmp_path / "users.log", own_base=False) as users:
            token = signed_up(users, folder / "data", "chitra")
            peer = {"IJAA_USERS_PEER": users}
            with serving(["events", *data], peer, tmp_path / "events.log", own_base=False) as events:
                created = Caller(events, token)("POST", "/events", an_event())
                assert (created.status_code, created.json()["organizer"]["name"]) == (201, "chitra")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def an_event() -> dict[str, Any]:
    """Return the body of an event next month."""
    begins = datetime.now(UTC) + timedelta(days=30)
    ends = begins + timedelta(hours=2)
    return {
        "title": "Tea", "start_date": begins.isoformat(), "end_date": ends.isoformat(), "timezone": "Asia/Dhaka",
    }  # fmt: skip


@dataclass
class Caller:
    """Somebody who calls one service with his token."""

    base: str
    token: str

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(method, f"{self.base}/api/v1{path}", json=body, headers=headers, timeout=10)


def signed_up(users: str, tmp_path: Path, name: str) -> str:
    """Register and confirm somebody through the front door."""
    body = {"username": name, "email": f"{name}@alumni.example", "password": "correct horse staple", "name": name}
    assert httpx.post(f"{users}/api/v1/auth/register", json=body).status_code == 202
    until = time.monotonic() + 10
    while not (mails := list((tmp_path / "mail").glob("*.eml"))):
        assert time.monotonic() < until, "no mail came"
        time.sleep(0.05)
    confirmation = mails[0].read_text().partition("?token=")[2].split()[0]
    verified = httpx.post(f"{users}/api/v1/auth/verify-email", json={"token": confirmation})
    token: str = verified.json()["access_token"]
    return token
