"""Small JSON files of our own."""

import json
import os
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    """Read a small JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, value: object) -> None:
    """Write a JSON file only we can read, whole or not at all."""
    temporary = path.with_name(f".ijaa-{path.name}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
