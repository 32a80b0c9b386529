"""The wheel holds everything that is not found in a checkout."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("src", "alembic", "alembic.ini", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build it from a copy, as `make dist` does, and return the names in it."""
    copy, made = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("dist")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    subprocess.run(  # noqa: S603 - our own Python's pip, on our own files
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-cache-dir", "--no-build-isolation"),
            *("--no-deps", "--no-index", "--disable-pip-version-check", "--wheel-dir", made, copy),
        ],
        check=True,
        timeout=120,
    )
    (built,) = made.glob("ijaa-*.whl")
    return set(ZipFile(built).namelist())


def test_every_file_of_the_package_is_in_the_wheel(wheel: set[str]) -> None:
    # kills: a template, a stylesheet or py.typed (PEP 561) left behind
    package = ROOT / "src" / "ijaa"
    ours = {f"ijaa/{path.relative_to(package)}" for path in package.rglob("*") if path.is_file()}
    assert {name for name in ours if "__pycache__" not in name} <= wheel
    assert "ijaa/py.typed" in wheel


def test_both_histories_are_in_the_wheel(wheel: set[str]) -> None:
    # kills: an installation from the wheel that cannot migrate
    histories = {f"ijaa/_alembic/{path.relative_to(ROOT / 'alembic')}" for path in (ROOT / "alembic").rglob("*.py")}
    assert histories <= wheel
    assert "ijaa/_alembic/alembic.ini" in wheel
