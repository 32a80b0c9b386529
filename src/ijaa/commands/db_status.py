"""What `ijaa db status` finds out: is it there, which version, how big, which roles."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from ijaa.embedded.attachment import Servers, running
from ijaa.embedded.folder import CACHE, CLUSTERS, DataFolder, look
from ijaa.embedded.locks import ATTACHED, guardian_pid, holders
from ijaa.embedded.provision import REDIS_URL, completed, unset_servers
from ijaa.settings import role_url, split_url
from ijaa.shared.errors import SettingError

_SECONDS = 3.0


class ServerStatus(msgspec.Struct, kw_only=True):
    """One server: where it should be, and what it answered."""

    name: str
    kind: str
    """`embedded`, or `url` when the environment names it."""
    reachable: bool = False
    address: str | None = None
    version: str | None = None
    database: str | None = None
    size_bytes: int | None = None
    roles: list[str] = msgspec.field(default_factory=list)
    error: str | None = None


class InstallationStatus(msgspec.Struct, kw_only=True):
    """Every server of an installation, and who keeps the embedded ones running."""

    data: str | None
    """The data folder; none when nothing is embedded or it was never used."""
    place: str | None
    """Where the clusters lie: elsewhere when their user cannot enter the data folder."""
    guardian: int | None
    attached: list[int]
    servers: list[ServerStatus]


def report_on(environ: Mapping[str, str], data: Path) -> InstallationStatus:
    """Ask every server, embedded or named by a URL; starts nothing."""
    unset = unset_servers(environ)
    folder = look(data.absolute()) if unset else None
    servers = running(folder) if folder is not None else None
    urls = completed(environ, servers) if servers is not None else dict(environ)
    statuses = asyncio.run(_ask_databases(urls, unset))
    statuses.append(_ask_redis(urls.get(REDIS_URL), "embedded" if CACHE in unset else "url"))
    return InstallationStatus(
        data=str(folder.path) if folder else None,
        place=str(folder.place) if folder else None,
        guardian=_guardian(folder, servers),
        attached=sorted(holders(folder.run / ATTACHED)) if folder else [],
        servers=statuses,
    )


def _guardian(folder: DataFolder | None, servers: Servers | None) -> int | None:
    return guardian_pid(folder.run) if folder is not None and servers is not None else None


async def _ask_databases(urls: Mapping[str, str], unset: set[str]) -> list[ServerStatus]:
    asked = []
    for module in CLUSTERS:
        prefix = f"IJAA_{module.upper()}"
        name = next((one for one in (f"{prefix}_MONITOR_URL", f"{prefix}_DATABASE_URL") if urls.get(one)), None)
        kind = "embedded" if module in unset else "url"
        asked.append(_ask_database(module, kind, name, urls[name] if name else ""))
    return list(await asyncio.gather(*asked))


async def _ask_database(module: str, kind: str, name: str | None, url: str) -> ServerStatus:
    status = ServerStatus(name=module, kind=kind)
    if name is None:
        status.error = "not running"
        return status
    try:
        parts = urlsplit(role_url(name, url))
        status.address, status.database = _address(url), parts.path.strip("/")
        connection: Any = await asyncpg.connect(url, timeout=_SECONDS, command_timeout=_SECONDS)
        try:
            row = await connection.fetchrow(
                "SELECT current_setting('server_version') AS version,"
                " pg_database_size(current_database()) AS size,"
                " ARRAY(SELECT rolname::text FROM pg_roles WHERE starts_with(rolname, $1) ORDER BY 1) AS roles",
                f"ijaa_{module}_",
            )
        finally:
            await connection.close(timeout=_SECONDS)
    except ValueError:  # the driver repeats in it what stands in the URL
        status.error = f"{name} is not understood by the driver: check the URL"
        return status
    except (SettingError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        status.error = str(error) or type(error).__name__
        return status
    status.reachable = True
    status.version, status.size_bytes, status.roles = row["version"].split()[0], row["size"], row["roles"]
    return status


def _ask_redis(url: str | None, kind: str) -> ServerStatus:
    status = ServerStatus(name="redis", kind=kind)
    if not url:
        status.error = "not running"
        return status
    try:
        split_url(REDIS_URL, url)
        status.address = _address(url)
        with Redis.from_url(
            url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=Retry(NoBackoff(), 0)
        ) as client:
            said: Any = client.info()
    except ValueError:
        status.error = f"{REDIS_URL} is not a URL of Redis"
        return status
    except (SettingError, OSError, RedisError) as error:
        status.error = str(error)
        return status
    status.reachable = True
    status.version = said.get("valkey_version") or said.get("redis_version")
    status.size_bytes = said.get("used_memory")
    return status


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
