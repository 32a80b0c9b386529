"""One database at a time, for commands that look into it."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import rich_click as click

from ijaa.settings import ModuleName, Settings, read_settings
from ijaa.shared.database import Database
from ijaa.shared.errors import Problem, SettingError

T = TypeVar("T")


def run_on_module(module: ModuleName, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do some work on the database of a module, as the environment names it."""
    # events alone wants to know its peer, of which nothing is asked here
    peer = {"IJAA_USERS_PEER": os.environ.get("IJAA_USERS_PEER", "http://127.0.0.1")} if module == "events" else {}
    return run_on(read_settings({**os.environ, "IJAA_MODULES": module, **peer}), module, work)


def run_on(settings: Settings, module: ModuleName, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do some work on the database of a module; what it refuses is said in one sentence."""
    connections = {"users": settings.users_database, "events": settings.events_database}[module]
    if connections is None:
        raise SettingError(f"IJAA_{module.upper()}_DATABASE_URL", "is not set: name the database of the module")

    async def run() -> T:
        database = Database(module, connections.url, pool_size=1)
        try:
            return await work(database)
        finally:
            await database.dispose()

    try:
        return asyncio.run(run())
    except Problem as problem:
        raise click.ClickException(problem.detail) from None
