"""`ijaa worker`: does jobs and carries messages, and serves nobody."""

import asyncio
import os
import signal
from pathlib import Path

import rich_click as click
import structlog

from ijaa.commands.options import data_folder, module_or_all
from ijaa.commands.serve import PORTS, find_neighbours, prepared
from ijaa.settings import MODULES, Settings, read_settings
from ijaa.wiring import wire

log = structlog.get_logger("ijaa.worker")


@click.command()
@module_or_all
@click.option(
    "--apart",
    is_flag=True,
    envvar="IJAA_APART",
    help="users and events are served apart: carry the messages of MODULE too, over Redis.",
)
@data_folder
def worker(module: str, data: Path, *, apart: bool) -> None:
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
    with prepared(given, data) as environ:
        asyncio.run(_work(read_settings(environ)))


async def _work(settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    wired = wire(settings)
    async with wired.lifespan():
        log.info("working", modules=sorted(settings.modules))
        await ended.wait()
        log.info("stopping: jobs under way may end")
