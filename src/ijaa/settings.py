"""Settings: one frozen struct, read from the environment once and passed down."""

import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_network
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec
from msgspec import Meta

from ijaa.shared.errors import SettingError
from ijaa.shared.storage_place import place_of
from ijaa.variables import VARIABLES

LEAKED_DEFAULTS = frozenset({"Admin@123", "admin123", "root", "password", "postgres"})
"""Passwords the predecessor or common guides publish; nothing of ours may run on one."""
_LEAKED = frozenset(password.casefold() for password in LEAKED_DEFAULTS)

ModuleName = Literal["users", "events"]
_QUOTE = "/ ? # @ in a password are written %2F %3F %23 %40"
MODULES: tuple[ModuleName, ...] = ("users", "events")


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The connections of one module to its database, one URL per role."""

    url: str
    migrator_url: str | None = None
    backup_url: str | None = None
    monitor_url: str | None = None
    listen_url: str | None = None
    pool_size: int = 10


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the process is told from outside."""

    modules: frozenset[ModuleName]
    users_database: DatabaseSettings | None
    events_database: DatabaseSettings | None
    redis_url: str
    secret_key: str
    service_key: str
    mail_url: str
    mail_from: str
    base_url: str
    users_peer: str | None
    cors_origins: tuple[str, ...]
    log_format: Literal["json", "console", "auto"]
    log_level: Literal["debug", "info", "warning", "error"]
    demo: bool
    data: Path
    events_peer: str | None = None
    users_redis_url: str | None = None
    events_redis_url: str | None = None
    users_files_url: str | None = None
    events_files_url: str | None = None
    workers: int = 1
    worker: bool = True
    """Whether processes that serve also carry messages and do jobs."""
    apart: bool = True
    """Whether a module that is alone in its process carries messages over Redis to where the other one is served."""
    rate_limits: float | None = 1.0
    """What the published limits are multiplied by; None is off."""
    trusted_proxies: tuple[str, ...] = ()
    metrics_bind: tuple[str, int] | None = None
    """Where a listener of its own serves the figures of this process and its workers."""

    def redis_of(self, module: ModuleName) -> str:
        """Return where a module caches and broadcasts; limits and messages are in the one everybody shares."""
        return {"users": self.users_redis_url, "events": self.events_redis_url}[module] or self.redis_url

    def files_of(self, module: ModuleName) -> str:
        """Return where a module keeps files: below its own name there."""
        given = {"users": self.users_files_url, "events": self.events_files_url}[module]
        return given or (self.data.absolute() / "files").as_uri()

    @property
    def secure(self) -> bool:
        """Whether clients reach us over https."""
        return self.base_url.startswith("https://")


def is_leaked(password: str) -> bool:
    """Whether a password is a published default, in capitals or not."""
    return password.casefold() in _LEAKED


