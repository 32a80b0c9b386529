"""What `ijaa config check` finds: settings that make no sense, and servers that do not answer."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
import asyncpg
import httpx
import msgspec

from ijaa.commands.config_problems import every_problem, misspelt, stand_ins
from ijaa.commands.config_values import Surroundings
from ijaa.settings import DatabaseSettings, ModuleName, Settings
from ijaa.shared.boot import WAIT, NotReachableError, examine, examine_beside, refuse_unwritable
from ijaa.shared.errors import SettingError, Unavailable
from ijaa.shared.redis import connect
from ijaa.shared.storage import Storage
from ijaa.shared.storage_place import Folder, place_of

Verdict = Literal["right", "note", "wrong"]
Check = Callable[[], Awaitable[None]]
_FOREIGN: dict[ModuleName, str] = {"users": "events", "events": "users"}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    says: str


async def examine_all(around: Surroundings) -> list[Finding]:
    """Return everything there is to say of the settings, then of what they name."""
    found = [Finding(name=name, verdict="note", says=says) for name, says in misspelt(around.given).items()]
    asleep = {name for name in around.embedded if not around.full.get(name)}
    problems, settings = every_problem({**around.full, **stand_ins(asleep)})
    if around.refused is not None:
        problems = [around.refused, *(one for one in problems if one.name != around.refused.name)]
    found += [_wrong(problem) for problem in problems]
    refused = {problem.name for problem in problems}
    found += [
        Finding(name=name, verdict="note", says="is embedded; its server does not run just now")
        for name in sorted(asleep & {"IJAA_USERS_DATABASE_URL", "IJAA_EVENTS_DATABASE_URL", "IJAA_REDIS_URL"})
    ]
    checks = _checks(settings) if settings is not None else {}
    wanted = {name: check for name, check in checks.items() if name not in refused | asleep}
    return [*found, *await asyncio.gather(*(_tried(name, check) for name, check in wanted.items()))]


def _wrong(problem: SettingError) -> Finding:
    return Finding(name=problem.name, verdict="wrong", says=str(problem).removeprefix(problem.name).strip())


async def _tried(name: str, check: Check) -> Finding:
    try:
        async with asyncio.timeout(2 * WAIT):
            await check()
    except SettingError as error:
        return _wrong(SettingError(name, str(error).removeprefix(error.name).strip()))
    except (NotReachableError, TimeoutError, OSError) as error:
        return Finding(name=name, verdict="wrong", says=f"does not answer: {str(error) or type(error).__name__}")
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return Finding(name=name, verdict="wrong", says=f"is refused by the server: {error}")
    return Finding(name=name, verdict="right", says="answers")


def _checks(settings: Settings) -> dict[str, Check]:
    checks: dict[str, Check] = {}
    databases: dict[ModuleName, DatabaseSettings | None] = {
        "users": settings.users_database,
        "events": settings.events_database,
    }
    for module, database in databases.items():
        if database is not None:
            checks |= _database_checks(module, database)
            checks[f"IJAA_{module.upper()}_FILES_URL"] = _files_check(module, settings.files_of(module))
    redis = {
        "IJAA_REDIS_URL": settings.redis_url,
        "IJAA_USERS_REDIS_URL": settings.users_redis_url,
        "IJAA_EVENTS_REDIS_URL": settings.events_redis_url,
    }
    peers = {
        "IJAA_USERS_PEER": settings.users_peer if settings.users_database is None else None,
        "IJAA_EVENTS_PEER": settings.events_peer if settings.events_database is None else None,
    }
    checks |= {name: partial(_redis, url) for name, url in redis.items() if url is not None}
    checks |= {name: partial(_peer, name, url) for name, url in peers.items() if url is not None}
    checks["IJAA_MAIL_URL"] = lambda: _mail(settings.mail_url)
    return checks


def _database_checks(module: ModuleName, database: DatabaseSettings) -> dict[str, Check]:
    further = {
        "MIGRATOR": database.migrator_url,
        "BACKUP": database.backup_url,
        "MONITOR": database.monitor_url,
        "LISTEN": database.listen_url,
    }
    prefix = f"IJAA_{module.upper()}"
    checks: dict[str, Check] = {f"{prefix}_DATABASE_URL": lambda: examine(module, database.url, _FOREIGN[module])}
    for role, url in further.items():
        if url is not None:
            checks[f"{prefix}_{role}_URL"] = partial(examine_beside, f"{prefix}_{role}_URL", url, database.url)
    return checks


async def _redis(url: str) -> None:
    client = connect(url)
    try:
        await client.ping()
    except Exception as error:  # redis-py raises RedisError, OSError and ValueError for what is in the URL
        raise NotReachableError(type(error).__name__) from error
    finally:
        await client.aclose()


async def _mail(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "file":
        refuse_unwritable("IJAA_MAIL_URL", Path(unquote(parts.path)))
        return
    tls = parts.scheme == "smtps"
    client = aiosmtplib.SMTP(
        hostname=parts.hostname or "localhost",
        port=parts.port or (465 if tls else 25),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=tls,
        timeout=WAIT,
    )
    try:
        async with client:
            await client.noop()
    except aiosmtplib.SMTPAuthenticationError:
        raise SettingError("IJAA_MAIL_URL", "is refused by the server: check user and password") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise NotReachableError(type(error).__name__) from error


def _files_check(module: ModuleName, url: str) -> Check:
    async def check() -> None:
        place = place_of(url)
        if isinstance(place, Folder):
            refuse_unwritable(f"IJAA_{module.upper()}_FILES_URL", place.path / module)
            return
        try:
            await Storage(url, module).probe()
        except Unavailable as error:
            raise NotReachableError(type(error.__cause__).__name__) from error

    return check


async def _peer(name: str, url: str) -> None:
    try:
        async with httpx.AsyncClient(timeout=WAIT, trust_env=False) as client:
            answer = await client.get(f"{url}/health/live")
    except httpx.HTTPError as error:
        raise NotReachableError(type(error).__name__) from error
    if answer.status_code != httpx.codes.OK:
        raise SettingError(name, f"answers {answer.status_code} at /health/live: is it that service?")
