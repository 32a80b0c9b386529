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

# A violation, the contracts it must break, and the line planted in each file.
VIOLATIONS: dict[str, tuple[set[str], dict[str, str]]] = {
    "users imports events": (
        {"modules", "house"},
        {"ijaa/users/module.py": "import ijaa.events.ports"},
    ),
    "events imports users": (
        {"modules", "house"},
        {"ijaa/events/module.py": "import ijaa.users.public"},
    ),
    "users imports events through a third module": (
        {"modules", "house"},
        {"ijaa/shared/planted.py": "import ijaa.events.ports", "ijaa/users/module.py": "import ijaa.shared.planted"},
    ),
    "shared imports a module": (
        {"house"},
        {"ijaa/shared/planted.py": "import ijaa.users.public"},
    ),
    "a module imports the wiring": (
        {"house", "modules"},
        {"ijaa/events/module.py": "import ijaa.wiring"},
    ),
    "a module imports the embedded servers": (
        {"house"},
        {"ijaa/users/module.py": "import ijaa.embedded"},
    ),
    "a room the house does not name": (
        {"house"},
        {"ijaa/planted.py": ""},
    ),
    "a feature of users imports its façade": (
        {"users"},
        {"ijaa/users/profiles/service.py": "import ijaa.users.public"},
    ),
    "a feature of users the layers do not name": (
        {"users"},
        {"ijaa/users/planted/__init__.py": ""},
    ),
    "a port of events imports a feature": (
        {"events"},
        {"ijaa/events/ports.py": "import ijaa.events.catalogue"},
    ),
    "a feature of events the layers do not name": (
        {"events"},
        {"ijaa/events/planted/__init__.py": ""},
    ),
    "a domain imports its schemas": (
        {"features"},
        {"ijaa/events/catalogue/domain.py": "import ijaa.events.catalogue.schemas"},
    ),
    "a repository imports its service": (
        {"features"},
        {"ijaa/users/profiles/repository.py": "import ijaa.users.profiles.service"},
    ),
    "a file of a feature the layers do not name": (
        {"features"},
        {"ijaa/events/catalogue/planted.py": ""},
    ),
    "two modules import each other": (
        {"cycles"},
        {"ijaa/shared/one.py": "import ijaa.shared.other", "ijaa/shared/other.py": "import ijaa.shared.one"},
    ),
    "the wiring looks into a feature of users": (
        {"doors"},
        {"ijaa/wiring.py": "import ijaa.users.profiles"},
    ),
    "the wiring looks into a feature of events": (
        {"doors"},
        {"ijaa/wiring.py": "import ijaa.events.catalogue.models"},
    ),
    "a domain knows the database": (
        {"rules"},
        {"ijaa/events/catalogue/domain.py": "import sqlalchemy"},
    ),
    "a port knows the framework": (
        {"rules", "http", "use-cases"},
        {"ijaa/events/ports.py": "import litestar"},
    ),
    "a schema knows the database through shared": (
        {"rules"},
        {"ijaa/users/profiles/schemas.py": "import ijaa.shared.database"},
    ),
    "a service knows the framework": (
        {"use-cases", "http"},
        {"ijaa/events/catalogue/service.py": "import litestar"},
    ),
    "a repository knows redis": (
        {"use-cases"},
        {"ijaa/users/connections/repository.py": "import redis"},
    ),
    "shared knows the framework outside shared.http": (
        {"http"},
        {"ijaa/shared/planted.py": "import litestar"},
    ),
}


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


@pytest.mark.parametrize(("laws", "planted"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_a_violation_is_caught(plant: Path, laws: set[str], planted: dict[str, str]) -> None:
    for name, line in planted.items():
        path = plant / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            file.write(f"\n{line}\n")

    found = broken(plant)

    assert laws <= found
    assert found <= laws | {"cycles"}  # an import upwards closes a cycle where the tree leads down already


def test_every_law_has_a_violation() -> None:
    assert set().union(*(laws for laws, _ in VIOLATIONS.values())) == CONTRACTS.keys()


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