def refuse_leaked(name: str, url: str) -> None:
    """Refuse a URL that holds a published default, before its host or in its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return  # what is no URL is refused for that
    given = {unquote(parts.password or ""), *(value for key, value in parse_qsl(parts.query) if "pass" in key.lower())}
    if any(is_leaked(password) for password in given):
        raise SettingError(name, "holds a published default password: choose another")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings and refuse those that make no sense.

    Raises:
        SettingError: names the variable and what to do; it never repeats a secret.

    """
    given = {v.name: environ.get(v.name) or v.default for v in VARIABLES}
    for name, value in given.items():
        refuse_leaked(name, value if value and "://" in value else "")
    modules = modules_of(given["IJAA_MODULES"] or "")
    databases = {module: _database(module, given) if module in modules else None for module in MODULES}
    _refuse_swapped(databases)
    _refuse_public_demo(given)
    users_peer, events_peer = given["IJAA_USERS_PEER"], given["IJAA_EVENTS_PEER"]
    if "users" not in modules and users_peer is None:
        raise SettingError("IJAA_USERS_PEER", "is needed when events runs alone: set the users service's URL")
    return Settings(
        modules=modules,
        users_database=databases["users"],
        events_database=databases["events"],
        redis_url=_redis(given, "IJAA_REDIS_URL"),
        users_redis_url=_redis(given, "IJAA_USERS_REDIS_URL") if given["IJAA_USERS_REDIS_URL"] else None,
        events_redis_url=_redis(given, "IJAA_EVENTS_REDIS_URL") if given["IJAA_EVENTS_REDIS_URL"] else None,
        users_files_url=_files(given, "IJAA_USERS_FILES_URL"),
        events_files_url=_files(given, "IJAA_EVENTS_FILES_URL"),
        secret_key=_secret(given, "IJAA_SECRET_KEY"),
        service_key=_service_key(given),
        mail_url=_url(given, "IJAA_MAIL_URL", "smtp", "smtps", "file"),
        mail_from=_sender(given["IJAA_MAIL_FROM"] or ""),
        base_url=_url(given, "IJAA_BASE_URL", "http", "https").rstrip("/"),
        users_peer=_url(given, "IJAA_USERS_PEER", "http", "https").rstrip("/") if users_peer else None,
        events_peer=_url(given, "IJAA_EVENTS_PEER", "http", "https").rstrip("/") if events_peer else None,
        cors_origins=_origins(given["IJAA_CORS_ORIGINS"] or ""),
        log_format=_choice(given, "IJAA_LOG_FORMAT", Literal["json", "console", "auto"]),
        log_level=_choice(given, "IJAA_LOG_LEVEL", Literal["debug", "info", "warning", "error"]),
        demo=_choice(given, "IJAA_DEMO", Literal["0", "1"]) == "1",
        data=Path(given["IJAA_DATA"] or "var/ijaa"),
        workers=_choice(given, "IJAA_WORKERS", Annotated[int, Meta(ge=1, le=64)]),
        worker=_choice(given, "IJAA_WORKER", Literal["0", "1"]) == "1",
        apart=_choice(given, "IJAA_APART", Literal["0", "1"]) == "1",
        rate_limits=_factor(given["IJAA_RATE_LIMITS"] or "1"),
        trusted_proxies=_networks(given["IJAA_TRUSTED_PROXIES"] or ""),
        metrics_bind=_address(given, "IJAA_METRICS_BIND") if given["IJAA_METRICS_BIND"] else None,
    )


def modules_of(text: str) -> frozenset[ModuleName]:
    """Return the modules a value of IJAA_MODULES names; raise `SettingError` for others."""
    names = {part.strip() for part in text.split(",") if part.strip()}
    if not names or names - set(MODULES):
        raise SettingError("IJAA_MODULES", "must name users, events or both")
    return frozenset(module for module in MODULES if module in names)


def _database(module: str, given: Mapping[str, str | None]) -> DatabaseSettings:
    def url(role: str) -> str | None:
        name = f"IJAA_{module.upper()}_{role}_URL"
        return role_url(name, value) if (value := given[name]) else None

    main = f"IJAA_{module.upper()}_DATABASE_URL"
    if (app := url("DATABASE")) is None:
        raise SettingError(main, "is not set: give a PostgreSQL URL, or let `ijaa serve` start its own")
    return DatabaseSettings(
        url=app,
        migrator_url=url("MIGRATOR"),
        backup_url=url("BACKUP"),
        monitor_url=url("MONITOR"),
        listen_url=url("LISTEN"),
        pool_size=_choice(given, "IJAA_POOL_SIZE", Annotated[int, Meta(ge=1, le=200)]),
    )


def split_url(name: str, value: str) -> SplitResult:
    """Split a URL that names a server.

    Raises:
        SettingError: it has not the form of one, as when its password holds what would have to be quoted.

    """
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise SettingError(name, f"is not a URL: {_QUOTE}") from None
    if "@" in parts.path + parts.query or parts.fragment:
        raise SettingError(name, f"is not a URL: {_QUOTE}")
    return parts


def database_url(name: str, value: str) -> str:
    """Return the URL of a PostgreSQL database, whoever it names.

    Raises:
        SettingError: it has not the form of one.

    """
    parts = split_url(name, value)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise SettingError(name, "must look like postgresql://user:password@host:port/database")
    return value


def role_url(name: str, value: str) -> str:
    """Return the URL of a role of ours.

    Raises:
        SettingError: it has not the form of one, or nothing of ours may run on it.

    """
    parts = urlsplit(database_url(name, value))
    if parts.username == "postgres":
        raise SettingError(name, "names a superuser: run `ijaa db setup` and use the role it makes")
    return value


