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
    "the wiring looks at a file of users that belongs to no feature": (
        {"doors"},
        {"ijaa/wiring.py": "import ijaa.users.standing"},
    ),
    "the wiring looks at a file of events that belongs to no feature": (
        {"doors"},
        {"ijaa/wiring.py": "import ijaa.events.visibility"},
    ),
    "the wiring looks at the commands of users": (
        {"stage-doors"},
        {"ijaa/wiring.py": "import ijaa.users.key_commands"},
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
    "a service of another name knows redis": (
        {"use-cases"},
        {"ijaa/users/sessions/key_service.py": "import redis"},
    ),
    "repositories of other names know redis": (
        {"use-cases"},
        {
            "ijaa/users/sessions/key_repository.py": "import redis",
            "ijaa/users/sessions/revocation_repository.py": "import redis",
        },
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


def children(module: str) -> set[str]:
    """Return the names of the files and folders of a module."""
    return {
        path.stem
        for path in (SOURCES / "ijaa" / module).iterdir()
        if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").exists())
    }


def features(module: str) -> set[str]:
    """Return the names of the features of a module."""
    found = {name for name in children(module) if (SOURCES / "ijaa" / module / name).is_dir()}
    return found - {"adapters"}


@pytest.mark.parametrize("module", ["users", "events"])
def test_every_feature_stands_under_every_law(module: str) -> None:
    prefix = f"ijaa.{module}."
    assert {prefix + name for name in features(module)} == {
        name for name in CONTRACTS["features"]["containers"] if name.startswith(prefix)
    }


@pytest.mark.parametrize("module", ["users", "events"])
def test_every_file_of_a_module_but_its_doors_is_closed_to_the_house(module: str) -> None:
    # kills: a new file or feature that law 4 does not name
    closed = {name for id_ in ("doors", "stage-doors") for name in CONTRACTS[id_]["forbidden_modules"]}
    for_the_command_line = {name for name in CONTRACTS["stage-doors"]["forbidden_modules"] if f".{module}." in name}

    assert {f"ijaa.{module}.{name}" for name in children(module) - {"module", "public", "ports", "adapters"}} == {
        name for name in closed if name.startswith(f"ijaa.{module}.")
    }
    told = ("commands", "demo", "key_commands", "member_commands")
    assert for_the_command_line <= {f"ijaa.{module}.{name}" for name in told}


def test_every_kind_of_file_of_a_feature_stands_under_law_5() -> None:
    # kills: a new kind of file that may import redis because nobody named it
    kinds = {
        path.stem
        for module in ("users", "events")
        for feature in features(module)
        for path in (SOURCES / "ijaa" / module / feature).glob("*.py")
    }
    under = {name.rpartition(".")[2] for id_ in ("rules", "use-cases") for name in CONTRACTS[id_]["source_modules"]}

    assert kinds - {"__init__"} - under == {"controller", "delivery", "device", "ofrep"}
    assert {f"ijaa.*.*.{kind}" for kind in ("controller", "delivery", "device", "ofrep")} <= set(
        CONTRACTS["http"]["allowed_importers"]
    )
