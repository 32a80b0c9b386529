"""`ijaa demo`, as a newcomer meets it: ready, the journey of the README, stopped, and nothing left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.processes import START, free_port, start, stop, wait_until_ready

README = Path(__file__).parents[2] / "README.md"


class Demo:
    """One data folder, and the process that runs on it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log, self.shown = data.with_suffix(".log"), data.with_suffix(".out")
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = start(["demo", "--port", str(port), "--data", str(self.data)], {}, self.log, shown=self.shown)
        wait_until_ready(self.process, self.url, self.log)
        until = time.monotonic() + 10
        while f"IJAA is ready at {self.url}" not in self.shown.read_text():
            assert time.monotonic() < until, "nothing was shown"
            time.sleep(0.05)

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
    # mutants: show it on stderr; say nothing while it starts because there is no terminal
    assert f"IJAA is ready at {demo.url}" in demo.shown.read_text()
    assert str(demo.data / "demo.json") in demo.shown.read_text()
    assert demo.log.read_text().splitlines()[0] == "Starting PostgreSQL ×2 and Valkey"
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


def test_passwords_that_were_lost_are_given_anew(demo: Demo) -> None:
    # mutant: read the file wherever there are people; it is written after they are, and may be deleted
    before = demo.facts
    assert demo.process is not None
    stop(demo.process, how=signal.SIGKILL)
    (demo.data / "demo.json").unlink()
    demo.start()
    for old, new in zip(before["members"][:2], demo.facts["members"], strict=False):
        assert old["username"] == new["username"]
        login = httpx.post(
            f"{demo.url}/api/v1/auth/login", json={"login": new["username"], "password": new["password"]}
        )
        assert login.status_code == 200


def test_a_second_demo_on_one_folder_is_told_where_the_first_one_is(demo: Demo) -> None:
    # mutant: let it write its own address into the first one's file
    log = demo.data.with_suffix(".second")
    second = start(["demo", "--port", "0", "--data", str(demo.data)], {}, log)
    assert second.wait(timeout=60) == 2
    assert f"runs at {demo.url}" in " ".join(log.read_text().split())
    assert demo.facts["base_url"] == demo.url


def test_a_kill_while_people_are_made_does_not_prevent_the_next_start() -> None:
    # mutant: keep the passwords only when everything is done
    folder = Path(tempfile.mkdtemp(prefix="ijaa-demo-"))
    folder.chmod(0o755)
    running = Demo(folder / "data")
    try:
        first = start(["demo", "--port", "0", "--data", str(running.data)], {}, running.log)
        until = time.monotonic() + START
        while "Seeding" not in running.log.read_text():
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.3)  # it hashes passwords, writes people, then events
        stop(first, how=signal.SIGKILL)
        running.start()
        member = running.facts["members"][0]
        body = {"login": member["username"], "password": member["password"]}
        assert httpx.post(f"{running.url}/api/v1/auth/login", json=body).status_code == 200
    finally:
        if running.process is not None:
            stop(running.process)
        assert processes_of(running.data) == []
        shutil.rmtree(folder)


def test_ctrl_c_while_it_is_being_loaded_is_no_traceback(tmp_path: Path) -> None:
    # mutant: meet Ctrl-C with Python's own handler during a second of imports
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-X", "importtime", "-m", "ijaa", "demo", "--data", tmp_path / "data", "--port", "0"],
        stderr=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        said = ""
        while "rich_click" not in said:
            said += process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
    assert process.wait(timeout=30) in {-signal.SIGINT, 130}
    assert "Traceback" not in said


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
