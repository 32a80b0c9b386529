"""The scans of `make lint` for weak code and secrets are able to fail, and have nothing to say of the repository."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.secret_scan import ROOT

BANDIT = Path(sys.executable).with_name("bandit")
LINT = (ROOT / "Makefile").read_text().split("lint:", 1)[1].split("\n\n", 1)[0]

# written in halves, so that this file is not what is found
KEY = "AKIA" + "Z7VMQ2KDX4NWYRTB"
PRIVATE = "-----BEGIN " + "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n"
SECRET = 'password = "' + "q8XvK2mZ" + 'rT5wY7nB"\n'


def run(*arguments: object) -> tuple[int, str]:
    """Run a command in the repository; give its exit code and what it said."""
    ran = subprocess.run(  # noqa: S603 - our own linters on our own files
        [str(one) for one in arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("src/planted.py", f'KEY = "{KEY}"\n'),
        ("tests/planted.py", f'KEY = "{KEY}"\n'),
        ("docs/planted.md", PRIVATE),
        ("src/planted.py", SECRET),
    ],
)
def test_a_secret_in_a_file_is_found(tmp_path: Path, name: str, content: str) -> None:
    # mutant: switch a detector off, or leave a folder out
    planted = tmp_path / name
    planted.parent.mkdir()
    planted.write_text(content)
    scan = "import sys; from pathlib import Path; from tests.architecture import secret_scan; "
    there = f"secret_scan.ROOT = Path({str(tmp_path)!r}); secret_scan.main()"

    code, said = run(sys.executable, "-c", scan + there, name)

    assert code == 1, said
    assert said.startswith(f"{name}:1:")
    assert KEY not in said


def test_the_repository_holds_no_secret() -> None:
    assert run(sys.executable, "-m", "tests.architecture.secret_scan") == (0, "")


@pytest.mark.parametrize(
    "weakness",
    [
        "import subprocess\n\nsubprocess.run(input(), shell=True)\n",
        "import pickle\n\npickle.loads(input().encode())\n",
        "import httpx\n\nhttpx.get('https://alumni.example', verify=False)\n",
        "import hashlib\n\nhashlib.md5(b'password')\n",
    ],
)
def test_weak_code_is_found(tmp_path: Path, weakness: str) -> None:
    # mutant: skip a whole family of checks in pyproject.toml
    (tmp_path / "planted.py").write_text(weakness)

    code, said = run(BANDIT, "--quiet", "--configfile", "pyproject.toml", "--recursive", tmp_path)

    assert code == 1, said
    assert "planted.py" in said


def test_lint_runs_both_scans() -> None:
    assert "bandit --quiet --configfile pyproject.toml --recursive src " in LINT
    assert "tests.architecture.secret_scan" in LINT
