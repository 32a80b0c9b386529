"""Completing an environment: what it does not configure is embedded."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ijaa.embedded.attachment import Progress, Servers, attach, silent
from ijaa.embedded.folder import CACHE, CLUSTERS
from ijaa.shared.errors import SettingError

REDIS_URL = "IJAA_REDIS_URL"
FURTHER_ROLES = ("MIGRATOR", "BACKUP", "MONITOR", "LISTEN")


@contextmanager
def provide(environ: Mapping[str, str], data: Path, *, progress: Progress = silent) -> Iterator[dict[str, str]]:
    """Yield `environ` completed with what it lacks, keeping the embedded servers up while inside.

    Looked at are IJAA_USERS_DATABASE_URL, IJAA_EVENTS_DATABASE_URL and IJAA_REDIS_URL (an empty one counts
    as unset). IJAA_DATA becomes `data`. When all that IJAA_MODULES needs are set, nothing is started and the rest
    of `environ` comes back as it is. Otherwise every unset one is embedded, its roles and database are made sure
    of, and all its URLs, one per role, are filled in, as are the keys and the mail folder where those are unset.
    So one cluster can be external and the rest embedded; but the URLs of one module go together, as two might
    name two databases.

    Call it outside of an event loop.

    Raises:
        SettingError: a module has the URL of a role but no IJAA_…_DATABASE_URL.
        EmbeddedError: the servers cannot be used.
        RoleSetupError: their roles or databases cannot be made (`ijaa.shared.roles`).

    """
    environ = {**environ, "IJAA_DATA": str(data)}
    if unset_servers(environ).isdisjoint(_needed(environ)):
        yield environ
        return
    with embedded(environ, data, progress=progress) as servers:
        yield completed(environ, servers)


@contextmanager
def embedded(environ: Mapping[str, str], data: Path, *, progress: Progress = silent) -> Iterator[Servers]:
    """Keep up whatever `environ` has no URL for, with its roles and databases in place."""
    unset = unset_servers(environ)
    postgres_bin = Path(given) if (given := environ.get("IJAA_POSTGRES_BIN")) else None
    chosen = [name for name in (*CLUSTERS, CACHE) if name in unset]
    with attach(data, postgres_bin=postgres_bin, servers=chosen, progress=progress) as servers:
        asyncio.run(_set_up(servers))
        yield servers


def unset_servers(environ: Mapping[str, str]) -> set[str]:
    """Return the servers `environ` has no URL for.

    Raises:
        SettingError: a module has the URL of a role but no IJAA_…_DATABASE_URL.

    """
    modules = {name for name in CLUSTERS if not environ.get(_url(name, "DATABASE"))}
    for name in sorted(modules):
        for role in FURTHER_ROLES:
            if environ.get(_url(name, role)):
                raise SettingError(
                    _url(name, role),
                    f"is set but {_url(name, 'DATABASE')} is not: set both, or neither to embed it",
                )
    return modules if environ.get(REDIS_URL) else {*modules, CACHE}


def completed(environ: Mapping[str, str], servers: Servers) -> dict[str, str]:
    """Return `environ` with the URLs of the embedded servers, and keys and mail folder where it has none."""
    full = dict(environ)
    for module, server in servers.postgres.items():
        secrets = servers.secrets[module]
        for setting, role in (
            ("DATABASE", "app"),
            ("LISTEN", "app"),  # straight to the server: there is no pooler between
            ("MIGRATOR", "migrator"),
            ("BACKUP", "backup"),
            ("MONITOR", "monitor"),
        ):
            full[_url(module, setting)] = server.url(f"ijaa_{module}_{role}", secrets[role], f"ijaa_{module}")
    if servers.redis_url:
        full[REDIS_URL] = servers.redis_url
    for name, value in (
        ("IJAA_SECRET_KEY", servers.secrets["secret_key"]),
        ("IJAA_SERVICE_KEY", servers.secrets["service_key"]),
        ("IJAA_MAIL_URL", f"file://{servers.folder.path / 'mail'}"),
    ):
        full[name] = full.get(name) or value
    return full


def _needed(environ: Mapping[str, str]) -> set[str]:
    modules = {part.strip() for part in (environ.get("IJAA_MODULES") or ",".join(CLUSTERS)).split(",")}
    return {CACHE, *modules}


async def _set_up(servers: Servers) -> None:
    # Not at the top: the guardian loads this package too and has no use for a driver.
    from ijaa.shared.roles import RolePlan, set_up  # noqa: PLC0415

    await asyncio.gather(
        *(
            set_up(
                server.superuser_url(),
                RolePlan(module, passwords=servers.secrets[module], whole_cluster=True),
            )
            for module, server in servers.postgres.items()
        )
    )


def _url(module: str, role: str) -> str:
    return f"IJAA_{module.upper()}_{role}_URL"


def provided(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the variables `provide` would fill in, starting nothing; raise what `unset_servers` raises."""
    unset = unset_servers(environ)
    if unset.isdisjoint(_needed(environ)):
        return frozenset()
    names = {_url(module, role) for module in unset - {CACHE} for role in ("DATABASE", *FURTHER_ROLES)}
    names |= {name for name in ("IJAA_SECRET_KEY", "IJAA_SERVICE_KEY", "IJAA_MAIL_URL") if not environ.get(name)}
    return frozenset(names | ({REDIS_URL} if CACHE in unset else set()))
