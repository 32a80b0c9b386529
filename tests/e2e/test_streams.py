"""Streams of events over sockets: several workers, a process that stops, and what a stream costs."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from ijaa.shared.database import Database
from tests.builders import a_member
from tests.e2e.conftest import SignIn
from tests.e2e.processes import free_port, serving, start, stop, wait_until_ready


@contextmanager
def watching(url: str, path: str, token: str | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """Open a stream and give what it tells; of an event only of those who take part."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.stream("GET", f"{url}/api/v1{path}", headers=headers, timeout=20) as answer:
        assert answer.status_code == 200, answer.read()
        told = (json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: "))
        yield (one for one in told if "comments" not in one)


def an_event(url: str, token: str, **given: object) -> int:
    """Create an event and return its id."""
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    body = {"title": "Reunion", "timezone": "Asia/Dhaka", "start_date": starts.isoformat(), **given}
    body["end_date"] = (starts + timedelta(hours=2)).isoformat()
    answer = httpx.post(f"{url}/api/v1/events", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def answers(url: str, event: int, token: str, status: str = "GOING") -> None:
    """Answer an event."""
    path, headers = f"{url}/api/v1/events/{event}/rsvp", {"Authorization": f"Bearer {token}"}
    assert httpx.put(path, json={"status": status}, headers=headers).status_code == 200


async def test_an_answer_is_seen_by_everybody_who_watches_on_every_worker(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutant: tell the streams of one process alone
    for name in ("asha", "bina"):
        await a_member(users_database, name)
    with serving(["--workers", "2"], deployment, tmp_path / "log") as url:
        asha, bina = await sign_in("asha", url), await sign_in("bina", url)
        event = an_event(url, asha, capacity=5)
        path = f"/events/{event}/stream"
        with (
            watching(url, path) as one, watching(url, path) as two, watching(url, path, bina) as three,
            watching(url, path) as four, watching(url, "/me/notifications/stream", asha) as told,
        ):  # fmt: skip
            streams = (one, two, three, four)
            assert [next(stream)["seats_taken"] for stream in streams] == [0] * 4
            assert next(told) == {"unread": 0, "latest_at": None}
            answers(url, event, bina)
            assert [next(stream)["seats_taken"] for stream in streams] == [1] * 4
            assert next(told)["unread"] == 1


async def test_a_process_that_is_asked_to_stop_does_not_wait_for_those_who_watch(
    deployment: dict[str, str], sign_in: SignIn, users_database: Database, tmp_path: Path
) -> None:
    # mutant: wait out the 15 seconds requests under way have
    await a_member(users_database, "asha")
    port, log = free_port(), tmp_path / "log"
    url = f"http://127.0.0.1:{port}"
    process = start(["serve", "--port", str(port)], {**deployment, "IJAA_BASE_URL": url}, log)
    try:
        wait_until_ready(process, url, log)
        event = an_event(url, await sign_in("asha", url))
        with watching(url, f"/events/{event}/stream") as stream:
            assert next(stream)["seats_taken"] == 0
            began = time.monotonic()
            assert stop(process) == 0
            assert list(stream) == []  # ended, not cut
        assert time.monotonic() - began < 12  # the drain is 15 s
    finally:
        stop(process)
