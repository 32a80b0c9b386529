"""`ijaa demo`, as a newcomer meets it: ready, the journey of the README, stopped, and nothing left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.processes import free_port, start, stop, wait_until_ready

README = Path(__file__).parents[2] / "README.md"


class Demo:
    """One data folder, and the process that runs on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data.with_suffix(".log")
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = start(["demo", "--port", str(port), "--data", str(self.data)], {}, self.log)
        wait_until_ready(self.process, self.url, self.log)

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / "demo.json").read_text())
        return found


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    folder = Path(tempfile.mkdtemp(prefix="ijaa-demo-"))
    folder.chmod(0o755)
    running = Demo(folder / "data")
    running.start()
    yield running
    if running.process is not None:
        stop(running.process)
    assert processes_of(running.data) == []
    shutil.rmtree(folder)


def test_the_block_at_the_end_and_the_file_say_the_same(demo: Demo) -> None:
    said = demo.log.read_text()
    assert f"IJAA is ready at {demo.url}" in said
    assert (demo.data / "demo.json").stat().st_mode & 0o777 == 0o600
    facts = demo.facts
    assert facts["base_url"] == demo.url
    assert set(facts["admin"]) == {"email", "password"}
    assert len(facts["members"]) == 12
    assert Path(facts["mail_dir"]).is_relative_to(demo.data.resolve())


def test_every_member_of_the_file_can_sign_in(demo: Demo) -> None:
    for member in demo.facts["members"][:3]:
        body = {"login": member["username"], "password": member["password"]}
        answer = httpx.post(f"{demo.url}/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text


def test_the_pages_lead_on(demo: Demo) -> None:
    landing = httpx.get(demo.url)
    for link in re.findall(r'<a href="([^"]+)"', landing.text):
        assert httpx.get(demo.url + link).status_code == 200, link
    assert {"/schema", "/health/ready", "/demo/mail"} <= set(re.findall(r'<a href="([^"]+)"', landing.text))


def test_head_has_no_body(demo: Demo) -> None:
    answer = httpx.head(f"{demo.url}/health/live")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_the_journey_of_the_readme(demo: Demo) -> None:
    # mutant: any change of the API the README does not tell
    journey = re.search(r"```bash journey\n(.*?)```", README.read_text(), re.DOTALL)
    assert journey is not None
    environ = {**os.environ, "BASE": demo.url, "DATA": str(demo.data)}
    ran = subprocess.run(  # noqa: S603 - our own README
        ["bash", "-euo", "pipefail", "-c", journey[1]],  # noqa: S607
        env=environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "WAITLISTED" in ran.stdout
    assert "GOING" in ran.stdout


def test_after_ctrl_c_nothing_is_left_and_the_next_start_keeps_the_data(demo: Demo) -> None:
    before = demo.facts
    assert demo.process is not None
    stop(demo.process, how=signal.SIGINT)
    assert processes_of(demo.data) == []
    demo.start()
    assert demo.facts["members"] == before["members"]
    member = before["members"][0]
    body = {"login": member["username"], "password": member["password"]}
    assert httpx.post(f"{demo.url}/api/v1/auth/login", json=body).status_code == 200


def test_kill_9_does_not_prevent_the_next_start(demo: Demo) -> None:
    assert demo.process is not None
    stop(demo.process, how=signal.SIGKILL)
    demo.start()
    assert httpx.get(f"{demo.url}/health/ready").json()["status"] == "ready"


def test_a_taken_port_is_said_at_once(demo: Demo) -> None:
    port = demo.url.rpartition(":")[2]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        second = start(["demo", "--port", port, "--data", folder + "/data"], {}, log)
        assert second.wait(timeout=30) == 2
        assert f"--port {port}" in log.read_text()
        assert not (Path(folder) / "data").exists()


def processes_of(data: Path) -> list[str]:
    """Return the command lines of all processes that name this data folder, waiting a moment for the last to go."""
    found: list[str] = []
    for _ in range(100):
        lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
        found = [line for line in lines.splitlines() if str(data) in line and "ps -eo" not in line]
        if not found:
            return []
        subprocess.run(["sleep", "0.1"], check=True)  # noqa: S607
    return found
