"""Rotating and revoking signing keys under load, over several workers."""

import asyncio
import base64
import json
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.e2e.processes import serving
from tests.e2e.test_apart import Caller, signed_up

CLIENTS = 8


async def test_keys_rotate_without_a_failed_request_and_a_revoked_one_is_refused_everywhere(
    deployment: dict[str, str], tmp_path: Path
) -> None:
    # mutants: sign at once with a key the other worker has not heard of; drop the old key with its tokens still good
    with serving(["--workers", "2"], deployment, tmp_path / "log") as url:
        signed_up(url, tmp_path, "asha")
        failed: list[int] = []
        kids: set[str] = set()
        stop = asyncio.Event()

        async def client(refresh: str) -> str:
            access = ""
            while not stop.is_set():
                async with httpx.AsyncClient(base_url=url, timeout=10) as http:  # a new connection: either worker
                    answer = await http.post("/api/v1/auth/refresh", json={"refresh_token": refresh})
                    if answer.status_code != 200:
                        failed.append(answer.status_code)
                        continue
                    refresh, access = answer.json()["refresh_token"], answer.json()["access_token"]
                    kids.add(_kid(access))
                async with httpx.AsyncClient(base_url=url, timeout=10) as http:
                    for path in ("/api/v1/me", "/api/v1/events", "/api/v1/me/events"):
                        answer = await http.get(path, headers={"Authorization": f"Bearer {access}"})
                        if answer.status_code != 200:
                            failed.append(answer.status_code)
            return access

        sessions = [_sign_in(url) for _ in range(CLIENTS)]
        running = [asyncio.create_task(client(one)) for one in sessions]
        environ = {**deployment, "IJAA_BASE_URL": url}
        for _ in range(2):
            made = await asyncio.to_thread(_ijaa, environ, "keys", "rotate", "--lead", "1", "--json")
            async with asyncio.timeout(20):
                while made["kid"] not in kids:
                    await asyncio.sleep(0.05)
        stop.set()
        tokens = await asyncio.gather(*running)
        assert failed == []
        assert len(kids) == 3

        listed = await asyncio.to_thread(_ijaa, environ, "keys", "list", "--json")
        assert [key["state"] for key in listed] == ["signing", "retiring", "retiring"]
        revoked = await asyncio.to_thread(_ijaa, environ, "keys", "revoke", listed[0]["kid"], "--json")
        assert revoked["successor"] not in kids
        signed = [token for token in tokens if _kid(token) == listed[0]["kid"]]
        assert signed
        until, refused = time.monotonic() + 10, 0
        while refused < 20:  # each a new connection, so that both workers are asked
            refused = refused + 1 if Caller(url, signed[0])("GET", "/me").status_code == 401 else 0
            assert time.monotonic() < until


def _ijaa(environ: dict[str, str], *arguments: str) -> list[dict[str, str]] | dict[str, str]:
    command = [sys.executable, "-m", "ijaa", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, check=False, timeout=60)  # noqa: S603
    assert done.returncode == 0, done.stderr.decode()
    found: list[dict[str, str]] | dict[str, str] = json.loads(done.stdout)
    return found


def _kid(token: str) -> str:
    kid: str = json.loads(base64.urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))["kid"]
    return kid


def _sign_in(url: str) -> str:
    body = {"login": "asha", "password": "correct horse staple", "token_delivery": "body"}
    token: str = httpx.post(f"{url}/api/v1/auth/login", json=body, timeout=10).json()["refresh_token"]
    return token
