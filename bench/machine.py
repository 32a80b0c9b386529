"""The machine, by its size alone, and the versions that matter."""

import os
import platform
from importlib.metadata import version

_LIBRARIES = ("litestar", "msgspec", "asyncpg", "sqlalchemy", "uvicorn", "uvloop", "fastapi", "pydantic")


def machine() -> str:
    """Return the size of this machine, such as "2 cores, 24 GiB"."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cores} core{'s' if cores > 1 else ''}, {memory:.0f} GiB"


def versions(postgres_version: str, libraries: tuple[str, ...] = _LIBRARIES) -> str:
    """Return the versions of Python, PostgreSQL and the libraries that are compared."""
    named = ", ".join(f"{name} {version(name)}" for name in libraries)
    return f"Python {platform.python_version()}, PostgreSQL {postgres_version}, {named}"
