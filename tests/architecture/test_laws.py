"""The laws of the architecture hold, and each is proved to be able to fail."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src"
LINTER = Path(sys.executable).with_name("lint-imports")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["contracts"]}

# What is planted: the contracts it must break, the file it is written to, the line that offends.
VIOLATIONS = [
    pytest.param(
        {"modules", "house"},
        {"ijaa/users/module.py": "import ijaa.events.ports"},
        id="users imports events",
    ),
    pytest.param(
        {"modules", "house"},
        {"ijaa/events/module.py": "import ijaa.users.public"},
        id="events imports users",
    ),
    pytest.param(
        {"modules", "house"},
        {"ijaa/shared/planted.py": "import ijaa.events.ports", "ijaa/users/module.py": "import ijaa.shared.planted"},
        id="users imports events through a third module",
    ),
    pytest.param(
        {"house"},
        {"ijaa/shared/planted.py": "import ijaa.users.public"},
        id="shared imports a module",
    ),
    pytest.param(
        {"house"},
        {"ijaa/events/module.py": "import ijaa.wiring"},
        id="a module imports the wiring",
    ),
    pytest.param(
        {"house"},
        {"ijaa/users/module.py": "import ijaa.embedded"},
        id="a module imports the embedded servers",
    ),
    pytest.param(
        {"house"},
        {"ijaa/planted.py": ""},
        id="a room the house does not name",
    ),
    pytest.param(
        {"users"},
        {"ijaa/users/profiles/service.py": "import ijaa.users.public"},
        id="a feature of users imports its façade",
    ),
    pytest.param(
        {"users"},
        {"ijaa/users/planted/__init__.py": ""},
        id="a feature of users the layers do not name",
    ),
    pytest.param(
        {"events"},
        {"ijaa/events/ports.py": "import ijaa.events.catalogue"},
        id="a port of events imports a feature",
    ),
    pytest.param(
        {"events"},
        {"ijaa/events/planted/__init__.py": ""},
        id="a feature of events the layers do not name",
    ),
    pytest.param(
        {"features"},
        {"ijaa/events/catalogue/domain.py": "import ijaa.events.catalogue.service"},
        id="a domain imports its service",
    ),
    pytest.param(
        {"features"},
        {"ijaa/users/profiles/repository.py": "import ijaa.users.profiles.service"},
        id="a repository imports its service",
    ),
    pytest.param(
        {"features"},
        {"ijaa/events/catalogue/planted.py": ""},
        id="a file of a feature the layers do not name",
    ),
    pytest.param(
        {"cycles"},
        {"ijaa/shared/one.py": "import ijaa.shared.other", "ijaa/shared/other.py": "import ijaa.shared.one"},
        id="two modules import each other",
    ),
    pytest.param(
        {"doors"},
        {"ijaa/wiring.py": "import ijaa.users.profiles"},
        id="the wiring looks into a feature of users",
    ),
    pytest.param(
        {"doors"},
        {"ijaa/wiring.py": "import ijaa.events.catalogue.models"},
        id="the wiring looks into a feature of events",
    ),
    pytest.param(
        {"rules"},
        {"ijaa/events/catalogue/domain.py": "import sqlalchemy"},
        id="a domain knows the database",
    ),
    pytest.param(
        {"rules", "http"},
        {"ijaa/events/ports.py": "import litestar"},
        id="a port knows the framework",
    ),
    pytest.param(
        {"rules"},
        {"ijaa/users/profiles/schemas.py": "import ijaa.shared.database"},
        id="a schema knows the database through shared",
    ),
    pytest.param(
        {"use-cases", "http"},
        {"ijaa/events/catalogue/service.py": "import litestar"},
        id="a service knows the framework",
    ),
    pytest.param(
        {"use-cases"},
        {"ijaa/users/profiles/repository.py": "import redis"},
        id="a repository knows redis",
    ),
    pytest.param(
        {"http"},
        {"ijaa/shared/planted.py": "import litestar"},
        id="shared knows the framework outside shared.http",
    ),
]


def broken(sources: Path) -> set[str]:
    """Run every contract over the package in `sources` and return the ids of those it breaks."""
    ran = subprocess.run(  # noqa: S603 -- our own linter on our own files
        [LINTER, "--config", ROOT / "pyproject.toml", "--no-cache", "--no-logo"],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    verdicts = dict(re.findall(r"^(\d\. .+) (KEPT|BROKEN)", ran.stdout, re.MULTILINE))
    assert verdicts.keys() == {contract["name"] for contract in CONTRACTS.values()}, ran.stdout + ran.stderr
    return {id_ for id_, contract in CONTRACTS.items() if verdicts[contract["name"]] == "BROKEN"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house")
    shutil.copytree(SOURCES / "ijaa", copy / "ijaa", ignore=shutil.ignore_patterns("__pycache__", "assets"))
    return copy


@pytest.fixture
def plant(house: Path) -> Iterator[Path]:
    """Lend the copy and put back what a test wrote over."""
    before = {path: path.read_bytes() for path in house.rglob("*.py")}
    yield house
    for path in set(house.rglob("*.py")) - before.keys():
        path.unlink()
    for path, content in before.items():
        path.write_bytes(content)
    for path in house.rglob("planted"):
        path.rmdir()


def test_the_laws_hold(house: Path) -> None:
    assert broken(house) == set()


@pytest.mark.parametrize(("laws", "planted"), VIOLATIONS)
def test_a_violation_is_caught(plant: Path, laws: set[str], planted: dict[str, str]) -> None:
    for name, line in planted.items():
        path = plant / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(f"\n{line}\n")

    assert broken(plant) == laws


def test_every_law_has_a_violation() -> None:
    assert {law for violation in VIOLATIONS for law in violation.values[0]} == CONTRACTS.keys()  # type: ignore[attr-defined]


def test_no_import_is_excused() -> None:
    excuses = {"ignore_imports", "exhaustive_ignores", "skip_descendants", "unmatched_ignore_imports_alerting"}

    assert [id_ for id_, contract in CONTRACTS.items() if excuses & contract.keys()] == []
    assert "exclude_type_checking_imports" not in SETTINGS


@pytest.mark.parametrize("module", ["users", "events"])
def test_every_feature_stands_under_every_law(module: str) -> None:
    not_features = {"adapters"}

    features = {
        f"ijaa.{module}.{folder.name}"
        for folder in (SOURCES / "ijaa" / module).iterdir()
        if (folder / "__init__.py").exists() and folder.name not in not_features
    }

    assert features == {name for name in CONTRACTS["features"]["containers"] if name.startswith(f"ijaa.{module}.")}
    assert features <= set(CONTRACTS["doors"]["forbidden_modules"])
