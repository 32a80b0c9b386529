"""What is looked at before the first request: settings that make no sense stop the start."""

import socket
import tempfile
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from ijaa.shared.errors import SettingError
from ijaa.shared.migrations import head

log = structlog.get_logger("ijaa.boot")

BACKLOG = 2048
"""Connections that may wait to be accepted."""
ACCEPTS = 16
"""Connections that all workers together accept in one turn of their loops."""
WAIT = 3.0
"""Seconds a server has to answer."""
_SILENCE_MS = 60_000
_FACTS = """
SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
       to_regclass('public.alembic_version') IS NOT NULL,
       to_regclass('public.' || $1::text) IS NOT NULL
"""
_PLACE = """
SELECT current_database(), (SELECT oid FROM pg_database WHERE datname = current_database()),
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
"""
_KEEPS = ("fsync", "full_page_writes", "synchronous_commit")
"""Without one of them what was acknowledged may be gone, or torn, after a crash (PostgreSQL: Reliability)."""
_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY ($1::text[])"


class NotReachableError(Exception):
    """A server that does not answer just now, which is no reason to refuse a start."""


async def refuse_unfit(module: str, looking: Awaitable[None]) -> None:
    """Refuse what `examine` or `examine_beside` refuses; a server out of reach just now is only warned about.

    Raises:
        SettingError: what they raise.

    """
    try:
        await looking
    except NotReachableError as error:
        log.warning(
            "database not reachable at start; the module answers 503 until it is",
            module=module,
            error=str(error),
        )


async def examine(module: str, url: str, foreign: str) -> None:
    """Look whether a module can safely stand on a database.

    `foreign` is a table that must not be there, because it is another module's.

    Raises:
        SettingError: a superuser, another module's database, a schema that is missing or of another release, a server
            that may lose what it has acknowledged.
        NotReachableError: the server does not answer.

    """
    name = f"IJAA_{module.upper()}_DATABASE_URL"
    connection = await _connect(name, url)
    try:
        superuser, migrated, swapped = await connection.fetchrow(_FACTS, foreign)
        if superuser:
            raise SettingError(name, "names a superuser: run `ijaa db setup` and use the app role it makes")
        if swapped:
            raise SettingError(name, "holds another module's tables: the URLs are swapped")
        if not migrated:
            raise SettingError(name, f"has no schema yet: run `ijaa db upgrade {module}`")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        if revision != head(module):
            raise SettingError(
                name,
                f"is at schema {revision}, this release needs {head(module)}: run `ijaa db upgrade {module}`",
            )
        refuse_forgetful(name, dict(await connection.fetch(_SETTINGS, [*_KEEPS, "data_checksums"])))
    finally:
        await connection.close(timeout=WAIT)


async def examine_beside(name: str, url: str, app_url: str) -> None:
    """Look whether the URL of a further role names the database of the app's, and no superuser.

    Raises:
        SettingError: it does not.
        NotReachableError: the server does not answer.

    """
    at, superuser = await _place(name, url)
    if superuser:
        raise SettingError(name, "names a superuser: run `ijaa db setup` and use the role it makes")
    app_at = None
    with suppress(SettingError, NotReachableError):  # said of the app's URL already
        app_at, _ = await _place(name, app_url)
    if app_at is not None and at != app_at:
        raise SettingError(name, "is another database than the app's")


async def _place(name: str, url: str) -> tuple[tuple[str, int], bool]:
    """Return which database a URL leads to, and whether to a superuser."""
    connection = await _connect(name, url)
    try:
        database, oid, superuser = await connection.fetchrow(_PLACE)
    finally:
        await connection.close(timeout=WAIT)
    return (database, oid), superuser


async def _connect(name: str, url: str) -> Any:
    try:
        return await asyncpg.connect(url, timeout=WAIT, command_timeout=WAIT)
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
        raise NotReachableError(str(error) or type(error).__name__) from error
    except asyncpg.InvalidCatalogNameError:
        raise SettingError(name, "names a database that does not exist: run `ijaa db setup`") from None
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        raise SettingError(name, "is refused by the server: check user and password") from None
    except asyncpg.PostgresError as error:
        raise SettingError(name, f"is refused by the server: {error}") from None
    except ValueError:  # its text repeats what stands in the URL
        raise SettingError(name, "is not understood by the driver: check what stands behind the ?") from None


def refuse_unwritable(name: str, folder: Path) -> None:
    """Refuse a folder that cannot be written, or not be made where there is none; leaves nothing behind.

    Raises:
        SettingError: it names the nearest folder there is.

    """
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            return
    except OSError:
        raise SettingError(name, f"names a folder that cannot be written: {there}") from None


def refuse_forgetful(name: str, settings: Mapping[str, str]) -> None:
    """Raise `SettingError` for a server that may lose what it has acknowledged; one without checksums is warned about.

    Checksums are no reason to refuse: they find what a disk has lost, and can be had only while the server is stopped.
    """
    for setting in _KEEPS:
        if settings.get(setting) == "off":
            raise SettingError(name, f"is on a server with {setting} = off, which may lose what it saved: switch it on")
    if settings.get("data_checksums") == "off":
        log.warning(
            "this server does not notice when its disk loses something: stop it and run `pg_checksums --enable`",
            setting=name,
        )


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address clients will use; raise `SettingError` when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # inherited by what is accepted: a client that takes nothing, or is gone without a word, is let go (tcp(7))
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE_MS)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)  # now: two may share a bound address, and one alone a listening one
    except (OSError, OverflowError) as error:
        bound.close()
        raise SettingError("--port", f"{port} on {host} cannot be used ({error}): choose another with --port") from None
    bound.set_inheritable(True)
    return bound


@contextmanager
def looked_at_often(listening: socket.socket, workers: int) -> Iterator[list[socket.socket]]:
    """Give a listening socket under several descriptors, so that a turn of a worker's loop accepts as many connections.

    libuv accepts one for each descriptor it finds ready, and the loop of a worker with too much to do turns some
    twenty times a second: whoever came by a new connection would wait for seconds to be refused. Several workers share
    the number, so that one of them does not take all that come at once.
    """
    with ExitStack() as stack:
        yield [listening, *(stack.enter_context(listening.dup()) for _ in range(ACCEPTS // workers - 1))]
