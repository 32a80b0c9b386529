"""What no linter of imports can see."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "ijaa").rglob("*.py"))
RUFF = Path(sys.executable).with_name("ruff")
LONGEST = 400


def hidden_imports(source: str) -> list[int]:
    """Return the lines that import by a name the linter cannot read."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Name) and node.id in {"__import__", "import_module"})
        or (isinstance(node, ast.Attribute) and node.attr in {"__import__", "import_module"})
        or (isinstance(node, ast.ImportFrom) and any(alias.name == "import_module" for alias in node.names))
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_import_is_visible(path: Path) -> None:
    assert hidden_imports(path.read_text()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import importlib\nimportlib.import_module('ijaa.events')",
        "import importlib as i\ni.import_module('ijaa.events')",
        "from importlib import import_module as load\nload('ijaa.events')",
        "__import__('ijaa.events')",
        "import builtins\nbuiltins.__import__('ijaa.events')",
    ],
)
def test_a_hidden_import_is_caught(planted: str) -> None:
    assert hidden_imports(planted) != []


def test_ruff_bans_import_module_in_the_product() -> None:
    ran = subprocess.run(  # noqa: S603 -- our own linter on a line of ours
        [RUFF, "check", "--no-cache", "--output-format", "concise", "--stdin-filename", "src/ijaa/planted.py", "-"],
        input="import importlib\n\nimportlib.import_module('ijaa.events')\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert "TID251" in ran.stdout


def test_no_file_is_longer_than_a_reader_bears() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
