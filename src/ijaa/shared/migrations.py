"""Schema migrations of one module, run by alembic as the migrator role."""

from functools import cache
from importlib.resources import files
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

_WAIT = 5.0


def configuration(module: str, url: str | None = None) -> Config:
    """Return alembic's configuration of a module's history, from the package or from a checkout."""
    packaged = Path(str(files("ijaa"))) / "_alembic"
    folder = packaged if packaged.is_dir() else Path(str(files("ijaa"))).parents[1] / "alembic"
    config = Config(ini_section=module)
    config.set_section_option(module, "script_location", str(folder))
    config.set_section_option(module, "version_locations", str(folder / module))
    config.set_section_option(module, "path_separator", "newline")
    config.attributes["url"] = url
    return config


def upgrade(module: str, migrator_url: str, revision: str = "head") -> None:
    """Bring a module's schema to a revision; safe to call from several deployments at once."""
    command.upgrade(configuration(module, migrator_url), revision)


@cache
def head(module: str) -> str | None:
    """Return the newest revision this release knows."""
    return ScriptDirectory.from_config(configuration(module)).get_current_head()


async def current(url: str) -> str | None:
    """Return the revision a database is at, or None before the first migration."""
    connection = await asyncpg.connect(url, timeout=_WAIT)
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version') IS NULL"):
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close(timeout=_WAIT)
