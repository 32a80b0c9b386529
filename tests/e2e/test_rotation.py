"""Rotating and revoking signing keys under load, over several workers."""

import asyncio
import base64
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.processes import TLS, serving
from tests.e2e.test_apart import Caller, signed_up

CLIENTS = 8


class Clients:
    """Some who refresh and read as fast as they can, each request over a new connection: either worker."""

    def __init__(self, url: str) -> None:
        self.failed: list[int] = []
        self.refused: list[str] = []
        """The keys of the access tokens that were refused."""
        self.kids: set[str] = set()
        self._url, self._stop = url, asyncio.Event()
        self._running = [asyncio.create_task(self._run(_sign_in(url))) for _ in range(CLIENTS)]

    async def until_signed_by(self, kid: str) -> None:
        """Wait until somebody has a token of this key."""
        async with asyncio.timeout(20):
            while kid not in self.kids:
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        """Let them finish what they do."""
        self._stop.set()
        await asyncio.gather(*self._running)

    async def _run(self, refresh: str) -> None:
        while not self._stop.is_set():
            async with httpx.AsyncClient(base_url=self._url, timeout=10, verify=TLS) as http:
                answer = await http.post("/api/v1/auth/refresh", json={"refresh_token": refresh})
            if answer.status_code != 200:
                self.failed.append(answer.status_code)
                continue
            refresh, access = answer.json()["refresh_token"], answer.json()["access_token"]
            self.kids.add(_kid(access))
            await self._read(access)

    async def _read(self, access: str) -> None:
        async with httpx.AsyncClient(base_url=self._url, timeout=10, verify=TLS) as http:
            for path in ("/api/v1/me", "/api/v1/events", "/api/v1/me/events"):
                answer = await http.get(path, headers={"Authorization": f"Bearer {access}"})
                if answer.status_code == 401:
                    self.refused.append(_kid(access))
                    return  # whoever is refused refreshes
                if answer.status_code != 200:
                    self.failed.append(answer.status_code)


async def test_keys_rotate_without_a_failed_request_and_a_revoked_one_is_refused_everywhere(
    deployment: dict[str, str], tmp_path: Path
) -> None:
    # mutants: sign at once with a key the other worker has not heard of; drop the old key with its tokens still good;
    # let whoever holds a token of the revoked key sign in again
    with serving(["--workers", "2"], deployment, tmp_path / "log") as url:
        lost = signed_up(url, tmp_path, "asha")
        environ, clients = {**deployment, "IJAA_BASE_URL": url}, Clients(url)
        first = await asyncio.to_thread(_ijaa, environ, "keys", "rotate", "--lead", "1", "--json")
        await clients.until_signed_by(first["kid"])
        second = await asyncio.to_thread(_ijaa, environ, "keys", "rotate", "--lead", "1", "--json")
        await clients.until_signed_by(second["kid"])
        assert (clients.failed, clients.refused, len(clients.kids)) == ([], [], 3)
        listed = await asyncio.to_thread(_ijaa, environ, "keys", "list", "--json")
        assert [key["state"] for key in listed] == ["signing", "retiring", "retiring"]
        assert Caller(url, lost)("GET", "/me").status_code == 200

        emergencies = [_kid(lost), second["kid"]]
        for kid in emergencies:
            revoked = await asyncio.to_thread(_ijaa, environ, "keys", "revoke", kid, "--json")
        await clients.until_signed_by(revoked["successor"])
        until, no = time.monotonic() + 10, 0
        while no < 20:  # so that both workers are asked
            no = no + 1 if Caller(url, lost)("GET", "/me").status_code == 401 else 0
            assert time.monotonic() < until
        await clients.end()
        assert clients.failed == []  # nobody had to sign in again
        assert set(clients.refused) <= set(emergencies)
        assert len(clients.refused) <= CLIENTS * len(emergencies)


def _ijaa(environ: dict[str, str], *arguments: str) -> Any:
    command = [sys.executable, "-m", "ijaa", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, check=False, timeout=60)  # noqa: S603
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def _kid(token: str) -> str:
    kid: str = json.loads(base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))["kid"]
    return kid


def _sign_in(url: str) -> str:
    body = {"login": "asha", "password": "correct horse staple", "token_delivery": "body"}
    token: str = httpx.post(f"{url}/api/v1/auth/login", json=body, timeout=10).json()["refresh_token"]
    return token
