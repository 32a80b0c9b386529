"""The journey the system is for, against `ijaa serve` over a real socket."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.processes import serving

PASSWORD = "nine quiet rivers at dawn"


@dataclass
class Person:
    """Somebody who registers, confirms the address from a mail, and signs in."""

    url: str
    username: str
    token: str = ""

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=10)

    def signed_in(self, mail_to: Callable[[str], str]) -> "Person":
        email = f"{self.username}@alumni.example"
        name = self.username.title() + " Rahman"
        given = {"username": self.username, "email": email, "password": PASSWORD, "name": name}
        assert self("POST", "/auth/register", given).status_code == 202
        confirmation = mail_to(email).partition("?token=")[2].split()[0]
        assert self("POST", "/auth/verify-email", {"token": confirmation}).status_code == 200
        answer = self("POST", "/auth/login", {"login": email, "password": PASSWORD})
        self.token = answer.json()["access_token"]
        return self


def test_from_registering_to_knowing_who_comes(deployment: dict[str, str], tmp_path: Path) -> None:
    # mutants: any step that works in process alone; names that stay in the other database
    def mail_to(address: str) -> str:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for file in (tmp_path / "mail").glob("*.eml"):
                mail = message_from_bytes(file.read_bytes())
                if mail["To"] == address:
                    return str(mail.get_payload())
            time.sleep(0.05)
        raise AssertionError(f"no mail came to {address}")

    with serving([], deployment, tmp_path / "log") as url:
        asha, bilal, chitra = (Person(url, name).signed_in(mail_to) for name in ("asha", "bilal", "chitra"))
        begins = datetime.now(UTC) + timedelta(days=30)
        made = asha("POST", "/events", {
            "title": "Tea", "start_date": begins.isoformat(), "end_date": (begins + timedelta(hours=2)).isoformat(),
            "timezone": "Asia/Dhaka", "capacity": 1, "privacy": "PUBLIC",
        })  # fmt: skip
        assert made.status_code == 201, made.text
        event = f"/events/{made.json()['id']}"
        asha("POST", f"{event}/publish")
        found = bilal("GET", "/events?q=tea").json()["items"]
        assert [one["id"] for one in found] == [made.json()["id"]]
        assert bilal("PUT", f"{event}/rsvp", {"status": "GOING"}).json()["status"] == "GOING"
        assert chitra("PUT", f"{event}/rsvp", {"status": "GOING"}).json()["status"] == "WAITLISTED"
        come = asha("GET", f"{event}/participants").json()["items"]
    assert {(one["username"], one["name"], one["status"]) for one in come} == {
        ("bilal", "Bilal Rahman", "GOING"),
        ("chitra", "Chitra Rahman", "WAITLISTED"),
    }
