"""`ijaa worker`: does jobs and carries messages, and serves nobody."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click
import structlog
from prometheus_client import start_http_server

from ijaa.commands.options import data_folder, module_or_all
from ijaa.commands.serve import PORTS, find_neighbours, prepared
from ijaa.settings import MODULES, Settings, read_settings
from ijaa.shared.errors import SettingError
from ijaa.wiring import wire

log = structlog.get_logger("ijaa.worker")


def _host_and_port(_: click.Context, __: click.Parameter, given: str | None) -> tuple[str, int] | None:
    if given is None:
        return None
    host, _colon, port = given.rpartition(":")
    if not (host and port.isdecimal() and int(port) <= 65_535):  # noqa: PLR2004 - the last there is
        raise click.BadParameter("is no HOST:PORT, such as 127.0.0.1:9100")
    return host.strip("[]"), int(port)


@click.command()
@module_or_all
@click.option(
    "--apart",
    is_flag=True,
    envvar="IJAA_APART",
    help="users and events are served apart: carry the messages of MODULE too, over Redis.",
)
@data_folder
@click.option(
    "--metrics-bind",
    "metrics_at",
    metavar="HOST:PORT",
    callback=_host_and_port,
    help="Tell Prometheus the figures of this process there; whoever reaches it may read them.",
)
def worker(module: str, data: Path, metrics_at: tuple[str, int] | None, *, apart: bool) -> None:
    """Do the jobs of both modules and carry their messages, or do the jobs of users or events alone.

    MODULE is all, users or events; by default what IJAA_MODULES names, or all.

    `ijaa serve` does this beside its requests; start workers of their own, as many as you like, and serve with
    --no-worker, where requests should have their processes for themselves. Messages between modules that are served
    together are carried by processes of both; beside `ijaa serve users` and `ijaa serve events` give --apart. It takes
    the same settings as `ijaa serve`; where that was given another --port, name its address in IJAA_BASE_URL: mails
    and messages go by it.
    """
    modules = MODULES if module == "all" else (module,)
    given = {**os.environ, "IJAA_MODULES": ",".join(modules), "IJAA_WORKER": "1"}
    given["IJAA_APART"] = str(int(apart))
    if not apart:  # whoever serves both is the neighbour
        given.setdefault("IJAA_BASE_URL", f"http://127.0.0.1:{PORTS['all']}")
        given.setdefault("IJAA_USERS_PEER", given["IJAA_BASE_URL"])
    find_neighbours(module, given, f"http://127.0.0.1:{PORTS[module]}")
    with prepared(given, data) as environ, _figures(metrics_at):
        asyncio.run(_work(read_settings(environ)))


@contextmanager
def _figures(at: tuple[str, int] | None) -> Iterator[None]:
    """Tell the figures of this process over HTTP, if anywhere; raise `SettingError` when the place is taken."""
    if at is None:
        yield
        return
    host, port = at
    try:
        server, _ = start_http_server(port, host)
    except OSError as error:
        raise SettingError("--metrics-bind", f"{host}:{port} cannot be used ({error})") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


async def _work(settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    wired = wire(settings)
    async with wired.lifespan():
        log.info("working", modules=sorted(settings.modules))
        await ended.wait()
        log.info("stopping: jobs under way may end")
