"""One database at a time, for commands that look into it."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import asyncpg
import rich_click as click
from sqlalchemy.exc import ArgumentError, DBAPIError

from ijaa.settings import ModuleName, Settings, read_settings
from ijaa.shared.database import COMMAND_DEADLINE, Database
from ijaa.shared.errors import Problem, SettingError

T = TypeVar("T")


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Say in one sentence what a server refuses; `name` is the setting that leads to it.

    The text of a ValueError is left out: a driver repeats in it what stands in a URL.
    """
    try:
        yield
    except (ValueError, ArgumentError):
        raise SettingError(name, "is not understood by the driver: check the URL") from None
    except (OSError, asyncpg.InterfaceError) as error:
        raise SettingError(name, f"leads to no server that answers: {str(error) or type(error).__name__}") from None
    except asyncpg.PostgresError as error:
        raise SettingError(name, f"leads to a server that refuses this: {error}") from None
    except DBAPIError as error:
        raise SettingError(name, f"leads to a server that refuses this: {error.orig}") from None


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
        database = Database(module, connections.url, pool_size=1, deadline=COMMAND_DEADLINE)
        try:
            return await work(database)
        finally:
            await database.dispose()

    try:
        return asyncio.run(run())
    except Problem as problem:
        raise click.ClickException(problem.detail) from None