def _refuse_swapped(databases: Mapping[ModuleName, DatabaseSettings | None]) -> None:
    parts = {module: urlsplit(database.url) for module, database in databases.items() if database is not None}
    places = {(part.hostname, part.port or 5432, part.path) for part in parts.values()}
    if len(places) != len(parts):
        raise SettingError(
            "IJAA_EVENTS_DATABASE_URL",
            "is the same database as IJAA_USERS_DATABASE_URL: each module has its own",
        )
    for module, part in parts.items():
        other = next(m for m in MODULES if m != module)
        if f"ijaa_{other}" in f"{part.username or ''} {part.path}":
            raise SettingError(
                f"IJAA_{module.upper()}_DATABASE_URL",
                f"points at the {other} module's database or role: swap them",
            )


def _url(given: Mapping[str, str | None], name: str, *schemes: str) -> str:
    if not (value := given[name]):
        raise SettingError(name, f"is not set: give a URL ({', '.join(schemes)})")
    parts = urlsplit(value) if value.startswith("file:") else split_url(name, value)
    if parts.scheme not in schemes or not (parts.netloc or parts.path):
        raise SettingError(name, f"must be a URL that begins with {' or '.join(f'{s}://' for s in schemes)}")
    return value


def _redis(given: Mapping[str, str | None], name: str) -> str:
    return _url(given, name, "redis", "rediss", "valkey", "unix")


def _files(given: Mapping[str, str | None], name: str) -> str | None:
    if not (value := given[name]):
        return None
    try:
        place_of(value)
    except ValueError as error:
        raise SettingError(name, str(error)) from None
    return value


def _secret(given: Mapping[str, str | None], name: str) -> str:
    value = given[name]
    if not value:
        raise SettingError(name, 'is not set: python3 -c "import secrets; print(secrets.token_urlsafe(32))"')
    if len(value) < 32 or len(set(value)) < 10:  # noqa: PLR2004
        raise SettingError(name, "is too weak: use at least 32 random characters")
    return value


def _sender(text: str) -> str:
    name, address = parseaddr(text)
    try:
        said = Address(name, addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        said = None
    if said is None or not said.username or not said.domain:
        raise SettingError("IJAA_MAIL_FROM", "must be an address such as IJAA <no-reply@alumni.example>")
    return text


def _refuse_public_demo(given: Mapping[str, str | None]) -> None:
    """Refuse what shows every mail to everybody, and asks no superadmin for a second factor."""
    host = urlsplit(given["IJAA_BASE_URL"] or "").hostname or ""
    if given["IJAA_DEMO"] == "1" and host not in {"localhost", "127.0.0.1", "::1"}:
        raise SettingError("IJAA_DEMO", "is for this machine alone: unset it, or set IJAA_BASE_URL to 127.0.0.1")


def _service_key(given: Mapping[str, str | None]) -> str:
    value = _secret(given, "IJAA_SERVICE_KEY")
    if value == given["IJAA_SECRET_KEY"]:
        raise SettingError(
            "IJAA_SERVICE_KEY", "is IJAA_SECRET_KEY again, which no other service may know: make another"
        )
    return value


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", origin):
            raise SettingError("IJAA_CORS_ORIGINS", "takes exact origins such as https://alumni.example, never *")
    return origins


def _address(given: Mapping[str, str | None], name: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{given[name]}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.netloc != given[name]:
        raise SettingError(name, "takes host:port, such as 127.0.0.1:9100")
    return host, port


def _networks(text: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in text.split(",") if part.strip())
    for network in networks:
        try:
            ip_network(network, strict=False)
        except ValueError:
            raise SettingError("IJAA_TRUSTED_PROXIES", "takes networks such as 10.0.0.0/8,2001:db8::/32") from None
    return networks


def _factor(text: str) -> float | None:
    if text == "off":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < inf:
        raise SettingError("IJAA_RATE_LIMITS", "is off, or a positive number the limits are multiplied by")
    return factor


def _choice(given: Mapping[str, str | None], name: str, kind: Any) -> Any:
    try:
        return msgspec.convert(given[name], kind, strict=False)
    except msgspec.ValidationError:
        raise SettingError(name, f"takes {_said(kind)}, not {given[name]!r}") from None


def _said(kind: Any) -> str:
    """Say what a kind takes, for people."""
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    limits = next(part for part in get_args(kind) if isinstance(part, Meta))
    return f"a whole number from {limits.ge} to {limits.le}"
