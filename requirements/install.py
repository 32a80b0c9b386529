#!/usr/bin/env python3
"""Install one lock file into this environment, with one line of progress."""

import shutil
import subprocess
import sys
from pathlib import Path


def install(name: str) -> int:
    """Install `requirements/NAME.txt`, every file checked against its hash, and return pip's exit code."""
    lock = Path(__file__).with_name(f"{name}.txt")
    pinned = sum("==" in line for line in lock.read_text().splitlines() if line[:1].isalnum())
    show = _Progress(f"Installing requirements/{lock.name}", pinned)
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 -- this Python's own pip
        [sys.executable, "-m", "pip", "install", "--progress-bar", "off", "--require-hashes", "-r", str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            show.advance(line)
    show.end()
    if pip.returncode:
        sys.stderr.writelines(said[-20:])
    return pip.returncode


class _Progress:
    """A line on a terminal that counts packages; one plain line elsewhere."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, total, 0
        self._live = sys.stdout.isatty()
        self._write(f"{title} ({total} packages)")

    def advance(self, line: str) -> None:
        said = line.split()
        if line.startswith("Collecting "):
            package = said[1]
        elif line.startswith("Requirement already satisfied: "):
            package = said[3]
        elif line.startswith("Installing collected packages"):
            package = "into .venv"
        else:
            return
        self._done = min(self._done + 1, self._total)
        if self._live:
            self._write(f"{self._title} {self._done}/{self._total} {package}")

    def end(self) -> None:
        if self._live:
            self._write(f"{self._title} ({self._total} packages)\n")

    def _write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        sys.stdout.write(f"\r\033[K{text[:width]}" if self._live else f"{text}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(install(*sys.argv[1:]))
