"""`ijaa serve`: the system, or one half of it, over HTTP."""

import asyncio
import os
import resource
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import socket
from urllib.parse import unquote, urlsplit

import rich_click as click
import uvicorn
from uvicorn.supervisors import Multiprocess

from ijaa import embedded
from ijaa.commands.config_problems import stand_ins
from ijaa.commands.options import data_folder, module_or_all
from ijaa.embedded.provision import FURTHER_ROLES, provided
from ijaa.settings import MODULES, ModuleName, Settings, read_settings
from ijaa.shared import metrics
from ijaa.shared.boot import BACKLOG, bind, examine, examine_beside, looked_at_often, refuse_unfit, refuse_unwritable
from ijaa.shared.errors import SettingError
from ijaa.shared.http.refusing import RefusingProtocol
from ijaa.shared.logging import configure_logging
from ijaa.shared.migrations import current, head, upgrade

_NOT_STARTED = 3
PORTS = {"all": 8000, "users": 8081, "events": 8082}
DRAIN = 15
"""Seconds requests under way have after SIGTERM (guarantees: SIGTERM, rolling restart)."""


@click.command()
@module_or_all
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Default: 8000, users alone 8081, events alone 8082; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes that serve. Default: IJAA_WORKERS, or 1.",
)
@data_folder
@click.option(
    "--worker/--no-worker",
    "working",
    default=None,
    help="Do jobs and carry messages beside requests, or leave that to `ijaa worker`. Default: IJAA_WORKER, or do.",
)
def serve(module: str, host: str, port: int | None, workers: int | None, data: Path, *, working: bool | None) -> None:
    """Serve MODULE: all, or users or events alone. Default: IJAA_MODULES, or all.

    Without IJAA_USERS_DATABASE_URL, IJAA_EVENTS_DATABASE_URL and IJAA_REDIS_URL the servers they would name are
    started in the data folder and stopped again with the last process that uses them. Schemas of databases named by a
    URL are never touched: run `ijaa db upgrade` first.

    Two halves on one data folder find each other by themselves on their default ports: `ijaa serve users` and `ijaa
    serve events`. On other ports, name users' address to events in IJAA_USERS_PEER. With databases of their own, give
    both the same IJAA_REDIS_URL, IJAA_BASE_URL, IJAA_SECRET_KEY and IJAA_SERVICE_KEY, and events IJAA_USERS_PEER:
    their messages go over that Redis. Serve both together or both apart: together, nobody reads messages in Redis.
    """
    modules = MODULES if module == "all" else (module,)
    given = {**os.environ, "IJAA_MODULES": ",".join(modules), "IJAA_APART": "1"}
    if workers is not None:
        given["IJAA_WORKERS"] = str(workers)
    if working is not None:
        given["IJAA_WORKER"] = str(int(working))
    with bind(host, PORTS[module] if port is None else port) as listening:
        find_neighbours(module, given, base_url(listening))
        with prepared(given, data) as environ:
            run(listening, environ)


def find_neighbours(module: str, given: dict[str, str], base: str) -> None:
    """Fill in where the other half on one data folder answers, on its default port, and the address people reach."""
    if module == "events" and not given.get("IJAA_EVENTS_DATABASE_URL"):
        given.setdefault("IJAA_USERS_PEER", f"http://127.0.0.1:{PORTS['users']}")
        given.setdefault("IJAA_BASE_URL", given["IJAA_USERS_PEER"])
    if module == "users" and not given.get("IJAA_USERS_DATABASE_URL"):
        given.setdefault("IJAA_EVENTS_PEER", f"http://127.0.0.1:{PORTS['events']}")
    given.setdefault("IJAA_BASE_URL", base)


@contextmanager
def prepared(
    given: Mapping[str, str], data: Path, *, progress: Callable[[str], None] = lambda _: None
) -> Iterator[dict[str, str]]:
    """Yield the environment of a start, its servers up and the embedded schemas at this release while inside.

    What makes no sense is refused before a server is started for it, databases that do not fit once they answer.
    Logs as the settings say.
    """
    early = read_settings({**given, **stand_ins(provided(given))})
    if early.mail_url.startswith("file:"):
        refuse_unwritable("IJAA_MAIL_URL", Path(unquote(urlsplit(early.mail_url).path)))
    with embedded.provide(given, data, progress=progress) as environ:
        settings = read_settings(environ)
        configure_logging(settings.log_format, settings.log_level)
        for module in sorted(settings.modules):
            if not given.get(f"IJAA_{module.upper()}_DATABASE_URL"):
                _migrate(module, environ, progress)
        asyncio.run(_refuse_unfit(settings, given))
        yield environ


def _migrate(module: ModuleName, environ: Mapping[str, str], progress: Callable[[str], None]) -> None:
    """Bring one schema to this release, unless it is there already."""
    url = environ[f"IJAA_{module.upper()}_MIGRATOR_URL"]
    if asyncio.run(current(url)) != head(module):
        progress(f"Migrating {module}")
        upgrade(module, url)


async def _refuse_unfit(settings: Settings, given: Mapping[str, str]) -> None:
    databases = {"users": settings.users_database, "events": settings.events_database}
    foreign = {"users": "events", "events": "users"}
    looking = []
    for module, database in databases.items():
        if database is None:
            continue
        looking.append(refuse_unfit(module, examine(module, database.url, foreign[module])))
        looking += [
            refuse_unfit(module, examine_beside(name, url, database.url))
            for role in FURTHER_ROLES
            if (url := given.get(name := f"IJAA_{module.upper()}_{role}_URL"))
        ]
    await asyncio.gather(*looking)


def run(
    listening: socket,
    environ: Mapping[str, str],
    *,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Serve on a bound socket until SIGINT or SIGTERM."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every open stream is a file
    os.environ.update(environ)
    settings = read_settings(environ)
    workers = settings.workers
    with _shared_figures(workers) as folder, _figures_served(settings.metrics_bind, folder):
        config = uvicorn.Config(
            "ijaa.app:create",
            factory=True,
            workers=workers,
            loop="uvloop",
            http=RefusingProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=DRAIN,
            backlog=BACKLOG,
        )
        server = _Server(config, on_ready)
        with (
            suppress(KeyboardInterrupt),  # the usual way to stop; uvicorn has drained by then
            looked_at_often(listening, workers) as sockets,
        ):
            if workers > 1:
                Multiprocess(config, sockets=sockets).run()
            else:
                server.run(sockets=sockets)
    if workers == 1 and not server.started:
        raise SystemExit(_NOT_STARTED)


def base_url(listening: socket) -> str:
    """Return the address a bound socket answers at."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _shared_figures(workers: int) -> Iterator[str | None]:
    """Give several workers a folder in which they add up their metrics."""
    if workers == 1:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ijaa-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield folder


@contextmanager
def _figures_served(at: tuple[str, int] | None, folder: str | None) -> Iterator[None]:
    with ExitStack() as stack:
        if at is not None:
            try:
                stack.enter_context(metrics.listening(*at, folder))
            except OSError as error:
                raise SettingError("IJAA_METRICS_BIND", f"cannot be used ({error}): choose another address") from None
        yield


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready()
