"""Jobs and messages in a process of their own, beside one that only serves."""

import time
from pathlib import Path

import httpx

from tests.e2e.processes import serving, start, stop


def test_a_worker_does_what_a_server_leaves_to_it(deployment: dict[str, str], tmp_path: Path) -> None:
    # mutants: a server that works in spite of --no-worker; a worker that does nothing; one that cannot be stopped
    mails = tmp_path / "mail"
    with serving(["--no-worker"], deployment, tmp_path / "serve.log") as url:
        body = {"username": "asha", "email": "asha@mail.example", "password": "correct horse staple 9", "name": "Asha"}
        assert httpx.post(f"{url}/api/v1/auth/register", json={**body, "batch": "2001"}).status_code == 202
        time.sleep(1.5)
        assert not mails.exists()
        worker = start(["worker"], {**deployment, "IJAA_BASE_URL": url}, tmp_path / "worker.log")
        try:
            until = time.monotonic() + 30
            while not mails.exists() or not list(mails.iterdir()):
                assert worker.poll() is None, (tmp_path / "worker.log").read_text()
                assert time.monotonic() < until, "the mail never came"
                time.sleep(0.05)
        finally:
            assert stop(worker) == 0
