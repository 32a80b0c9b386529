"""The secret scan of `make lint`: no key or password of anybody stands in a file of the repository.

`python -m tests.architecture.secret_scan [FILE …]` looks at these files, or at all; `pyproject.toml` says what is left
out, and why.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings, transient_settings

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["secret-scan"]
_MADE = {".git", ".venv", "var", "site", "dist", "__pycache__"}


def tracked() -> list[str]:
    """Return the files that are or would be committed; all of them where there is no git."""
    if not (ROOT / ".git").exists():
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        return sorted(str(path) for path in found if not _MADE & set(path.parts))
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def findings(names: Sequence[str]) -> Iterator[str]:
    """Yield file, line and kind of everything that looks like a secret."""
    skipped = re.compile("|".join(SETTINGS["skip-files"]))
    looked_at = [name for name in names if not skipped.search(name)]
    made_up = [name for name in looked_at if name.startswith("tests/")]
    with default_settings() as settings:
        plugins = list(settings.json()["plugins_used"])
    yield from _scan([name for name in looked_at if name not in set(made_up)], plugins)
    yield from _scan(made_up, [one for one in plugins if one["name"] not in SETTINGS["not-in-tests"]])


def _scan(names: Sequence[str], plugins: list[dict[str, Any]]) -> Iterator[str]:
    with default_settings() as settings:
        filters = settings.json()["filters_used"]
    ours = {"path": "detect_secrets.filters.regex.should_exclude_secret", "pattern": SETTINGS["known"]}
    secrets = SecretsCollection(root=str(ROOT))
    with transient_settings({"plugins_used": plugins, "filters_used": [*filters, ours]}):
        secrets.scan_files(*names)  # on every core
    for name, secret in secrets:
        yield f"{name}:{secret.line_number}: {secret.type}"


def main() -> None:
    """Print what was found; exit with 1 if anything was."""
    found = sorted(set(findings(sys.argv[1:] or tracked())))
    for line in found:
        print(line)  # noqa: T201 - a command
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
