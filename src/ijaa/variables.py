"""The environment variables there are: what each means, and what it is when unset."""

import msgspec

from ijaa.shared.storage_place import FORM


class Variable(msgspec.Struct, frozen=True):
    """One environment variable: what it means and what it is when unset."""

    name: str
    meaning: str
    default: str | None = None
    secret: bool = False
    form: str = ""
    """What its value looks like, where its name and default do not say so already."""

    @property
    def kind(self) -> str:
        """What its value looks like."""
        tells = {
            "URL": self.name.endswith("_URL"),
            "folder": self.meaning.startswith("folder"),
            "list": self.meaning.endswith("comma-separated"),
            "0 or 1": self.default in {"0", "1"},
            "integer": (self.default or "").isdecimal(),
            "key": self.secret,
        }
        return self.form or next((kind for kind, told in tells.items() if told), "text")


def _database_variables(module: str) -> tuple[Variable, ...]:
    prefix = f"IJAA_{module.upper()}"
    return (
        Variable(f"{prefix}_DATABASE_URL", f"{module}: the app role's database", secret=True),
        Variable(f"{prefix}_MIGRATOR_URL", f"{module}: the role `ijaa db upgrade` uses", secret=True),
        Variable(f"{prefix}_BACKUP_URL", f"{module}: the role backups use", secret=True),
        Variable(f"{prefix}_MONITOR_URL", f"{module}: the role metrics use", secret=True),
        Variable(f"{prefix}_LISTEN_URL", f"{module}: a direct connection for LISTEN", secret=True),
        Variable(
            f"{prefix}_FILES_URL",
            f"{module}: where files lie, {FORM}; the data folder's `files` when unset",
            secret=True,
        ),
    )


VARIABLES: tuple[Variable, ...] = (
    Variable("IJAA_SETUP_URL", "a superuser's database, for `ijaa db setup` alone", secret=True),
    Variable("IJAA_POSTGRES_BIN", "the `bin` folder of a PostgreSQL ≥ 15 the embedded clusters run on", form="folder"),
    Variable("IJAA_MODULES", "which modules this process serves, comma-separated", "users,events"),
    *_database_variables("users"),
    *_database_variables("events"),
    Variable("IJAA_POOL_SIZE", "database connections per module and worker", "10"),
    Variable("IJAA_REDIS_URL", "Redis or Valkey", secret=True),
    Variable("IJAA_USERS_REDIS_URL", "users: a Redis of its own to cache and broadcast", secret=True),
    Variable("IJAA_EVENTS_REDIS_URL", "events: a Redis of its own to cache and broadcast", secret=True),
    Variable("IJAA_SECRET_KEY", "≥ 32 characters; derives every key of this installation", secret=True),
    Variable("IJAA_SERVICE_KEY", "≥ 32 characters; shared by the services that run apart", secret=True),
    Variable("IJAA_MAIL_URL", "smtp://user:password@host:port or file:///folder", secret=True),
    Variable("IJAA_MAIL_FROM", "the sender of every mail", "IJAA <no-reply@localhost>"),
    Variable("IJAA_BASE_URL", "the address people reach us at", "http://127.0.0.1:8000"),
    Variable("IJAA_USERS_PEER", "where the users service runs when this process serves events alone", form="URL"),
    Variable(
        "IJAA_EVENTS_PEER",
        "where the events service runs when this process serves users alone; optional",
        form="URL",
    ),
    Variable("IJAA_CORS_ORIGINS", "exact origins of browser clients, comma-separated", ""),
    Variable("IJAA_TRUSTED_PROXIES", "networks of proxies whose X-Forwarded-For is believed, comma-separated", ""),
    Variable("IJAA_METRICS_BIND", "host:port where `ijaa serve` answers /metrics, too", form="host:port"),
    Variable("IJAA_RATE_LIMITS", "off, or what the limits are multiplied by; failed sign-ins count in any case", "1"),
    Variable("IJAA_WORKERS", "processes that serve; `ijaa serve --workers` sets it", "1"),
    Variable("IJAA_WORKER", "0 leaves messages and jobs to `ijaa worker`; `ijaa serve --no-worker` sets it", "1"),
    Variable(
        "IJAA_APART",
        "0 leaves the messages of a module that is alone in its process to whoever serves both;"
        " `ijaa worker users|events` sets it, unless given --apart",
        "1",
    ),
    Variable("IJAA_LOG_FORMAT", "json, console, or auto (console on a terminal)", "auto"),
    Variable("IJAA_LOG_LEVEL", "debug, info, warning or error", "info"),
    Variable("IJAA_DEMO", "1 shows the demo mailbox; refused where IJAA_BASE_URL is not this machine", "0"),
    Variable("IJAA_DATA", "folder of the embedded servers and of files", "var/ijaa"),
)
